use crate::{
    BoxError,
    error::ErrorKind,
    stream::{ExpectedRevision, InvalidStreamMetadata, Revision, StreamName},
};
use std::fmt;
use uuid::Uuid;

/// Why an [`EventStore`](super::EventStore) could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another writer was first. Reload, decide again, append again.
    #[error("stream `{stream}` is not at {expected}, it is at {}", at(*actual))]
    Conflict {
        /// The stream that was written.
        stream: StreamName,
        /// What the writer expected.
        expected: ExpectedRevision,
        /// Where the stream is; `None` when it has no visible events.
        actual: Option<Revision>,
    },

    /// Some event ids of the batch are stored already, and not as this batch.
    /// Nothing was written. A command id used for two commands does this.
    #[error("event {event_id} cannot be appended to `{stream}`: {reason}")]
    Idempotency {
        /// The stream that was written.
        stream: StreamName,
        /// The first event of the batch that is out of place.
        event_id: Uuid,
        /// What is wrong with it.
        reason: IdempotencyReason,
    },

    /// The stream has a tombstone; its name is used up.
    #[error("stream `{stream}` was deleted for ever")]
    StreamDeleted {
        /// The stream.
        stream: StreamName,
    },

    /// Events that a read still had to yield were hidden while it went on: the
    /// stream was deleted or truncated meanwhile. What the read yielded so far
    /// is not all there was; read again.
    #[error("stream `{stream}` was deleted or truncated while it was read")]
    ChangedWhileRead {
        /// The stream.
        stream: StreamName,
    },

    /// An append without events.
    #[error("an append to `{stream}` has no events")]
    EmptyAppend {
        /// The stream.
        stream: StreamName,
    },

    /// The batch is larger than the store takes.
    #[error("{what} is {size}, the limit is {limit}")]
    LimitExceeded {
        /// What is too large, with its unit: "the size in bytes of event 3".
        what: String,
        /// How large it is.
        size: u64,
        /// How large it may be.
        limit: u64,
    },

    /// A `$metadata` event has data that no store understands.
    #[error("metadata for stream `{stream}` is refused")]
    InvalidStreamMetadata {
        /// The stream whose metadata it was to be.
        stream: StreamName,
        /// What is wrong with it.
        source: InvalidStreamMetadata,
    },

    /// The call has no tenant, and this store takes none without. Use
    /// `store.tenant(…)`.
    #[error("this store is used by tenants only, and the call names none")]
    TenantRequired,

    /// A tenant's handle asked for the events of others.
    #[error("a handle of one tenant cannot read another's events")]
    TenantForbidden,

    /// The backend does not know who is asking: it wants credentials, or does
    /// not take those of the connection. Nothing was written.
    #[error("{backend} wants credentials, or refuses those it was given; nothing was written")]
    Unauthenticated {
        /// The backend.
        backend: &'static str,
        /// What it answered.
        source: BoxError,
    },

    /// The backend does not let the user do this. Nothing was written.
    #[error("{backend} does not let the user do this; nothing was written")]
    Forbidden {
        /// The backend.
        backend: &'static str,
        /// What it answered.
        source: BoxError,
    },

    /// The backend cannot do this at all.
    #[error("{backend} cannot {what}")]
    Unsupported {
        /// The backend.
        backend: &'static str,
        /// What it cannot do, as a verb: "read `$ce-Account`, …".
        what: String,
    },

    /// The events may or may not have been written. Append the same events
    /// again: it is safe, and the outcome tells.
    #[error("it is unknown whether {backend} wrote the append to `{stream}`")]
    OutcomeUnknown {
        /// The backend.
        backend: &'static str,
        /// The stream that was written.
        stream: StreamName,
        /// What went wrong.
        source: BoxError,
    },

    /// What is stored is not what a store writes.
    #[error("{backend} holds a damaged record: {what}")]
    Corrupt {
        /// The backend.
        backend: &'static str,
        /// Which record, and what is wrong with it.
        what: String,
    },

    /// The store was closed, or has ended for good; nothing was written. Open
    /// it again to go on.
    #[error("{backend} is closed")]
    Closed {
        /// The backend.
        backend: &'static str,
    },

    /// A subscription was to go on after a place that is not there: the store,
    /// or the stream, ends before it, so what was kept as that place is of a
    /// later state of the store, which was restored from a backup since, or of
    /// another store. It would wait, and then leave out what is written until
    /// the place is reached. Put the later state back, or follow from the start
    /// or the end.
    #[error(
        "{} is not there to follow on after: {backend} {}; restore the later state it was kept of, or begin anew",
        ReadPoint { stream: stream.as_ref(), at: *after },
        ends(stream.as_ref(), *end)
    )]
    NotReached {
        /// The backend.
        backend: &'static str,
        /// The stream that was to be followed; `None` for the global order.
        stream: Option<StreamName>,
        /// The revision in the stream, or the position, that was given.
        after: u64,
        /// The last one there is; `None` when there is none.
        end: Option<u64>,
    },

    /// What was called has to run tasks or connections of its own, and there is
    /// no Tokio runtime around the call. Nothing was written. Call it within
    /// one: in `#[tokio::main]`, in `Runtime::block_on`, in a spawned task.
    #[error("{what} needs a Tokio runtime; call it within one, as in `Runtime::block_on`")]
    NoRuntime {
        /// What was called: "the command bus".
        what: &'static str,
    },

    /// The backend could not be reached, and nothing was written.
    #[error("{backend} is unavailable")]
    Unavailable {
        /// The backend.
        backend: &'static str,
        /// What went wrong.
        source: BoxError,
    },

    /// The backend answered, and the answer was a failure. Nothing was written.
    #[error("{backend} failed")]
    Backend {
        /// The backend.
        backend: &'static str,
        /// What went wrong.
        source: BoxError,
    },
}

