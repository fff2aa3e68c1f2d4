use plumberd::Event;

#[derive(Event)]
struct OrderPlaced(#[event(rename = "Number")] u32, #[event(id)] String);

fn main() {}
