use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account<T>(T);

#[aggregate]
impl Account<u64> {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}
}

fn main() {}
