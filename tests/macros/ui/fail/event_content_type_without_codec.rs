use plumberd::Event;

#[derive(Event)]
#[event(content_type = "application/avro")]
struct OrderPlaced {
    number: u32,
}

fn main() {}
