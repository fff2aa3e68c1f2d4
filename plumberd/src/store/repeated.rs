use super::{AppendOutcome, EventStore, IdempotencyReason, ReadFrom, ReadOptions, StoreError};
use crate::{event::NewEvent, stream::StreamName};

/// Refuses an append that the store took for a repeated one and is not: it
/// knows events by their ids, and these have ids of others.
///
/// What is hidden by now cannot be compared, and counts as another event: to
/// drop one in silence would be worse than to refuse a repetition.
///
/// # Errors
///
/// [`StoreError::Idempotency`] with [`IdempotencyReason::OtherEvent`]; else
/// [`StoreError`] of the read.
pub(crate) async fn expect_repeated(
    store: &dyn EventStore,
    stream: &StreamName,
    outcome: &AppendOutcome,
    events: &[NewEvent],
) -> Result<(), StoreError> {
    let there = ReadOptions::forwards()
        .from(ReadFrom::At(outcome.first_revision()))
        .limit(events.len() as u64);
    let mut stored = store.read_stream(stream, there);
    for event in events {
        let same = stored.next_event().await?.is_some_and(|stored| {
            stored.id == event.id()
                && stored.data == *event.data()
                && stored.event_type == *event.event_type()
        });
        if !same {
            return Err(StoreError::Idempotency {
                stream: stream.clone(),
                event_id: event.id(),
                reason: IdempotencyReason::OtherEvent,
            });
        }
    }
    Ok(())
}
