use plumberd::{Event, aggregate};

#[derive(Event)]
struct Opened;

#[derive(Event)]
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

#[aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_closed(&mut self, _: &Closed) {}
}

fn main() {}
