use plumberd::Event;

use plumberd::{BoxError, codec::JsonObject};

fn step(_: &mut JsonObject) -> Result<(), BoxError> {
    Ok(())
}

#[derive(Event)]
#[event(revision = 4, upcast(1 = step, 3 = step))]
struct OrderPlaced {
    number: u32,
}

#[derive(Event)]
#[event(revision = 3, upcast(1 = step))]
struct OrderShipped {
    number: u32,
}

fn main() {}
