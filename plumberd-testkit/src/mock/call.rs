use plumberd::{
    event::NewEvent,
    store::{Filter, ReadOptions, SubscribeFrom},
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use uuid::Uuid;

/// A call of a store's method, with what was passed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Call {
    /// `append`
    Append {
        /// The stream.
        stream: StreamName,
        /// What the writer expected.
        expected: ExpectedRevision,
        /// The batch.
        events: Vec<NewEvent>,
    },
    /// `read_stream`
    ReadStream {
        /// The stream.
        stream: StreamName,
        /// How it was read.
        options: ReadOptions<Revision>,
    },
    /// `read_all`
    ReadAll {
        /// How it was read.
        options: ReadOptions<Position>,
        /// What was let through.
        filter: Filter,
    },
    /// `subscribe_stream`
    SubscribeStream {
        /// The stream.
        stream: StreamName,
        /// Where the subscription starts.
        from: SubscribeFrom<Revision>,
    },
    /// `subscribe_all`
    SubscribeAll {
        /// Where the subscription starts.
        from: SubscribeFrom<Position>,
        /// What was let through.
        filter: Filter,
    },
    /// `stream_info`
    StreamInfo {
        /// The stream.
        stream: StreamName,
    },
    /// `find_event`
    FindEvent {
        /// The stream.
        stream: StreamName,
        /// The event.
        id: Uuid,
    },
    /// `find_any_event`
    FindAnyEvent {
        /// The stream.
        stream: StreamName,
        /// The events.
        ids: Vec<Uuid>,
    },
    /// `delete`
    Delete {
        /// The stream.
        stream: StreamName,
        /// What the caller expected.
        expected: ExpectedRevision,
    },
    /// `tombstone`
    Tombstone {
        /// The stream.
        stream: StreamName,
        /// What the caller expected.
        expected: ExpectedRevision,
    },
    /// `for_tenant`
    ForTenant {
        /// The tenant.
        tenant: TenantId,
    },
}

/// Which method a [`Call`] is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each is the method of its name, to find an event two"
)]
pub enum CallKind {
    Append,
    ReadStream,
    ReadAll,
    SubscribeStream,
    SubscribeAll,
    StreamInfo,
    FindEvent,
    Delete,
    Tombstone,
    ForTenant,
}

impl Call {
    /// Which method it is of.
    pub const fn kind(&self) -> CallKind {
        match self {
            Self::Append { .. } => CallKind::Append,
            Self::ReadStream { .. } => CallKind::ReadStream,
            Self::ReadAll { .. } => CallKind::ReadAll,
            Self::SubscribeStream { .. } => CallKind::SubscribeStream,
            Self::SubscribeAll { .. } => CallKind::SubscribeAll,
            Self::StreamInfo { .. } => CallKind::StreamInfo,
            Self::FindEvent { .. } | Self::FindAnyEvent { .. } => CallKind::FindEvent,
            Self::Delete { .. } => CallKind::Delete,
            Self::Tombstone { .. } => CallKind::Tombstone,
            Self::ForTenant { .. } => CallKind::ForTenant,
        }
    }

    /// The stream it is about; none of everything.
    pub const fn stream(&self) -> Option<&StreamName> {
        match self {
            Self::Append { stream, .. }
            | Self::ReadStream { stream, .. }
            | Self::SubscribeStream { stream, .. }
            | Self::StreamInfo { stream }
            | Self::FindEvent { stream, .. }
            | Self::FindAnyEvent { stream, .. }
            | Self::Delete { stream, .. }
            | Self::Tombstone { stream, .. } => Some(stream),
            Self::ReadAll { .. } | Self::SubscribeAll { .. } | Self::ForTenant { .. } => None,
        }
    }
}
