use plumberd::{Event, aggregate, prelude::*};

#[derive(Event)]
struct Opened;

#[derive(Clone)]
struct Open;

#[derive(Clone)]
struct Close;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}

    #[command_handler]
    fn open(&self, _: Open) -> Result<Opened, BoxError> {
        Ok(Opened)
    }
}

async fn close(accounts: Repository<Account>) -> Result<(), ExecuteError<BoxError>> {
    accounts.handle(Uuid::nil(), Close).await?;
    Ok(())
}

fn main() {}
