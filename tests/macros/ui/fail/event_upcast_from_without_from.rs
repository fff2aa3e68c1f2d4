use plumberd::Event;

#[derive(Event)]
#[event(type = "OrderPlaced")]
struct Previous {
    number: u32,
}

#[derive(Event)]
#[event(revision = 2, upcast_from = Previous)]
struct OrderPlaced {
    number: u32,
}

fn main() {}
