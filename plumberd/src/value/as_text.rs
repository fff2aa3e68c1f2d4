//! Types that are stored as the text they are displayed as:
//! `#[event(as_text)]`.

use super::choice::no_value;
use crate::BoxError;
use ::serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
    ser,
};
use std::{
    fmt::{self, Write},
    marker::PhantomData,
    str::FromStr,
};

/// What `#[event(as_text)]` asks of a type.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as text",
    label = "not displayed and parsed",
    note = "`as_text` writes by `Display` and reads by `FromStr`, whose `Err` is an error or a `String`; implement both for `{Self}`"
)]
pub trait AsText: fmt::Display + FromStr<Err: Into<BoxError>> {}

impl<T: fmt::Display + FromStr<Err: Into<BoxError>>> AsText for T {}

/// The text of a value, or why it has none that is read as the same value.
#[doc(hidden)]
pub fn to_checked_text<T: AsText>(value: &T) -> Result<String, String> {
    let text = display(value)?;
    let again = match text.parse::<T>() {
        Ok(again) => display(&again)?,
        Err(reason) => {
            return Err(format!(
                "`Display` writes `{text}`, which `FromStr` does not read: {}",
                chain(reason)
            ));
        }
    };
    if again == text {
        Ok(text)
    } else {
        Err(format!(
            "`Display` writes `{text}`, which `FromStr` reads as `{again}`"
        ))
    }
}

/// The value of a text, or why there is none.
#[doc(hidden)]
pub fn from_checked_text<T: AsText>(text: &str) -> Result<T, String> {
    text.parse().map_err(chain)
}

/// What `Display` writes, up to where it fails.
#[doc(hidden)]
pub fn displayed(value: &impl fmt::Display) -> String {
    let mut text = String::new();
    let _ = write!(text, "{value}");
    text
}

/// `Display` may fail, and `to_string` would panic then.
fn display(value: &impl fmt::Display) -> Result<String, String> {
    let mut text = String::new();
    match write!(text, "{value}") {
        Ok(()) => Ok(text),
        Err(fmt::Error) => Err("`Display` fails".to_owned()),
    }
}

/// The message of an error and of what caused it.
fn chain(error: impl Into<BoxError>) -> String {
    let error = error.into();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Writes a value of a type that is marked `#[event(as_text)]`.
#[doc(hidden)]
pub fn write_as_text<T: AsText, S: Serializer>(
    value: &T,
    serializer: S,
    name: &'static str,
) -> Result<S::Ok, S::Error> {
    match to_checked_text(value) {
        Ok(text) => serializer.serialize_str(&text),
        Err(reason) => Err(unwritable(name, &reason)),
    }
}

/// Why a value of the type `name` is not written.
pub(super) fn unwritable<E: ser::Error>(name: &str, reason: &str) -> E {
    E::custom(format_args!("a `{name}` has no stored form: {reason}"))
}

/// Reads a value of a type that is marked `#[event(as_text)]`.
#[doc(hidden)]
pub fn read_as_text<'de, T: AsText, D: Deserializer<'de>>(
    deserializer: D,
    name: &'static str,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Text(name, PhantomData))
}

struct Text<T>(&'static str, PhantomData<T>);

impl<T: AsText> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text of a `{}`", self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        from_checked_text(text).map_err(|reason| no_value(text, self.0, &reason))
    }
}
