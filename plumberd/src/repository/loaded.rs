use super::RepositoryError;
use crate::{
    aggregate::Aggregate,
    event::RecordedEvent,
    snapshot::Snapshot,
    stream::{ExpectedRevision, Revision, StreamName},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// State that was built from a stream, and how far.
#[derive(Debug, Clone, Default)]
pub(super) struct Loaded<A> {
    pub(super) state: A,
    /// The last event in the state.
    pub(super) last: Option<EventRef>,
    /// Where the stream is while none of its events can be seen.
    pub(super) hidden_head: Option<Revision>,
    /// The snapshot in the store that is nearest to the state.
    pub(super) snapshot: Option<(Revision, DateTime<Utc>)>,
}

/// An event: its number in the stream, and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventRef {
    pub(super) revision: Revision,
    pub(super) id: Uuid,
}

impl EventRef {
    pub(super) const fn of(event: &RecordedEvent) -> Self {
        Self {
            revision: event.revision,
            id: event.id,
        }
    }
}

impl<A: Aggregate> Loaded<A> {
    pub(super) fn revision(&self) -> Option<Revision> {
        self.last.map(|last| last.revision)
    }

    /// What a writer expects who has seen this.
    pub(super) fn expected(&self) -> ExpectedRevision {
        self.revision().or(self.hidden_head).into()
    }

    /// Applies events that follow.
    pub(super) fn apply(
        &mut self,
        stream: &StreamName,
        events: &[RecordedEvent],
    ) -> Result<(), RepositoryError> {
        for event in events {
            if let Some(last) = self.last {
                let expected = last.revision.next();
                if event.revision != expected {
                    return Err(RepositoryError::Gap {
                        stream: stream.clone(),
                        expected,
                        found: event.revision,
                    });
                }
            }
            A::HANDLERS
                .apply(&mut self.state, event)
                .map_err(|source| RepositoryError::Apply {
                    stream: stream.clone(),
                    source,
                })?;
            self.last = Some(EventRef::of(event));
        }
        Ok(())
    }
}

impl<A> From<Snapshot<A>> for Loaded<A> {
    fn from(snapshot: Snapshot<A>) -> Self {
        Self {
            state: snapshot.state,
            last: Some(EventRef {
                revision: snapshot.revision,
                id: snapshot.event_id,
            }),
            hidden_head: None,
            snapshot: Some((snapshot.revision, snapshot.taken_at)),
        }
    }
}

/// How far a load goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    Head,
    Revision(Revision),
    Time(DateTime<Utc>),
}

impl Until {
    /// The events that belong to it; the rest and what follows does not.
    pub(super) fn of(self, events: &[RecordedEvent]) -> &[RecordedEvent] {
        let count = match self {
            Self::Head => events.len(),
            Self::Revision(last) => events.partition_point(|event| event.revision <= last),
            Self::Time(last) => events.partition_point(|event| event.recorded_at <= last),
        };
        &events[..count]
    }

    /// Whether a snapshot may be the beginning.
    pub(super) fn admits<A>(self, snapshot: &Snapshot<A>) -> bool {
        match self {
            Self::Head => true,
            Self::Revision(last) => snapshot.revision <= last,
            // It was taken after its last event was recorded.
            Self::Time(last) => snapshot.taken_at <= last,
        }
    }
}
