use super::{AppendOutcome, EventStore, IdempotencyReason, ReadFrom, ReadOptions, StoreError};
use crate::{
    event::NewEvent,
    stream::{ExpectedRevision, Revision, StreamName},
};
use uuid::Uuid;

/// What stands where a store says that it has a batch already: it knows events
/// by their ids, and ids may be those of other events.
pub(crate) enum Repeated {
    /// The batch.
    Same,
    /// Another event, with this id.
    Other(Uuid),
    /// What cannot be seen, or not any more.
    Hidden,
}

/// Looks at what the store took `events` for.
///
/// # Errors
///
/// [`StoreError::OutcomeUnknown`] when it cannot be read.
pub(crate) async fn repeated(
    store: &dyn EventStore,
    stream: &StreamName,
    outcome: &AppendOutcome,
    events: &[NewEvent],
) -> Result<Repeated, StoreError> {
    let there = ReadOptions::forwards()
        .from(ReadFrom::At(outcome.first_revision()))
        .limit(events.len() as u64);
    let mut stored = store.read_stream(stream, there);
    let mut place = outcome.first_revision();
    for event in events {
        let stored = match stored.next_event().await {
            Ok(Some(stored)) if stored.revision == place => stored,
            Ok(_) | Err(StoreError::StreamDeleted { .. }) => return Ok(Repeated::Hidden),
            Err(error) => return Err(unknown(stream, error)),
        };
        if stored.id != event.id() || !event.is_stored_as(&stored) {
            return Ok(Repeated::Other(event.id()));
        }
        place = place.next();
    }
    Ok(Repeated::Same)
}

/// Refuses an append that the store took for a repeated one and is not. Only
/// events that came with their ids can be taken so.
///
/// What is hidden by now is the batch when it stands where that was to stand.
///
/// # Errors
///
/// [`StoreError::Idempotency`] with [`IdempotencyReason::OtherEvent`];
/// [`StoreError::OutcomeUnknown`] when it cannot be told.
pub(crate) async fn expect_repeated(
    store: &dyn EventStore,
    stream: &StreamName,
    expected: ExpectedRevision,
    outcome: &AppendOutcome,
    events: &[NewEvent],
) -> Result<(), StoreError> {
    if !events.iter().any(NewEvent::has_own_id) {
        return Ok(());
    }
    match repeated(store, stream, outcome, events).await? {
        Repeated::Same => Ok(()),
        Repeated::Other(event_id) => Err(StoreError::Idempotency {
            stream: stream.clone(),
            event_id,
            reason: IdempotencyReason::OtherEvent,
        }),
        Repeated::Hidden if stands_after(expected, outcome.first_revision()) => Ok(()),
        Repeated::Hidden => {
            let hidden = "the events with these ids cannot be seen";
            Err(unknown(stream, hidden))
        }
    }
}

fn stands_after(expected: ExpectedRevision, first: Revision) -> bool {
    match expected {
        ExpectedRevision::Exact(last) => last.next() == first,
        ExpectedRevision::NoStream => first == Revision::FIRST,
        ExpectedRevision::Any | ExpectedRevision::StreamExists => false,
    }
}

/// Something is stored under the ids, so "not written" would be a lie.
fn unknown(stream: &StreamName, source: impl Into<crate::BoxError>) -> StoreError {
    StoreError::OutcomeUnknown {
        backend: "the store",
        stream: stream.clone(),
        source: source.into(),
    }
}
