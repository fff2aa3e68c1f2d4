use plumberd::Event;

struct Address;

#[derive(Event)]
struct OrderPlaced {
    number: u32,
    address: Address,
}

fn main() {}
