use plumberd::{Event, EventValue};

#[derive(Event)]
#[event(tag = "kind", untagged)]
struct Opened {
    owner: String,
}

#[derive(Event)]
#[event(deny_unknown_fields)]
enum Set {
    #[event(rename = "gone", untagged)]
    Left { by: String },
}

#[derive(EventValue)]
#[event(tag = "kind", content = "data")]
enum Payment {
    #[event(skip)]
    Cash,
    Card { number: u8 },
}

fn main() {}
