use plumberd::Event;

#[derive(Event)]
#[event(codec = plumberd::codec::Json, revision = 2, upcast(1 = step))]
struct OrderPlaced {
    number: u32,
}

fn main() {}
