use plumberd::Event;

#[derive(Event)]
struct OrderPlaced {
    #[event(with = "module", serialize_with = "function")]
    number: u32,
    #[event(with = "not a path")]
    other: u32,
}

fn main() {}
