use plumberd::{Event, EventValue};

#[derive(EventValue)]
#[event(as_text, as = "string")]
enum Level {
    #[event(rename = "low")]
    Low,
}

#[derive(EventValue)]
#[event(as_text = "yes")]
struct Iban(#[event(skip)] String);

#[derive(Event)]
#[event(as_text)]
struct Opened {
    #[event(as_text, with = "plumberd::value::serde")]
    owner: String,
    #[event(as_text)]
    limit: Option<Option<u32>>,
    #[serde(as_text)]
    note: String,
}

fn main() {}