fn at(actual: Option<Revision>) -> String {
    actual.map_or_else(
        || "no stream".to_owned(),
        |revision| format!("revision {revision}"),
    )
}

/// A place in a stream or in the global order, in words.
struct ReadPoint<'a> {
    stream: Option<&'a StreamName>,
    at: u64,
}

impl fmt::Display for ReadPoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stream {
            Some(stream) => write!(f, "revision {} of stream `{stream}`", self.at),
            None => write!(f, "position {}", self.at),
        }
    }
}

fn ends(stream: Option<&StreamName>, end: Option<u64>) -> String {
    match (stream, end) {
        (None, None) => "has no events".to_owned(),
        (Some(_), None) => "has no event of it".to_owned(),
        (None, Some(end)) => format!("ends at position {end}"),
        (Some(_), Some(end)) => format!("has it up to revision {end}"),
    }
}

/// How stored event ids differ from the batch that repeats them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdempotencyReason {
    /// The id occurs twice in the batch.
    #[error("its id occurs twice in the batch")]
    RepeatedInBatch,
    /// The id is stored in another stream.
    #[error("its id is stored in another stream")]
    OtherStream,
    /// The id is stored in this stream, of an event with other content. A
    /// field `#[event(id)]` is the identity of the event, not of what it
    /// happened to. Stores do not compare; repositories and conventions do.
    #[error("another event in the stream has its id")]
    OtherEvent,
    /// The ids before it are stored, it is not.
    #[error("the events before it are stored already, and it is not one of those that followed")]
    OtherTail,
    /// It is stored, and events before it in the batch are not.
    #[error("it is stored already, and events before it in the batch are not")]
    OtherHead,
    /// The ids are stored, not in this order or not side by side.
    #[error("the events are stored already, in another order or not side by side")]
    OtherOrder,
}

impl IdempotencyReason {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::RepeatedInBatch => ErrorKind::Invalid,
            Self::OtherStream
            | Self::OtherEvent
            | Self::OtherTail
            | Self::OtherHead
            | Self::OtherOrder => ErrorKind::AlreadyExists,
        }
    }
}

impl StoreError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Idempotency { reason, .. } => reason.kind(),
            Self::StreamDeleted { .. } | Self::NotReached { .. } => ErrorKind::NotFound,
            Self::EmptyAppend { .. }
            | Self::LimitExceeded { .. }
            | Self::InvalidStreamMetadata { .. }
            | Self::TenantRequired => ErrorKind::Invalid,
            Self::Unauthenticated { .. } => ErrorKind::Unauthenticated,
            Self::TenantForbidden | Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::OutcomeUnknown { .. } => ErrorKind::OutcomeUnknown,
            Self::Corrupt { .. } => ErrorKind::Unreadable,
            Self::Closed { .. } => ErrorKind::Closed,
            Self::Unavailable { .. } | Self::ChangedWhileRead { .. } => ErrorKind::Unavailable,
            Self::Backend { .. } | Self::NoRuntime { .. } => ErrorKind::Internal,
        }
    }

    /// Whether the same call may succeed later with nothing else changed.
    ///
    /// A conflict is not transient: it will not go away until the caller
    /// reloads the stream. An unknown outcome is: the same append tells it.
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    /// Whether another writer was first.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}
