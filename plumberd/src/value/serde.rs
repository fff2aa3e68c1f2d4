//! For fields whose type has serde's traits and no [`EventValue`]: name this
//! module in `with`.
//!
//! ```
//! # use plumberd::__private::serde;
//! use plumberd::Event;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! # #[serde(crate = "plumberd::__private::serde")]
//! struct Point {
//!     x: i32,
//!     y: i32,
//! }
//!
//! #[derive(Event)]
//! struct DroneMoved {
//!     #[event(with = "plumberd::value::serde")]
//!     to: Point,
//! }
//! ```
//!
//! The form is then serde's: names are not made PascalCase, NaN is `null`. Only
//! hash sets and hash maps, which have no order, are written in one, and a `Some` of
//! what is `null` itself, like `Some(None)`, is an error where it is written: serde
//! would read it as `None`.
//!
//! [`EventValue`]: super::EventValue

use super::unordered::InOrder;
use ::serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes `value` as its own `Serialize` does.
///
/// # Errors
///
/// The serializer's, and for a `Some` whose value is written as `null`.
pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize(InOrder(serializer))
}

/// Reads a value as its own `Deserialize` does.
///
/// # Errors
///
/// The deserializer's.
pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}
