//! Bytes and values: how an event's data is encoded.

mod as_text;
mod canonical;
mod error;
mod excerpt;
mod json;
mod json_object;
mod json_values;
mod nesting;
mod path;

pub(crate) use as_text::as_text;
pub(crate) use canonical::same_json;
pub use error::CodecError;
pub(crate) use excerpt::excerpt;
pub use json::Json;
pub use json_object::JsonObject;
pub use nesting::MAX_NESTING;
pub(crate) use nesting::{TooDeep, excess, write_json};
pub(crate) use path::{Step, at};

use crate::event::EventValue;

/// Encodes values into bytes and back.
///
/// An event names its codec with `#[event(codec = …)]`; [`Json`] is the
/// default and needs no attribute.
pub trait Codec {
    /// The content type that is stored with the data.
    const CONTENT_TYPE: &'static str;

    /// Appends the encoded `value` to `out`.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when the value has no form in this encoding. What was
    /// appended to `out` until then stays there.
    fn encode<T: EventValue>(value: &T, out: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Decodes one value that fills `data`.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when `data` is not such a value.
    fn decode<T: EventValue>(data: &[u8]) -> Result<T, CodecError>;
}
