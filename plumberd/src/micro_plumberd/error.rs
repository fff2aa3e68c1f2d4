use crate::{
    error::ErrorKind,
    event::{DecodeError, EncodeError, EventType, InvalidEventType},
    server_projection::EnsureError,
    store::StoreError,
    stream::{InvalidStreamName, StreamName},
};

/// Why an event or a state could not be written or read by convention.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The conventions and the id make no stream name.
    #[error("the conventions name no stream")]
    Stream(#[from] InvalidStreamName),

    /// The conventions name no event type.
    #[error("the conventions name no event type")]
    EventType(#[from] InvalidEventType),

    /// The value has no stored form.
    #[error("the value has no stored form")]
    Encode(#[from] EncodeError),

    /// What is stored is not such a value.
    #[error("what `{stream}` holds cannot be read")]
    Decode {
        /// The stream.
        stream: StreamName,
        /// What is wrong.
        source: DecodeError,
    },

    /// The conventions give two types of event of one aggregate one name.
    #[error("the conventions call both `{first}` and `{second}` `{name}`")]
    OneName {
        /// The name.
        name: EventType,
        /// A type of event.
        first: &'static str,
        /// Another one.
        second: &'static str,
    },

    /// Events of every type are read as the event, and here types are chosen by their
    /// names: follow everything, through [`Model::filter`](super::Model::filter).
    #[error(
        "`{event}` has a variant `#[event(other)]`, so it is made of events of every type, and a \
         join projection gathers types that are named; follow everything, through `Model::filter`"
    )]
    EveryType {
        /// The name of the event enum.
        event: String,
    },

    /// The server was not brought to gather the events of a model.
    #[error(transparent)]
    Projection(#[from] EnsureError),

    /// The store refused. [`StoreError::Conflict`] says that another writer
    /// was first.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StateError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Stream(error) => error.kind(),
            Self::EventType(error) => error.kind(),
            Self::Encode(error) => error.kind(),
            Self::Decode { source, .. } => source.kind(),
            Self::OneName { .. } | Self::EveryType { .. } => ErrorKind::Invalid,
            Self::Projection(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    /// Whether another writer was first: read again, change again.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_conflict())
    }

    /// Whether the same call may succeed later with nothing else changed.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Projection(error) if error.is_transient())
            || self.kind().is_transient()
    }
}
