//! The end of a stream, for now or for ever.

use super::scene::{
    Begun, Scene, events, exact, fresh_stream, new_ids, put, read, read_all, read_forwards,
    revisions, written,
};
use plumberd::{
    event::RecordedEvent,
    store::{EventStore, EventStoreExt, ReadFrom, ReadOptions, StoreError},
    stream::{
        ExpectedRevision::{self, Any, NoStream, StreamExists},
        Revision, StreamName,
    },
};

/// A deleted stream is like one without events, until it is written again.
pub async fn a_deleted_stream_reads_as_empty<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 3).await;

    store
        .delete(&stream, exact(2))
        .await
        .expect("a stream is deleted");

    for from in [
        ReadFrom::Start,
        ReadFrom::End,
        ReadFrom::At(Revision::new(1)),
    ] {
        for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
            let read = read(&store, &stream, options.from(from)).await;
            assert!(read.is_empty(), "a deleted stream still shows events");
        }
    }
    let has = store.has_events(&stream).await.expect("it can be asked");
    assert!(!has, "a deleted stream still has events");
}

/// The old events stay hidden when new ones come, and numbers go on, so that
/// a revision never names two events.
pub async fn a_deleted_stream_may_be_written_again<S: EventStore>(store: S) {
    let stream = fresh_stream();
    for round in 0..3_u64 {
        let batch = events(2);
        let outcome = store.append(&stream, NoStream, batch.clone()).await;
        let first = outcome.map(|outcome| outcome.first_revision().as_u64());
        assert!(
            matches!(first, Ok(at) if at == round * 2),
            "a stream written again goes on elsewhere: got {first:?}"
        );
        let read = read_forwards(&store, &stream).await;
        assert_eq!(
            super::scene::ids(&read),
            new_ids(&batch),
            "a stream written again shows other events"
        );
        assert_eq!(
            revisions(&read),
            [round * 2, round * 2 + 1],
            "it has other revisions"
        );
        store
            .delete(&stream, exact(round * 2 + 1))
            .await
            .expect("a stream written again is deleted again");
    }
}

/// A delete is a decision too: it must not remove what its maker never saw.
pub async fn a_delete_keeps_to_its_expectation<S: EventStore>(store: S) {
    let never = |result: &Result<(), StoreError>| {
        matches!(result, Err(StoreError::Conflict { actual: None, .. }))
    };
    for expected in [Any, NoStream, StreamExists, exact(0)] {
        let result = store.delete(&fresh_stream(), expected).await;
        assert!(
            never(&result),
            "a delete of nothing with {expected}: got {result:?}"
        );
    }
    for (expected, may) in expectations_of_two() {
        let stream = fresh_stream();
        written(&store, &stream, 2).await;
        let result = store.delete(&stream, expected).await;
        check(&format!("a delete with {expected}"), &result, may);
        let left = read_forwards(&store, &stream).await.len();
        assert_eq!(
            left,
            if may { 0 } else { 2 },
            "a delete with {expected} left so many events"
        );
    }
}

/// Deleting it twice is fine, for a caller that knows that it is deleted.
pub async fn a_deleted_stream_may_be_deleted_again<S: EventStore>(store: S) {
    for (expected, may) in [
        (Any, true),
        (NoStream, true),
        (StreamExists, false),
        (exact(1), false),
    ] {
        let stream = fresh_stream();
        written(&store, &stream, 2).await;
        store
            .delete(&stream, Any)
            .await
            .expect("a stream is deleted");
        let result = store.delete(&stream, expected).await;
        check(&format!("a second delete with {expected}"), &result, may);
        let outcome = put(&store, &stream, events(1)).await;
        assert_eq!(
            outcome.revision(),
            Revision::new(2),
            "a second delete changed the numbers"
        );
    }
}

