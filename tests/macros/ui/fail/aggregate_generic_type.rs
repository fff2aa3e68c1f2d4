use plumberd::{Event, aggregate};

#[derive(Event)]
struct AccountOpened;

#[derive(Event)]
struct AccountClosed;

#[derive(Default)]
struct Account<T>(T);

#[aggregate]
impl<T> Account<T> {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {}
}

fn main() {}
