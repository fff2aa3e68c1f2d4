use plumberd::{Event, EventValue};

#[derive(Event, EventValue)]
struct Opened {
    owner: String,
    #[event(with = "plumberd::value::serde")]
    level: u8,
}

fn main() {}
