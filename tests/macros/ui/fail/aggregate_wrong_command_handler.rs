use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

struct OpenAccount;
struct Wait;
struct Count;
struct Nothing;
struct Name;
struct Borrow;
struct Lend;
struct Both;
struct Refused;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}

    #[command_handler]
    fn open(&mut self, _command: OpenAccount) -> Result<AccountOpened, Refused> {
        Err(Refused)
    }

    #[command_handler]
    async fn waits(&self, _command: Wait) -> Result<AccountOpened, Refused> {
        Err(Refused)
    }

    #[command_handler]
    fn without_command(&self) -> Result<AccountOpened, Refused> {
        Err(Refused)
    }

    #[command_handler]
    fn one_too_many(&self, _command: Count, _more: u64) -> Result<AccountOpened, Refused> {
        Err(Refused)
    }

    #[command_handler]
    fn nothing(&self, _command: Nothing) {}

    #[command_handler]
    fn unnamed(&self, _command: Name) -> Result<impl IntoIterator<Item = AccountOpened>, Refused> {
        Ok([AccountOpened])
    }

    #[command_handler]
    fn borrows(&self, _command: Borrow) -> Result<AccountOpened, &str> {
        Err("refused")
    }

    #[command_handler(Lend)]
    fn lend(&self, _command: Lend) -> Result<AccountOpened, Refused> {
        Err(Refused)
    }

    #[command_handler]
    fn again(&self, _command: Lend) -> Result<AccountOpened, Refused> {
        Err(Refused)
    }

    #[command_handler]
    #[event_sourcing_handler]
    fn both(&self, _command: Both) -> Result<AccountOpened, Refused> {
        Err(Refused)
    }
}

// Nothing to complain about here.
fn uses_it<A: plumberd::aggregate::Handles<AccountOpened>>() {}

fn main() {
    uses_it::<Account>();
}
