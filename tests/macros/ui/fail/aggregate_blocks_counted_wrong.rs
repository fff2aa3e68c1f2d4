use plumberd::{Event, aggregate};

#[derive(Event)]
struct Opened;

#[derive(Event)]
struct Closed;

#[derive(Event)]
#[event(type = "Opened")]
struct Reopened;

#[derive(Default)]
struct Account;

#[aggregate(blocks = 2)]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

#[aggregate(block = 2)]
impl Account {
    #[event_sourcing_handler]
    fn on_reopened(&mut self, _: &Reopened) {}
}

#[aggregate(block = 3)]
impl Account {
    #[event_sourcing_handler]
    fn on_closed(&mut self, _: &Closed) {}
}

fn main() {}
