use super::Event;
use crate::{BoxError, error::always, json::CodecError};

/// Why an event cannot be stored.
#[derive(Debug, thiserror::Error)]
#[error("event `{event_type}` cannot be encoded")]
#[non_exhaustive]
pub struct EncodeError {
    /// The stored name of the event.
    pub event_type: String,
    /// What is wrong with it.
    pub source: BoxError,
}

always!(Invalid: EncodeError);

impl EncodeError {
    /// An error for the event stored as `event_type`.
    pub fn new(event_type: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self {
            event_type: event_type.into(),
            source: source.into(),
        }
    }
}

/// Why a stored event is not a value of the type it was read as.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The event is stored under a name that the type does not have.
    #[error("`{found}` is not one of {expected:?}")]
    OtherType {
        /// The name it is stored under.
        found: String,
        /// The names the type has.
        expected: Vec<&'static str>,
    },

    /// A newer program wrote it; update this one.
    #[error("`{event_type}` has revision {found}, this program knows none above {newest}")]
    NewerRevision {
        /// The stored name.
        event_type: String,
        /// The stored revision.
        found: u32,
        /// The newest revision this program knows.
        newest: u32,
    },

    /// No upcaster leads on from the stored revision; write one.
    #[error(
        "`{event_type}` has revision {found}, and upcasters lead on only from {oldest} or above"
    )]
    NoUpcaster {
        /// The stored name.
        event_type: String,
        /// The stored revision.
        found: u32,
        /// The oldest revision that can be read.
        oldest: u32,
    },

    /// An upcaster refused the data.
    #[error("the upcaster of `{event_type}` from revision {revision} failed")]
    Upcast {
        /// The stored name.
        event_type: String,
        /// The revision it started from.
        revision: u32,
        /// What it said.
        source: BoxError,
    },

    /// The data is of another content type than the event's.
    #[error("`{event_type}` is stored as `{found}`, not as `{expected}`")]
    ContentType {
        /// The stored name.
        event_type: String,
        /// The stored content type.
        found: String,
        /// The content type of the event.
        expected: String,
    },

    /// The data is not of the event's shape.
    #[error("the data of `{event_type}` is not of its shape")]
    Malformed {
        /// The stored name.
        event_type: String,
        /// What is wrong.
        source: CodecError,
    },

    /// The metadata cannot be read.
    #[error("the metadata cannot be read")]
    Metadata {
        /// What is wrong.
        source: CodecError,
    },
}

always!(Unreadable: DecodeError);

impl DecodeError {
    /// Of an event that is stored under a name which `E` does not have.
    pub(crate) fn other_type<E: Event>(found: &str) -> Self {
        Self::OtherType {
            found: found.to_owned(),
            expected: E::TYPES.iter().flat_map(super::EventInfo::names).collect(),
        }
    }
}
