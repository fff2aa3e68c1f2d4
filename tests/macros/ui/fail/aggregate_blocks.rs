use plumberd::{Event, aggregate};

#[derive(Event)]
struct Opened;

#[derive(Event)]
struct Closed;

#[derive(Default)]
struct WithoutSecond;

#[aggregate(blocks = 2)]
impl WithoutSecond {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

#[derive(Default)]
struct NotCounted;

#[aggregate]
impl NotCounted {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened) {}
}

#[aggregate(block = 2)]
impl NotCounted {
    #[event_sourcing_handler]
    fn on_closed(&mut self, _: &Closed) {}
}

fn main() {}
