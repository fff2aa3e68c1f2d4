use plumberd::Event;

#[derive(Event)]
union OrderPlaced {
    number: u32,
    other: u32,
}

fn main() {}