/// A tombstone keeps to its expectation, in every state it may find.
pub async fn a_tombstone_keeps_to_its_expectation<S: EventStore>(store: S) {
    for (expected, may) in expectations_of_two() {
        let stream = fresh_stream();
        written(&store, &stream, 2).await;
        let result = store.tombstone(&stream, expected).await;
        check(&format!("a tombstone with {expected}"), &result, may);
        if !may {
            let left = read_forwards(&store, &stream).await.len();
            assert_eq!(left, 2, "a refused tombstone hid events");
        }
    }
    let states = [
        (Any, true),
        (NoStream, true),
        (StreamExists, false),
        (exact(1), false),
    ];
    for (expected, may) in states {
        let result = store.tombstone(&fresh_stream(), expected).await;
        check(
            &format!("a tombstone on nothing with {expected}"),
            &result,
            may,
        );
        let stream = fresh_stream();
        written(&store, &stream, 2).await;
        store
            .delete(&stream, Any)
            .await
            .expect("a stream is deleted");
        let result = store.tombstone(&stream, expected).await;
        check(
            &format!("a tombstone on a deleted stream with {expected}"),
            &result,
            may,
        );
    }
}

fn expectations_of_two() -> [(ExpectedRevision, bool); 5] {
    [
        (Any, true),
        (NoStream, false),
        (StreamExists, true),
        (exact(1), true),
        (exact(0), false),
    ]
}

fn check(what: &str, result: &Result<(), StoreError>, may: bool) {
    let fits = match result {
        Ok(()) => may,
        Err(StoreError::Conflict { .. }) => !may,
        Err(_) => false,
    };
    assert!(fits, "{what}: got {result:?}");
}

/// For ever means: no read, no new append, no delete, no second tombstone. A reader
/// that saw "empty" instead would begin anew.
pub async fn a_tombstoned_stream_is_gone_for_ever<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 2).await;
    store
        .tombstone(&stream, exact(1))
        .await
        .expect("a stream gets a tombstone");

    for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
        let read = store.read_stream(&stream, options).collect_all().await;
        gone("a read", &stream, &read);
    }
    for expected in [Any, NoStream] {
        let result = store.append(&stream, expected, events(1)).await;
        gone("an append", &stream, &result);
        gone("a delete", &stream, &store.delete(&stream, expected).await);
        let result = store.tombstone(&stream, expected).await;
        gone("a second tombstone", &stream, &result);
    }
    let has = store.has_events(&stream).await.expect("it can be asked");
    assert!(!has, "a tombstoned stream still has events");
}

fn gone<T: std::fmt::Debug>(what: &str, of: &StreamName, result: &Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::StreamDeleted { stream }) if stream == of),
        "{what} of a tombstoned stream: got {result:?}"
    );
}

/// A read model must learn that a stream is gone: from the global order.
pub async fn the_global_order_has_the_tombstone<S: EventStore>(store: S) {
    let scene = Scene::new();
    let stream = scene.stream(1);
    let batch = written(&store, &stream, 2).await;
    store
        .tombstone(&stream, Any)
        .await
        .expect("a stream gets a tombstone");

    let all = read_all(&store, ReadOptions::forwards(), scene.filter()).await;
    assert_eq!(
        super::scene::ids(&all),
        new_ids(&batch),
        "events left the global order"
    );
    let filter = scene.filter().with_system_events();
    let all = read_all(&store, ReadOptions::forwards(), filter).await;
    let last = all.last().expect("there are events");
    assert_eq!(
        last.event_type,
        RecordedEvent::TOMBSTONE,
        "the last event is of another type"
    );
    assert_eq!(
        (all.len(), &last.stream),
        (3, &stream),
        "the tombstone stands elsewhere"
    );
    assert_eq!(
        last.revision,
        Revision::MAX,
        "the tombstone has another revision"
    );
    assert!(
        last.position > all[1].position,
        "the tombstone stands before its events"
    );
}

/// Who folds a stream takes the end of a read for the head of the stream: a
/// read that ends where the delete came in would be a state that never was.
pub async fn a_read_is_not_cut_short_by_a_delete<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let began = Begun::read(&store, &stream, ReadOptions::forwards()).await;

    store
        .delete(&stream, Any)
        .await
        .expect("a stream is deleted");

    began.goes_on_whole_or_fails(&stream).await;
    let again = read_forwards(&store, &stream).await;
    assert!(again.is_empty(), "a second read still shows events");
}
