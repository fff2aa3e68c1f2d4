use plumberd::{Event, aggregate, event::{Metadata, RecordedEvent}};

#[derive(Event)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(unknown_events = "skip")]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}

    #[event_sourcing_handler(other)]
    fn on_other(&mut self, _: &RecordedEvent) {}

    #[event_sourcing_handler(other)]
    fn on_other_again(&mut self, _: &Opened, _: &Metadata) -> bool {
        true
    }

    #[event_sourcing_handler]
    fn on_recorded(&mut self, _: &RecordedEvent) {}
}

fn main() {}
