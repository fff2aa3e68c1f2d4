//! No expansion leans on the prelude, and none warns of anything.
#![no_implicit_prelude]
#![deny(warnings, missing_docs, unused_qualifications, unused_results, unreachable_pub)]
#![deny(nonstandard_style, unused, single_use_lifetimes, trivial_casts, trivial_numeric_casts)]

/// An event.
#[derive(::plumberd::Event)]
#[event(revision = 2, upcast(1 = up))]
pub struct Opened {
    /// A field.
    #[event(id)]
    pub id: ::plumberd::prelude::Uuid,
    #[event(default)]
    level: u8,
    #[event(default = zero, skip_serializing_if = "is_zero")]
    other: u8,
    note: ::std::option::Option<::std::string::String>,
    /// Not stored.
    #[event(skip)]
    pub left_out: u8,
    #[event(with = "::plumberd::value::serde")]
    with: u8,
}

fn zero() -> u8 {
    0
}

fn is_zero(value: &u8) -> bool {
    *value == 0
}

fn up(
    _: &mut ::plumberd::codec::JsonObject,
) -> ::std::result::Result<(), ::plumberd::BoxError> {
    ::std::result::Result::Ok(())
}

/// Numbers.
#[derive(::plumberd::EventValue)]
pub enum Level {
    /// One.
    Low,
    /// Another.
    High = 4,
}

/// Names.
#[derive(::plumberd::EventValue)]
#[event(as = "string")]
pub enum Currency {
    /// One.
    Eur,
    /// Another.
    Usd,
}

/// With data.
#[derive(::plumberd::EventValue)]
pub enum Payment {
    /// Without data.
    Cash,
    /// With data.
    Card {
        /// A number.
        number: u8,
    },
}

/// A set.
#[derive(::plumberd::Event)]
pub enum Set {
    /// Nothing.
    Locked,
    /// A field.
    Moved {
        /// Where to.
        to: u8,
    },
    /// Several.
    Pair(u8, u8),
    /// One.
    Named(::std::string::String),
    /// Another event.
    #[event(transparent)]
    Opened(Opened),
}

/// A stored name.
pub const NAME: &str = "com.myco.Known";

/// One from before.
pub const OLD_NAME: &str = "Known";

/// With what all others are read as.
#[derive(::plumberd::Event)]
pub enum Others {
    /// One that is known.
    #[event(type = NAME, alias = OLD_NAME)]
    Known,
    /// The others.
    #[event(other)]
    Unknown(::std::boxed::Box<::plumberd::event::RecordedEvent>),
}

/// Of one variant.
#[derive(::plumberd::Event)]
pub enum Single {
    /// The one.
    #[event(transparent)]
    Opened(Opened),
}

fn main() {
    let _ = (
        Opened {
            id: ::plumberd::prelude::Uuid::nil(),
            level: 1,
            other: 2,
            note: ::std::option::Option::None,
            left_out: 3,
            with: 4,
        },
        (Level::Low, Level::High, Currency::Eur, Currency::Usd, Payment::Cash),
    );
}
