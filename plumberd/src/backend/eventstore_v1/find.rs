use super::{
    EventStoreV1,
    read::{Head, LAST},
};
use crate::{
    event::{NewEvent, RecordedEvent},
    store::{
        AppendOutcome, Direction, Location, StoreError,
        toolkit::rules::{self, Admission, Stored, StreamState},
    },
    stream::{ExpectedRevision, Revision, StreamName, TenantId},
};
use std::collections::HashMap;
use uuid::Uuid;

/// What is known of a batch after a look at its stream.
pub(super) struct BatchLookup {
    /// The first outcome, when the batch is stored.
    pub(super) applied: Option<AppendOutcome>,
    /// Where the stream ends.
    pub(super) head: Head,
}

/// What a refused append tells beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hint {
    /// The nonce after which an earlier attempt must have written the batch,
    /// if one did.
    pub(super) after: Option<u64>,
    /// Where the stream ended when the append was refused.
    pub(super) head: Option<Head>,
}

/// Where ids of a batch stand.
type Found = HashMap<Uuid, Location>;

impl EventStoreV1 {
    /// Looks whether `events` are stored in `stream`, as this batch.
    ///
    /// The server has no index of ids. Most batches that are stored already
    /// were by an attempt whose answer was lost, and stand where they were
    /// expected to: that is one read. Only a look at every event tells that a
    /// batch is not stored; a second look reads only what is new.
    ///
    /// # Errors
    ///
    /// [`StoreError::Idempotency`] when some are stored, and not as this batch.
    pub(super) async fn look(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        events: &[NewEvent],
        hint: Hint,
    ) -> Result<BatchLookup, StoreError> {
        let ids: Vec<Uuid> = events.iter().map(NewEvent::id).collect();
        if let Some(outcome) = self.expected_place(tenant, stream, &ids, hint).await? {
            return Ok(BatchLookup {
                applied: Some(outcome),
                head: hint.head.unwrap_or_default(),
            });
        }
        let (found, head) = self
            .find(tenant, stream, &ids, ids.len(), hint.head)
            .await?;
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
        Ok(BatchLookup {
            applied: match admission {
                Admission::AlreadyApplied(outcome) => Some(outcome),
                Admission::Write(_) => None,
            },
            head,
        })
    }

    /// The first outcome, when the batch stands where it was expected to. Not
    /// looked for where one page of [`EventStoreV1::find`] has it too.
    async fn expected_place(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        ids: &[Uuid],
        hint: Hint,
    ) -> Result<Option<AppendOutcome>, StoreError> {
        let Some(after) = hint.after else {
            return Ok(None);
        };
        let end = after.saturating_add(ids.len() as u64);
        if let Some(head) = hint.head {
            let unread = head.nonce - self.id_index.of(tenant, stream, &[]).high.min(head.nonce);
            if head.nonce < end || unread <= u64::from(self.connection.config().page_size) {
                return Ok(None);
            }
        }
        let wanted: Vec<_> = (after + 1..).zip(ids.iter().copied()).collect();
        let mut found = Found::new();
        if !self.confirm(tenant, stream, &wanted, &mut found).await? {
            return Ok(None);
        }
        let last = ids.last().and_then(|id| found.get(id));
        Ok(last.map(|last| {
            AppendOutcome::already_applied(Revision::new(after), last.revision, last.position)
        }))
    }

    /// Where events of these ids stand in `stream`, once `enough` of them are
    /// found, and where it ends: there, if `head` says so.
    pub(super) async fn find(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        ids: &[Uuid],
        enough: usize,
        head: Option<Head>,
    ) -> Result<(Found, Head), StoreError> {
        // Who waits finds what the other has read.
        let _turn = self.looks.of(tenant, stream).lock().await;
        loop {
            let known = self.id_index.of(tenant, stream, ids);
            // Others may have looked since it was said; then it is old.
            let head = head.filter(|head| head.nonce >= known.high);
            let (mut found, end) = if known.hits.len() >= enough {
                (Found::new(), Head { nonce: known.high })
            } else {
                self.scan(tenant, stream, ids, enough, known.high, head)
                    .await?
            };
            let all = self.confirm(tenant, stream, &known.hits, &mut found);
            if end.nonce >= known.high && all.await? {
                return Ok((found, end));
            }
            // The server has lost events, or is another one.
            self.id_index.forget(tenant, stream);
        }
    }

    /// Reads the events after the nonce `after` from the newest back, until
    /// `enough` are found.
    async fn scan(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        ids: &[Uuid],
        enough: usize,
        after: u64,
        head: Option<Head>,
    ) -> Result<(Found, Head), StoreError> {
        let page = self.connection.config().page_size;
        let mut found = Found::new();
        let mut read_ids = Vec::new();
        let mut end = head.filter(|head| head.nonce <= after);
        let mut from = head.map_or(LAST, |head| head.nonce);
        let mut begun = false;
        while from > after {
            let count = u32::try_from(from - after).map_or(page, |left| left.min(page));
            let read = self
                .read_nonces(tenant, stream, from, Direction::Backwards, count)
                .await?;
            if std::mem::replace(&mut begun, true) {
                read.goes_on_at(from)?;
            }
            let mut next = 0;
            for event in &read.events {
                let nonce = event.revision.as_u64() + 1;
                end.get_or_insert(Head { nonce });
                // The nonce of the event before it: the revision of this one.
                next = event.revision.as_u64();
                if nonce > after && self.id_index.takes(nonce) {
                    read_ids.push((event.id, nonce));
                }
                if ids.contains(&event.id) {
                    found.insert(event.id, location(event));
                }
            }
            from = next;
            if found.len() >= enough {
                break;
            }
        }
        let end = end.unwrap_or_default();
        if from <= after {
            self.id_index
                .extend(tenant, stream, after, end.nonce, read_ids);
        }
        Ok((found, end))
    }

    /// Whether the event of each of these nonces has this id; where they stand
    /// goes to `found`.
    async fn confirm(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        wanted: &[(u64, Uuid)],
        found: &mut Found,
    ) -> Result<bool, StoreError> {
        let page = self.connection.config().page_size;
        let mut left = wanted;
        while let (Some((first, _)), Some((last, _))) = (left.first(), left.last()) {
            let count = u32::try_from(last - first).map_or(page, |span| page.min(span + 1));
            let read = self
                .read_nonces(tenant, stream, *first, Direction::Forwards, count)
                .await?;
            let place = |nonce: u64| {
                let index = usize::try_from(nonce - first).ok()?;
                read.events.get(index)
            };
            let before = left.len();
            while let Some((nonce, id)) = left.first() {
                match place(*nonce) {
                    Some(event) if event.id == *id => found.insert(*id, location(event)),
                    Some(_) => return Ok(false),
                    None => break,
                };
                left = &left[1..];
            }
            if left.len() == before {
                return Ok(false);
            }
        }
        Ok(true)
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
        let mut from = LAST;
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

fn location(event: &RecordedEvent) -> Location {
    Location {
        revision: event.revision,
        position: event.position,
    }
}
