//! Methods of traits that a user has in scope for every type are not taken
//! for those of the runtime, nor are a type's own.
#![deny(warnings)]
#![allow(dead_code, clippy::wrong_self_convention, clippy::should_implement_trait)]

trait ByValue: Sized {
    fn key(self) {}
    fn value(self) {}
    fn value_with(self) {}
    fn required(self) {}
    fn present(self) {}
    fn object(self) {}
    fn tuple(self) {}
    fn nested(self) {}
    fn unread(self) {}
    fn parse(self) {}
    fn add(self) {}
    fn serialize(self) {}
    fn deserialize(self) {}
    fn encode(self) {}
    fn decode(self) {}
    fn shape(self) {}
    fn index(self) {}
    fn handle(self) {}
    fn decide(self) {}
    fn id(self) {}
    fn assign_id(self) {}
    fn type_index(self) {}
    fn from(self) {}
    fn default() {}
    fn unwrap_or_default(self) {}
    fn unwrap_or_else(self) {}
    fn with_module(self) {}
    fn with_revision(self) {}
    fn also_named(self) {}
    fn into_result(self) {}
    fn clone(self) {}
    fn new() {}
    fn of() {}
    const TYPES: u8 = 0;
    const OTHER: u8 = 0;
    const HAS_ID: u8 = 0;
    const KEYS: u8 = 0;
    const HANDLERS: u8 = 0;
    const CATEGORY: u8 = 0;
}

impl<T> ByValue for T {}

trait ByReference {
    fn key(&self) {}
    fn value(&self) {}
    fn required(&self) {}
    fn object(&self) {}
    fn nested(&self) {}
    fn serialize(&self) {}
    fn encode(&self) {}
    fn handle(&self) {}
    fn decide(&self) {}
    fn parse(&self) {}
    fn clone(&self) {}
}

impl<T: ?Sized> ByReference for T {}

fn up(_: &mut plumberd::codec::JsonObject) -> Result<(), plumberd::BoxError> {
    Ok(())
}

#[derive(plumberd::Event)]
#[event(revision = 2, upcast(1 = up))]
struct Opened {
    #[event(id)]
    id: plumberd::prelude::Uuid,
    #[event(default)]
    owner: String,
    #[event(default = zero)]
    level: Level,
    #[event(skip_serializing)]
    #[event(default)]
    note: Option<String>,
    #[event(with = "plumberd::value::serde")]
    with: u8,
    payment: Payment,
}

fn zero() -> Level {
    Level::Low
}

/// What the derives would call by `Self::`.
impl Opened {
    const TYPES: u8 = 0;
    const KEYS: u8 = 0;
    fn encode() {}
    fn decode() {}
    fn shape() {}
    fn serialize() {}
    fn deserialize() {}
    fn type_index() {}
}

#[derive(plumberd::Event)]
struct Pair(u8, u8);

#[derive(plumberd::Event)]
enum Set {
    Unit,
    Named { key: u8 },
    List(u8, u8),
    Inner(String),
    #[event(transparent)]
    Opened(Opened),
}

impl Set {
    const TYPES: u8 = 0;
    fn write() {}
    fn read() {}
    fn variant_shape() {}
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

impl Payment {
    const NAME: u8 = 0;
    const TAGS: u8 = 0;
    fn keys() {}
    fn read() {}
}

#[derive(Default)]
struct Account;

impl Account {
    const CATEGORY: u8 = 0;
    const HANDLERS: u8 = 0;
    const UNKNOWN_EVENTS: u8 = 0;
    fn handle(&self) {}
    fn decide(&self) {}
}

struct Close;

#[plumberd::aggregate]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _: &Opened, _: &plumberd::event::Metadata) {}

    #[event_sourcing_handler]
    fn on_set(&mut self, _: &Pair) {}

    #[command_handler]
    fn close(&self, _: Close) -> Result<Pair, u8> {
        Err(0)
    }
}

#[derive(plumberd::Event)]
struct Go;

impl plumberd::command::Command for Go {
    type Fault = plumberd::command::NoFault;
}

struct Service;

impl Service {
    fn routes(&self) {}
}

#[plumberd::command_handler]
impl Service {
    async fn go(&self, _: u64, _: &Go) -> Result<(), plumberd::command::CommandFault> {
        Ok(())
    }
}

fn main() {}
