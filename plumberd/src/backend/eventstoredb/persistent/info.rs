use super::Source;
use crate::stream::{Position, Revision, StreamName};
use eventstore::PersistentSubscriptionInfo;

/// A place up to which a group has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupPlace {
    /// In a stream.
    Revision(Revision),
    /// In everything.
    Position(Position),
}

/// How a group is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PersistentInfo {
    /// What it reads.
    pub source: Source,
    /// Its name.
    pub group: String,
    /// What the server says of it, in its words: `Live`, and others.
    pub status: String,
    /// How many consumers it has.
    pub connections: usize,
    /// How many events were parked.
    pub parked: usize,
    /// How many events were sent and not answered.
    pub in_flight: usize,
    /// How many events wait to be sent again.
    pub retrying: usize,
    /// How many events were sent since the group was loaded.
    pub total: usize,
    /// Where it goes on after a restart of the server; `None` before the first
    /// checkpoint.
    pub checkpoint: Option<GroupPlace>,
    /// The newest event that it knows.
    pub last_known: Option<GroupPlace>,
}

impl PersistentInfo {
    /// `None` for a group on a stream whose name plumberd cannot have.
    pub(super) fn of_crate<A>(info: PersistentSubscriptionInfo<A>) -> Option<Self> {
        let source = if info.event_source == "$all" {
            Source::All
        } else {
            Source::Stream(StreamName::raw(info.event_source).ok()?)
        };
        let stats = info.stats;
        let place = |revision: Option<u64>, position: Option<eventstore::Position>| {
            let position = position.map(|at| GroupPlace::Position(Position::new(at.commit)));
            position.or_else(|| revision.map(|at| GroupPlace::Revision(Revision::new(at))))
        };
        Some(Self {
            source,
            group: info.group_name,
            status: info.status,
            connections: info.connections.len(),
            parked: stats.parked_message_count,
            in_flight: stats.total_in_flight_messages,
            retrying: stats.retry_buffer_count,
            total: stats.total_items,
            checkpoint: place(
                stats.last_checkpointed_event_revision,
                stats.last_checkpointed_position,
            ),
            last_known: place(stats.last_known_event_revision, stats.last_known_position),
        })
    }
}
