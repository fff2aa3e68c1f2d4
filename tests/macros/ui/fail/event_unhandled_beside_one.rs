use plumberd::{Event, aggregate, prelude::*};

#[derive(Event)]
struct Opened;

#[derive(Event)]
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

impl Account {
    fn close(&self) -> Result<Closed, BoxError> {
        Ok(Closed)
    }
}

async fn close(accounts: Repository<Account>) -> Result<(), ExecuteError<BoxError>> {
    accounts.execute(Uuid::nil(), |account| account.close()).await?;
    Ok(())
}

fn main() {}
