use plumberd::{Event, aggregate, prelude::*};

#[derive(Event)]
struct Opened;

#[derive(Clone)]
struct Open;

struct Clock;
struct Rates;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}

    #[command_handler]
    fn open(&self, _: Open, _: &Clock) -> Result<Opened, BoxError> {
        Ok(Opened)
    }
}

async fn without(accounts: Repository<Account>) {
    let _ = accounts.handle(Uuid::nil(), Open).await;
}

async fn with_another(accounts: Repository<Account>) {
    let _ = accounts.handle_with(Uuid::nil(), Open, &Rates).await;
}

fn main() {}
