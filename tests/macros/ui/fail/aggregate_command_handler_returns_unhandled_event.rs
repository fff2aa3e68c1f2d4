use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account;

struct OpenAccount;
struct Refused;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}

    #[command_handler]
    fn open(&self, _command: OpenAccount) -> Result<AccountClosed, Refused> {
        Err(Refused)
    }
}

// Nothing to complain about here.
fn uses_it<A: plumberd::aggregate::Handles<AccountOpened>>() {}

fn main() {
    uses_it::<Account>();
}
