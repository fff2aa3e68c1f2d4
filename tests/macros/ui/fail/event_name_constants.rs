use plumberd::{Event, aggregate};

const EMPTY: &str = "";
const SYSTEM: &str = "$Opened";
const CONTROL: &str = "Op\u{85}ened";
const NAME: &str = "AccountOpened";
const SAME: &str = "AccountOpened";

#[derive(Event)]
#[event(type = EMPTY)]
struct Empty;

#[derive(Event)]
#[event(type = SYSTEM)]
struct System;

#[derive(Event)]
#[event(type = CONTROL)]
struct Control;

#[derive(Event)]
#[event(alias = EMPTY)]
struct Alias;

#[derive(Event)]
#[event(type = NAME, alias = SAME)]
struct Twice;

#[derive(Event)]
enum AccountEvent {
    #[event(type = NAME)]
    Opened,
    #[event(type = "AccountOpened")]
    Reopened,
}

#[derive(Default)]
struct Account;

#[aggregate(category = SYSTEM)]
impl Account {
    #[event_sourcing_handler]
    fn on_event(&mut self, _event: &AccountEvent) {}
}

fn main() {}
