use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account;

#[aggregate("Account")]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}
}

// Nothing to complain about here.
fn uses_it<A: plumberd::aggregate::Handles<AccountOpened>>() {}

fn main() {
    uses_it::<Account>();
}
