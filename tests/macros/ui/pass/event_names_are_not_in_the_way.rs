//! Nothing that a user may have declared gets into the way of the expansion.

#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(non_camel_case_types)]

/// Not the prelude's.
pub struct Option;
/// Not the prelude's.
pub struct Result;
/// Not the prelude's.
pub struct Vec;
/// Not the prelude's.
pub struct String;
/// Not the prelude's.
pub enum Names {
    /// Shadows `Some`.
    Some,
    /// Shadows `None`.
    None,
    /// Shadows `Ok`.
    Ok,
    /// Shadows `Err`.
    Err,
}
#[allow(unused_imports)]
use Names::*;
/// Not the crate's.
pub mod plumberd {}
/// Not the crate's.
pub mod core {}
/// Not the crate's.
pub mod std {}

/// With raw names and with names that the expansion uses itself.
#[derive(::plumberd::Event)]
pub struct r#Async<S, D, A> {
    /// Raw.
    pub r#type: u8,
    serializer: S,
    deserializer: D,
    object: A,
    #[event(default)]
    field0: bool,
}

/// A closed set.
#[derive(::plumberd::Event)]
pub enum Set<T> {
    /// Without data.
    Unit,
    /// With two fields.
    Pair(T, u8),
    /// With names.
    Named {
        /// An index.
        index: u8,
    },
}

/// A value.
#[derive(::plumberd::EventValue)]
pub enum Choice {
    /// Without data.
    One,
    /// With data.
    Two {
        /// A key.
        key: u8,
    },
}

fn main() {}
