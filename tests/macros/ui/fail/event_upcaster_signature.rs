use plumberd::Event;

fn step(number: u32) -> u32 {
    number
}

#[derive(Event)]
#[event(revision = 2, upcast(1 = step))]
struct OrderPlaced {
    number: u32,
}

fn main() {}
