use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountMoved;

#[derive(Event)]
struct AccountSold;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler("Opened", "Created")]
    fn on_opened(&mut self, _event: &AccountOpened) {}

    #[event_sourcing_handler = "Moved"]
    fn on_moved(&mut self, _event: &AccountMoved) {}

    #[event_sourcing_handler(AccountSold)]
    fn on_sold(&mut self, _event: &AccountSold) {}
}

// Nothing to complain about here.
fn uses_it<A: plumberd::aggregate::Handles<AccountOpened>>() {}

fn main() {
    uses_it::<Account>();
}
