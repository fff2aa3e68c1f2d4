use plumberd::{Event, aggregate, aggregate::HandlesCommand};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account;

struct OpenAccount;
struct Refused;

struct CloseAccount;

struct RenameAccount;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}

    #[command_handler]
    fn open(&self, _command: OpenAccount) -> Result<AccountOpened, Refused> {
        Err(Refused)
    }

    #[command_handler]
    fn close(&self, _command: CloseAccount) -> Result<(), Refused> {
        Err(Refused)
    }
}

/// Bounded like `Repository::handle`.
fn handle<C, A: HandlesCommand<C>>(_: &A, _: C) {}

fn main() {
    handle(&Account, OpenAccount);
    handle(&Account, RenameAccount);
}
