use super::{Codec, CodecError};
use crate::{
    json::write_json,
    value::{self, EventValue},
};

/// JSON, compact, in the forms that System.Text.Json and Python read, at most
/// [`MAX_NESTING`](super::MAX_NESTING) levels deep.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl Codec for Json {
    const CONTENT_TYPE: &'static str = "application/json";

    fn encode<T: EventValue>(value: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
        write_json(&value::Ref(value), 0, out)
    }

    fn decode<T: EventValue>(data: &[u8]) -> Result<T, CodecError> {
        // Checked once: from bytes, each key and each text would be checked
        // for itself.
        let text = std::str::from_utf8(data).map_err(|error| CodecError::new(error.to_string()))?;
        match serde_json::from_str(text) {
            Ok(value::Owned(value)) => Ok(value),
            Err(error) => Err(CodecError::reading(data, &error)),
        }
    }
}
