use plumberd::Event;

#[derive(Event)]
#[event(revision = 2, upcast(1 = step), upcast_from = Previous)]
struct OrderPlaced {
    number: u32,
}

fn main() {}
