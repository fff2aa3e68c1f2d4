//! The same events again: in every mode, in every combination.
//!
//! A writer whose connection broke does not know whether its append was
//! written. It appends the same events again, and must be told; and a command
//! id used for two commands must not pass for a repetition.

use super::scene::{events, exact, fresh_stream, ids, new_ids, patient, put, read_forwards};
use plumberd::{
    event::NewEvent,
    store::{AppendOutcome, EventStore, IdempotencyReason, StoreError},
    stream::{
        ExpectedRevision::{self, Any, NoStream, StreamExists},
        StreamName,
    },
};
use uuid::Uuid;

/// Every expectation a repeated append may come with: what held at first, what
/// holds now, what never held.
fn modes() -> [ExpectedRevision; 7] {
    [
        NoStream,
        StreamExists,
        Any,
        exact(0),
        exact(2),
        exact(4),
        exact(99),
    ]
}

/// A stream with two batches, `a` (revisions 0 to 2) and `b` (3 and 4).
struct Stored {
    stream: StreamName,
    a: Vec<NewEvent>,
    b: Vec<NewEvent>,
    outcomes: [AppendOutcome; 2],
}

impl Stored {
    async fn new(store: &impl EventStore) -> Self {
        let (stream, a, b) = (fresh_stream(), events(3), events(2));
        let outcomes = [
            put(store, &stream, a.clone()).await,
            put(store, &stream, b.clone()).await,
        ];
        Self {
            stream,
            a,
            b,
            outcomes,
        }
    }

    /// Appends `batch` in every mode; it must be recognised as `first` to
    /// `last`, and nothing be written.
    async fn recognises(&self, store: &impl EventStore, batch: &[NewEvent], first: u64, last: u64) {
        let before = read_forwards(store, &self.stream).await;
        for mode in modes() {
            let result = store.append(&self.stream, mode, batch.to_vec()).await;

            let Ok(outcome) = result else {
                panic!("a repeated batch with {mode}: got {result:?}");
            };
            assert!(
                outcome.is_already_applied(),
                "a repeated batch with {mode} was written again"
            );
            let told = (
                outcome.first_revision().as_u64(),
                outcome.revision().as_u64(),
            );
            assert_eq!(
                told,
                (first, last),
                "a repeated batch with {mode} was told other revisions"
            );
            let wanted = before.iter().find(|event| event.revision.as_u64() == last);
            if let Some(wanted) = wanted {
                assert_eq!(
                    outcome.position(),
                    wanted.position,
                    "a repeated batch with {mode} was told another position"
                );
            }
        }
        let after = read_forwards(store, &self.stream).await;
        assert_eq!(after, before, "a repeated batch left something");
    }

    /// Appends `batch` to `stream` in every mode; it must be refused for this
    /// reason, naming this event, and nothing be written.
    async fn refuses(
        &self,
        store: &impl EventStore,
        stream: &StreamName,
        batch: &[NewEvent],
        reason: IdempotencyReason,
        named: Uuid,
    ) {
        let before = ids(&read_forwards(store, stream).await);
        for mode in modes() {
            let result = store.append(stream, mode, batch.to_vec()).await;

            match result {
                Err(StoreError::Idempotency {
                    event_id,
                    reason: told,
                    ..
                }) => {
                    assert_eq!(
                        told, reason,
                        "a batch was refused with {mode} for another reason"
                    );
                    assert_eq!(
                        event_id, named,
                        "a batch refused with {mode} names another event"
                    );
                }
                other => {
                    panic!("a batch that must be refused ({reason}) with {mode}: got {other:?}")
                }
            }
        }
        let after = ids(&read_forwards(store, stream).await);
        assert_eq!(after, before, "a refused batch left something");
    }
}

/// The plain repetition after a time-out.
pub async fn the_same_batch_again_is_recognised<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    stored.recognises(&store, &stored.b, 3, 4).await;
}

/// The repetition that comes late: others wrote meanwhile.
pub async fn the_same_batch_is_recognised_after_later_events<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    assert_eq!(
        stored.outcomes[0].revision().as_u64(),
        2,
        "the first batch stands elsewhere"
    );
    stored.recognises(&store, &stored.a, 0, 2).await;
}

/// A part of a batch that stands side by side was stored, so it is recognised.
pub async fn a_run_of_stored_events_is_recognised<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    stored.recognises(&store, &stored.a[1..], 1, 2).await;
    stored.recognises(&store, &stored.a[1..2], 1, 1).await;
    let across = [stored.a[2].clone(), stored.b[0].clone()];
    stored.recognises(&store, &across, 2, 3).await;
}

/// The same ids in another order are not the same decision.
pub async fn stored_events_in_another_order_are_refused<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    let [first, second, third] = [0, 1, 2].map(|index| stored.a[index].clone());
    let reason = IdempotencyReason::OtherOrder;
    let stream = &stored.stream;
    for batch in [
        [second.clone(), first.clone(), third.clone()],
        [first.clone(), third.clone(), second.clone()],
    ] {
        let named = batch[1].id();
        stored.refuses(&store, stream, &batch, reason, named).await;
    }
    // Not side by side: an event between them is left out.
    let named = third.id();
    stored
        .refuses(&store, stream, &[first, third], reason, named)
        .await;
}

