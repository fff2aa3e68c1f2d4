use crate::stream::{Position, Revision, StreamName, TenantId};

/// That a stream was deleted, or its beginning cut off.
///
/// Its events are gone from reads of the stream, so who made something of them
/// takes it back. It stands where the change does: after the events that it
/// took away, before those that were appended later.
///
/// What a stream loses by `$maxAge` and `$maxCount` is not told, nor that
/// events come back, nor metadata that hide no more than what was hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamDeleted {
    /// The stream.
    pub stream: StreamName,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// Where in the global order it happened: the position of the event in
    /// which the store keeps it.
    pub position: Position,
    /// What happened.
    pub what: Deletion,
}

/// What a stream lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deletion {
    /// All its events. It may be written again, with revisions that go on.
    SoftDeleted,
    /// The events before this revision.
    Truncated(Revision),
    /// All its events, and its name: nothing is ever written to it again.
    Tombstoned,
}

impl StreamDeleted {
    /// Of a stream of no tenant.
    pub const fn new(stream: StreamName, position: Position, what: Deletion) -> Self {
        Self {
            stream,
            tenant: None,
            position,
            what,
        }
    }

    /// Of a stream of this tenant.
    #[must_use]
    pub fn of_tenant(mut self, tenant: Option<TenantId>) -> Self {
        self.tenant = tenant;
        self
    }
}
