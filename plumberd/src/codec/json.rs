use super::{Codec, CodecError};
use crate::event::{EventValue, value};

/// JSON, compact, in the forms that System.Text.Json and Python read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl Codec for Json {
    const CONTENT_TYPE: &'static str = "application/json";

    fn encode<T: EventValue>(value: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
        Ok(serde_json::to_writer(out, &value::Ref(value))?)
    }

    fn decode<T: EventValue>(data: &[u8]) -> Result<T, CodecError> {
        // Checked once: from bytes, each key and each text would be checked
        // for itself.
        let text = std::str::from_utf8(data).map_err(|error| CodecError::new(error.to_string()))?;
        let value::Owned(value) = serde_json::from_str(text)?;
        Ok(value)
    }
}
