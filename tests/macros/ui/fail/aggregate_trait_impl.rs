use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account;

trait Reacts {
    fn on_opened(&mut self, event: &AccountOpened);
}

#[aggregate]
impl Reacts for Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}
}

// Nothing to complain about here.
fn uses_it<A: plumberd::aggregate::Handles<AccountOpened>>() {}

fn main() {
    uses_it::<Account>();
}
