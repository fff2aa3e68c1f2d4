use plumberd::{Event, aggregate};

#[derive(Event)]
#[event(type = "x" revision = 2)]
struct Opened {
    #[event(rename = "Y" alias = "Z")]
    owner: String,
    #[event(default skip)]
    level: u8,
    #[event(default = zero alias = "Z")]
    other: u8,
}

fn zero() -> u8 {
    0
}

#[derive(Event)]
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate(category = "Account" id = u64)]
impl Account {
    #[event_sourcing_handler]
    fn on_closed(&mut self, _: &Closed) {}
}

fn main() {}
