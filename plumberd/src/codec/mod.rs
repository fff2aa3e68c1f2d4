//! Bytes and values: how an event's data is encoded.

mod json;
mod json_values;

pub use crate::json::{CodecError, JsonObject, MAX_NESTING};
pub use json::Json;

use crate::value::EventValue;

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
