//! What a user forbids is not allowed again by an expansion.
#![forbid(unsafe_code, deprecated, unreachable_patterns, unused, nonstandard_style, missing_docs)]
#![forbid(unused_qualifications, rust_2018_idioms, unreachable_code, dead_code)]

use plumberd::prelude::*;

/// An event.
#[derive(Event, Debug, Clone, PartialEq)]
#[event(revision = 2, upcast(1 = up))]
pub struct Opened {
    /// The id.
    #[event(id)]
    pub id: Uuid,
    /// The owner.
    #[event(default)]
    pub owner: String,
    /// A note.
    #[event(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// A value.
    pub payment: Payment,
}

fn up(_: &mut plumberd::codec::JsonObject) -> Result<(), BoxError> {
    Ok(())
}

/// A value.
#[derive(EventValue, Debug, Clone, PartialEq)]
pub enum Payment {
    /// One.
    Cash,
    /// Another.
    Card {
        /// The number.
        number: String,
    },
}

/// A value without a name.
#[derive(EventValue, Debug, Clone, PartialEq)]
pub struct Name(pub String);

/// Without data.
#[derive(Event, Debug, Clone, PartialEq, Copy)]
pub struct Closed;

/// A set.
#[derive(Event, Debug, Clone, PartialEq)]
pub enum Set {
    /// Without data.
    Locked,
    /// With data.
    Renamed(String),
    /// Another event.
    #[event(transparent)]
    Inner(Closed),
}

/// Nothing is aligned in it.
#[derive(Event, Debug, Clone, Copy)]
#[repr(C, packed)]
pub struct Packed {
    /// The id.
    #[event(id)]
    pub id: Uuid,
    /// A number.
    pub number: u64,
    /// Left out at times.
    #[event(default, skip_serializing_if = "is_zero")]
    pub other: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Nothing is aligned in it either.
#[derive(EventValue, Debug, Clone, Copy)]
#[repr(packed(2))]
pub struct PackedList(pub u8, pub u32);

/// The state.
#[derive(Debug, Default, Clone)]
pub struct Account {
    open: bool,
}

/// A command.
#[derive(Debug, Clone, Copy)]
pub struct Open;

/// A stored name.
pub const NAME: &str = "com.myco.Known";

/// With what all others are read as.
#[derive(Event, Debug)]
pub enum Others {
    /// One that is known.
    #[event(type = NAME)]
    Known,
    /// The others.
    #[event(other)]
    Unknown,
}

/// An error.
#[derive(Debug, Clone, Copy)]
pub struct Refused;

#[aggregate(category = "Account", unknown_events = "skip")]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &Opened, metadata: &Metadata) {
        self.open = metadata.user_id().is_some();
    }

    #[event_sourcing_handler]
    fn on_set(&mut self, _event: &Set) {
        self.open = false;
    }

    #[command_handler]
    fn open(&self, _command: Open) -> Result<Set, Refused> {
        if self.open { Err(Refused) } else { Ok(Set::Locked) }
    }
}


fn main() {
    let account = Account::default();
    assert!(!account.open);
}
