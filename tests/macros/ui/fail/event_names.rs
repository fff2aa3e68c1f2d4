use plumberd::{Event, aggregate};

#[derive(Event)]
#[event(type = Opened)]
struct Opened;

#[derive(Event)]
#[event(type = "$Closed")]
struct Closed;

#[derive(Event)]
#[event(type = names::OPENED, alias = names::OPENED)]
struct Twice;

#[derive(Event)]
struct Reopened;

#[derive(Default)]
struct Account;

#[aggregate(category = "$Account")]
impl Account {
    #[event_sourcing_handler]
    fn on_reopened(&mut self, _event: &Reopened) {}
}

fn main() {}
