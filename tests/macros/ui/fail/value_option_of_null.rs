use plumberd::{Event, EventValue, event::NewEvent};

#[derive(EventValue)]
struct Limit(Option<u32>);

#[derive(Event)]
struct LimitChanged {
    to: Option<Limit>,
}

fn main() {
    let _ = NewEvent::encode(&LimitChanged { to: None });
}