/// Other events after a repeated beginning: a command id used twice.
pub async fn a_stored_head_with_another_tail_is_refused<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    let mut batch = stored.a.clone();
    batch[2] = events(1).remove(0);
    let (named, reason) = (batch[2].id(), IdempotencyReason::OtherTail);
    stored
        .refuses(&store, &stored.stream, &batch, reason, named)
        .await;
    // A new event after the very last one is no continuation either.
    let batch = [
        stored.b[0].clone(),
        stored.b[1].clone(),
        events(1).remove(0),
    ];
    stored
        .refuses(&store, &stored.stream, &batch, reason, batch[2].id())
        .await;
}

/// New events before a repeated end: a command id used twice.
pub async fn a_new_head_with_a_stored_tail_is_refused<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    let mut batch = stored.a.clone();
    batch[0] = events(1).remove(0);
    let (named, reason) = (batch[1].id(), IdempotencyReason::OtherHead);
    stored
        .refuses(&store, &stored.stream, &batch, reason, named)
        .await;
}

/// An id names one event. In another stream it is another event.
pub async fn an_id_stored_in_another_stream_is_refused<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    let other = fresh_stream();
    put(&store, &other, events(1)).await;
    let named = stored.a[0].id();
    let reason = IdempotencyReason::OtherStream;
    stored
        .refuses(&store, &other, &stored.a, reason, named)
        .await;
    stored
        .refuses(&store, &other, &stored.a[..1], reason, named)
        .await;
    stored
        .refuses(&store, &fresh_stream(), &stored.a, reason, named)
        .await;
}

/// One id for two events of a batch: a repetition could not be told.
pub async fn an_id_twice_in_a_batch_is_refused<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    let new = events(2);
    let batch = [new[0].clone(), new[1].clone(), new[0].clone()];
    let reason = IdempotencyReason::RepeatedInBatch;
    stored
        .refuses(&store, &stored.stream, &batch, reason, new[0].id())
        .await;
    stored
        .refuses(&store, &fresh_stream(), &batch, reason, new[0].id())
        .await;
}

/// Who repeats an append that was written before the tombstone is told so; a
/// new batch is refused.
pub async fn the_same_batch_is_recognised_after_a_tombstone<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    store
        .tombstone(&stored.stream, Any)
        .await
        .expect("a stream is deleted for ever");

    for mode in modes() {
        let result = store.append(&stored.stream, mode, stored.b.clone()).await;
        let first = &stored.outcomes[1];
        assert!(
            matches!(&result, Ok(again) if again.is_already_applied()
                && again.revision() == first.revision()
                && again.position() == first.position()),
            "a repeated batch with {mode}: got {result:?}"
        );
    }

    let result = store.append(&stored.stream, Any, events(1)).await;
    assert!(
        matches!(result, Err(StoreError::StreamDeleted { .. })),
        "a new batch after a tombstone: got {result:?}"
    );
}

/// A repetition that comes after the stream was deleted must not bring it back.
pub async fn the_same_batch_is_recognised_after_a_delete<S: EventStore>(store: S) {
    let stored = Stored::new(&store).await;
    store
        .delete(&stored.stream, Any)
        .await
        .expect("a stream is deleted");

    stored.recognises(&store, &stored.a, 0, 2).await;

    let info = store
        .stream_info(&stored.stream)
        .await
        .expect("there is information");
    assert!(
        info.deleted,
        "a repeated batch brought a deleted stream back"
    );
    assert_eq!(
        store
            .append(&stored.stream, Any, stored.b.clone())
            .await
            .ok()
            .map(|o| o.position()),
        Some(stored.outcomes[1].position()),
        "a repeated batch was told another position after a delete"
    );
}

/// A repetition may overtake what it repeats: both are on their way.
pub async fn of_concurrent_repetitions_one_is_written<S: EventStore>(store: S) {
    let store = std::sync::Arc::new(store);
    let (stream, batch) = (fresh_stream(), events(3));
    let writers: Vec<_> = [NoStream, Any]
        .into_iter()
        .cycle()
        .take(32)
        .map(|mode| {
            let (store, stream, batch) = (store.clone(), stream.clone(), batch.clone());
            tokio::spawn(async move { store.append(&stream, mode, batch).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for writer in writers {
        let result = patient("a writer", writer).await.expect("a writer failed");
        outcomes.push(
            result.unwrap_or_else(|error| panic!("one of several repetitions: got {error:?}")),
        );
    }

    let new = outcomes
        .iter()
        .filter(|outcome| !outcome.is_already_applied());
    assert_eq!(
        new.count(),
        1,
        "so many of several repetitions say that they wrote"
    );
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.position() == outcomes[0].position()),
        "repetitions were told several positions"
    );
    let read = ids(&read_forwards(&store, &stream).await);
    assert_eq!(read, new_ids(&batch), "repetitions left other events");
}
