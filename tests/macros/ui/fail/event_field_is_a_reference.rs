use plumberd::{Event, EventValue};

#[derive(Event)]
struct Opened {
    owner: &'static str,
    data: &'static [u8],
    tags: Vec<&'static str>,
    pair: (u8, Option<&'static u64>),
}

#[derive(EventValue)]
struct Level(&'static str);

#[derive(Event)]
enum Set {
    Named { name: &'static String },
    Called(fn(u8) -> u8),
}

fn main() {
    fn is_event<E: Event>() {}
    is_event::<Opened>();
    is_event::<Set>();
}
