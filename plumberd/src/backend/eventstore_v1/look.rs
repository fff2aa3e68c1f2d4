use super::{EventStoreV1, read::Head};
use crate::{
    event::NewEvent,
    store::{
        AppendOutcome, Direction, Location, StoreError,
        rules::{self, Admission, Stored, StreamState},
    },
    stream::{ExpectedRevision, Revision, StreamName, TenantId},
};
use std::collections::HashMap;
use uuid::Uuid;

/// What is known of a batch after a look at its stream.
pub(super) struct Looked {
    /// The first outcome, when the batch is stored.
    pub(super) applied: Option<AppendOutcome>,
    /// Where the stream ends.
    pub(super) head: Head,
}

impl EventStoreV1 {
    /// Looks whether `events` are stored in `stream`, as this batch.
    ///
    /// The server has no index of ids: the look reads from the end until all
    /// are found, so that it takes a read of the whole stream to know that
    /// they are not.
    ///
    /// # Errors
    ///
    /// [`StoreError::Idempotency`] when some are stored, and not as this batch.
    pub(super) async fn look(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        events: &[NewEvent],
    ) -> Result<Looked, StoreError> {
        let ids: Vec<Uuid> = events.iter().map(NewEvent::id).collect();
        let (found, head) = self.find(tenant, stream, &ids).await?;
        let stored: Vec<_> = ids
            .iter()
            .map(|id| {
                found.get(id).map(|location| Stored {
                    same_stream: true,
                    location: *location,
                })
            })
            .collect();
        let state = StreamState {
            last: head.nonce.checked_sub(1).map(Revision::new),
            ..StreamState::default()
        };
        let admission = rules::admit(stream, ExpectedRevision::Any, events, state, &stored)?;
        Ok(Looked {
            applied: match admission {
                Admission::AlreadyApplied(outcome) => Some(outcome),
                Admission::Write(_) => None,
            },
            head,
        })
    }

    /// Where events of these ids stand in `stream`, and where it ends.
    pub(super) async fn find(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<(HashMap<Uuid, Location>, Head), StoreError> {
        let count = self.connection.config().page_size;
        let mut found = HashMap::new();
        let mut head = None;
        let mut from = u64::MAX;
        loop {
            let read = self
                .read_nonces(tenant, stream, from, Direction::Backwards, count)
                .await?;
            for event in &read.events {
                head = head.or(Some(event.revision.as_u64() + 1));
                if ids.contains(&event.id) {
                    let location = Location {
                        revision: event.revision,
                        position: event.position,
                    };
                    found.insert(event.id, location);
                }
            }
            let last = read
                .events
                .last()
                .map_or(0, |event| event.revision.as_u64());
            if last == 0 || found.len() == ids.len() {
                let nonce = head.unwrap_or(0);
                return Ok((found, Head { nonce }));
            }
            // The nonce of the event before it: the revision of this one.
            from = last;
        }
    }

    /// The first of `ids` that is stored anywhere in the tenant's streams, by a
    /// look at all of their events.
    pub(super) async fn find_elsewhere(
        &self,
        tenant: &TenantId,
        ids: &[Uuid],
    ) -> Result<Option<Uuid>, StoreError> {
        let count = self.connection.config().page_size;
        let mut first: Option<usize> = None;
        let mut from = u64::MAX;
        while from > 0 && first != Some(0) {
            let read = self
                .read_positions(tenant, from, Direction::Backwards, count)
                .await?;
            for event in &read.events {
                let place = ids.iter().position(|id| *id == event.id);
                first = first.into_iter().chain(place).min();
            }
            let last = read
                .events
                .last()
                .map_or(0, |event| event.position.as_u64());
            from = last.saturating_sub(1);
        }
        Ok(first.map(|place| ids[place]))
    }
}
