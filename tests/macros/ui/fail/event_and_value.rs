use plumberd::{Event, EventValue};

#[derive(Event, EventValue)]
struct Opened {
    owner: String,
    #[event(with = "plumberd::event::value::serde")]
    level: u8,
}

fn main() {}
