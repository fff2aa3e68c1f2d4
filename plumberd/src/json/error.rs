use super::path;
use crate::BoxError;

/// Why bytes are not a value, or a value cannot become bytes.
///
/// The message says what the codec said, so that a report prints it once; the
/// source is what caused that. Of JSON that cannot be read, and of a value that
/// cannot become JSON, it names the path to what is wrong (`` `Lines[3].Price` ``), what was found and what was expected;
/// of a text that was read in place of something else, and of a key, it has the
/// beginning.
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

    /// Of an error from reading `json`.
    #[cold]
    pub(crate) fn reading(json: &[u8], error: &serde_json::Error) -> Self {
        Self::new(match path::explain(error, json) {
            (Some(path), message) => format!("{message} in `{path}`"),
            (None, message) => message,
        })
    }

    /// Of an error from writing a value of which `written` came before.
    #[cold]
    pub(super) fn writing(written: &[u8], error: &serde_json::Error) -> Self {
        Self::new(match path::of_next(written) {
            Some(path) => format!("{error} in `{path}`"),
            None => error.to_string(),
        })
    }

    /// Of an error from reading `json`, the value of `key`.
    #[cold]
    pub(super) fn reading_key(key: &str, json: &[u8], error: &serde_json::Error) -> Self {
        Self::new(match path::explain(error, json) {
            (Some(path), message) if path.starts_with('[') => {
                format!("key `{key}{path}`: {message}")
            }
            (Some(path), message) => format!("key `{key}.{path}`: {message}"),
            (None, message) => format!("key `{key}`: {message}"),
        })
    }
}

impl From<serde_json::Error> for CodecError {
    /// Of an error from writing.
    fn from(error: serde_json::Error) -> Self {
        Self::new(error.to_string())
    }
}
