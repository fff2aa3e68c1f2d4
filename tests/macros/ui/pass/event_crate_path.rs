//! The runtime may be reached through another crate.

mod company {
    pub use plumberd as events;
}

#[derive(company::events::Event)]
#[event(crate = company::events)]
struct OrderPlaced {
    line: Line,
}

#[derive(company::events::EventValue)]
#[event(crate = company::events)]
struct Line {
    number: u32,
}

fn main() {}
