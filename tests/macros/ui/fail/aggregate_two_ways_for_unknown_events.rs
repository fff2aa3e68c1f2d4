use plumberd::{Event, aggregate, event::RecordedEvent};

#[derive(Event)]
enum First {
    Opened,
    #[event(other)]
    Unknown,
}

#[derive(Event)]
enum Second {
    Closed,
    #[event(other)]
    Unknown,
}

#[derive(Default)]
struct TwoEnums;

#[aggregate]
impl TwoEnums {
    #[event_sourcing_handler]
    fn on_first(&mut self, _event: &First) {}

    #[event_sourcing_handler]
    fn on_second(&mut self, _event: &Second) {}
}

#[derive(Default)]
struct AndAHandler;

#[aggregate]
impl AndAHandler {
    #[event_sourcing_handler]
    fn on_first(&mut self, _event: &First) {}

    #[event_sourcing_handler(other)]
    fn on_other(&mut self, _event: &RecordedEvent) {}
}

#[derive(Default)]
struct AndSkip;

#[aggregate(unknown_events = "skip")]
impl AndSkip {
    #[event_sourcing_handler]
    fn on_first(&mut self, _event: &First) {}
}

fn main() {}
