//! Constants, statics and unit structs named like the variables of an
//! expansion would be taken for patterns.
#![deny(warnings)]
#![allow(non_upper_case_globals, non_camel_case_types, dead_code)]

macro_rules! constants {
    ($($name:ident)*) => {$( const $name: u8 = 0; )*};
}

constants!(
    serializer deserializer object list builder number name text index out encoded inner own error
    id step key value field0 field1 event metadata command json this
);

static info: u8 = 0;
struct entries;
struct handler;
struct routes;
struct context;

fn up(_: &mut plumberd::codec::JsonObject) -> Result<(), plumberd::BoxError> {
    Ok(())
}

fn zero() -> u8 {
    0
}

#[derive(plumberd::Event)]
#[event(revision = 2, upcast(1 = up))]
struct Opened {
    #[event(id)]
    id: plumberd::prelude::Uuid,
    #[event(default = zero)]
    value: u8,
    #[event(with = "plumberd::value::serde", default)]
    text: String,
    level: Level,
    currency: Currency,
    payment: Payment,
}

#[derive(plumberd::Event)]
struct Pair(u8, u8);

#[derive(plumberd::Event)]
enum Set {
    Unit,
    Named { object: u8, field0: u8 },
    List(u8, u8),
    Inner(String),
    #[event(transparent)]
    Pair(Pair),
}

#[derive(plumberd::EventValue)]
enum Level {
    Low,
    High = 4,
}

#[derive(plumberd::EventValue)]
#[event(as = "string")]
enum Currency {
    Eur,
}

#[derive(plumberd::EventValue)]
enum Payment {
    Cash,
    Card { number: u8 },
}

#[derive(Default)]
struct Account;

struct Close;

#[plumberd::aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened, _: &plumberd::event::Metadata) {}

    #[event_sourcing_handler]
    fn on_set(&mut self, _: &Set) {}

    #[command_handler]
    fn close(&self, _: Close) -> Result<Set, u8> {
        Err(0)
    }
}

#[derive(plumberd::Event)]
struct Go;

impl plumberd::command::Command for Go {
    type Fault = plumberd::command::NoFault;
}

struct Service;

#[plumberd::command_handler]
impl Service {
    async fn go(
        &self,
        _: u64,
        _: &Go,
        _: &plumberd::command::CommandContext,
    ) -> Result<(), plumberd::command::CommandFault> {
        Ok(())
    }
}

fn main() {}
