use plumberd::{Event, EventValue};

#[derive(Event)]
#[serde(rename = "Placed", rename_all = "snake_case", default, deny_unknown_fields)]
struct OrderPlaced {
    number: u32,
}

#[derive(Event)]
#[serde(transparent)]
struct OrderShipped {
    number: u32,
}

#[derive(Event)]
#[serde(tag = "kind", content = "data")]
enum OrderEvent {
    #[serde(rename = "opened", alias = "begun", alias = "started")]
    Opened,
    #[serde(rename_all = "camelCase")]
    Closed { closed_by: String },
}

#[derive(EventValue)]
#[serde(untagged, rename = "p", rename_all_fields = "camelCase")]
enum Payment {
    Cash,
    #[serde(rename = "card", skip)]
    Card { number: String },
}

#[derive(EventValue)]
#[serde(from = "u32", into = "u32", try_from = "u32", remote = "Other")]
struct Line(u32);

// These say nothing about what is stored.
#[derive(EventValue)]
#[serde(crate = "my_serde", bound = "T: Copy", expecting = "a box")]
struct Boxed<T>(T);

fn main() {}
