use super::excerpt::brief;
use crate::BoxError;

/// Why bytes are not a value, or a value cannot become bytes.
///
/// The codec's own error is its source and can be downcast. Of a text that was
/// read in place of something else it has the beginning.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CodecError {
    message: String,
    #[source]
    source: Option<BoxError>,
}

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
        let error = brief(error);
        Self {
            message: error.to_string(),
            source: Some(error.into()),
        }
    }
}
