use crate::stream::{ExpectedRevision, Position, Revision, StreamMetadata};

/// What a store knows of a stream without reading its events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamInfo {
    /// The revision of the last event that was ever written, also when it is
    /// hidden; `None` for a stream that never was.
    pub last_revision: Option<Revision>,
    /// Whether the stream was soft-deleted and not written since.
    pub deleted: bool,
    /// Whether the stream has a tombstone.
    pub tombstoned: bool,
    /// The metadata in force; the default when none was written.
    pub metadata: StreamMetadata,
}

impl StreamInfo {
    /// The revision a writer may expect: that of the last event, unless the
    /// stream is deleted.
    pub fn head(&self) -> Option<Revision> {
        self.last_revision
            .filter(|_| !self.deleted && !self.tombstoned)
    }

    /// What a writer who has seen this state expects.
    pub fn expected_revision(&self) -> ExpectedRevision {
        self.head().into()
    }
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// Its number in its stream.
    pub revision: Revision,
    /// Its place in the global order.
    pub position: Position,
}
