use plumberd::{Event, EventValue};

#[derive(EventValue)]
struct Address {
    street: String,
}

#[derive(Event)]
struct Opened {
    #[event(flatten)]
    address: Address,
    #[event(borrow)]
    owner: String,
    #[serde(flatten)]
    other: Address,
}

fn main() {}
