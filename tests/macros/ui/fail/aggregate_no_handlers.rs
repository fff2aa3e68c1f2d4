use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    fn on_opened(&mut self, _event: &AccountOpened) {}

    fn is_open(&self) -> bool {
        true
    }
}

fn uses_it<A: plumberd::aggregate::Aggregate>() {}

fn main() {
    uses_it::<Account>();
}
