use plumberd::{Event, EventValue};

#[derive(Event)]
struct OrderPlaced {
    #[event(skip_serializing)]
    number: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<u32>,
    #[event(skip_serializing_if = "Option::is_none", with = "plumberd::value::serde")]
    discount: Option<u32>,
    #[event(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[event(skip_serializing, default)]
    draft: bool,
    #[event(skip_serializing_if = "Vec::is_empty", skip_deserializing)]
    log: Vec<u32>,
}

#[derive(EventValue)]
enum Payment {
    Card {
        #[event(skip_serializing_if = "String::is_empty")]
        number: String,
    },
}

fn main() {}
