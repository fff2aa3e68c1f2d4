use super::excerpt::brief;
use crate::BoxError;

/// Why bytes are not a value, or a value cannot become bytes.
///
/// The message says what the codec said, so that a report prints it once; the
/// source is what caused that. Of a text that was read in place of something
/// else it has the beginning.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CodecError {
    message: String,
    #[source]
    source: Option<BoxError>,
}

crate::error::always!(Invalid: CodecError);

impl CodecError {
    /// An error with a message of its own.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// An error that `source` caused; the message says what was attempted.
    pub fn caused_by(message: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self {
            message: message.into(),
            source: Some(source.into()),
        }
    }
}

impl From<serde_json::Error> for CodecError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(brief(error).to_string())
    }
}
