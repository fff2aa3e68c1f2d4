use plumberd::{Event, command_handler, event_sourcing_handler};

#[derive(Event)]
struct AccountOpened;

struct OpenAccount;

struct Account;

impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}

    #[command_handler]
    fn open(&self, _command: OpenAccount) -> Result<AccountOpened, ()> {
        Ok(AccountOpened)
    }
}

fn main() {
    Account.on_opened(&AccountOpened);
    let _ = Account.open(OpenAccount);
}
