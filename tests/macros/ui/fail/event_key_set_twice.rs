use plumberd::Event;

#[derive(Event)]
#[event(type = "a")]
#[event(type = "b")]
struct OrderPlaced {
    #[event(rename = "A")]
    #[serde(rename = "B")]
    number: u32,
}

fn main() {}
