use super::Aggregate;
use crate::{
    event::{DecodeError, RecordedEvent},
    stream::{Revision, StreamName},
};

/// Why a stored event cannot be applied to an aggregate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// No handler is for the event. Add one, or say
    /// `#[aggregate(unknown_events = "skip")]`.
    #[error(
        "`{aggregate}` has no handler for `{event_type}`, event {revision} of stream `{stream}`"
    )]
    UnknownEvent {
        /// The category of the aggregate.
        aggregate: &'static str,
        /// The stream of the event.
        stream: StreamName,
        /// Its number there.
        revision: Revision,
        /// Its stored name.
        event_type: String,
    },

    /// The event cannot be decoded.
    #[error("event {revision} of stream `{stream}`, `{event_type}`, cannot be decoded")]
    Decode {
        /// The stream of the event.
        stream: StreamName,
        /// Its number there.
        revision: Revision,
        /// Its stored name.
        event_type: String,
        /// What is wrong with it.
        source: Box<DecodeError>,
    },

    /// A handler asks for the metadata of an event, and it cannot be read.
    #[error("the metadata of an event cannot be read")]
    Metadata {
        /// What is wrong with it.
        source: Box<DecodeError>,
    },
}

crate::error::always!(Unreadable: ApplyError);

impl ApplyError {
    pub(super) fn decode(event: &RecordedEvent, source: Box<DecodeError>) -> Self {
        Self::Decode {
            stream: event.stream.clone(),
            revision: event.revision,
            event_type: event.event_type.as_str().to_owned(),
            source,
        }
    }

    pub(super) fn unknown<A: Aggregate>(event: &RecordedEvent) -> Self {
        Self::UnknownEvent {
            aggregate: A::CATEGORY,
            stream: event.stream.clone(),
            revision: event.revision,
            event_type: event.event_type.as_str().to_owned(),
        }
    }
}

impl From<DecodeError> for ApplyError {
    fn from(source: DecodeError) -> Self {
        Self::Metadata {
            source: Box::new(source),
        }
    }
}
