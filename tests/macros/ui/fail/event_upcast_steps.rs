use plumberd::Event;

use plumberd::{BoxError, codec::JsonObject};

fn step(_: &mut JsonObject) -> Result<(), BoxError> {
    Ok(())
}

#[derive(Event)]
#[event(upcast(1 = step))]
struct WithoutRevision {
    number: u32,
}

#[derive(Event)]
#[event(revision = 2, upcast(1 = step, 2 = step))]
struct BeyondItself {
    number: u32,
}

#[derive(Event)]
#[event(revision = 2, upcast(1 = step, 1 = step))]
struct Twice {
    number: u32,
}

#[derive(Event)]
#[event(revision = 2, upcast = step)]
struct WithoutNumber {
    number: u32,
}

#[derive(Event)]
#[event(revision = 2, upcast())]
struct Empty {
    number: u32,
}

fn main() {}
