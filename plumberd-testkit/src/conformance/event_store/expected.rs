//! What a writer expects, in every state of a stream.

use super::scene::{events, exact, fresh_stream, ids, new_ids, read_forwards, revisions, written};
use plumberd::{
    store::{EventStore, StoreError},
    stream::{
        ExpectedRevision::{self, Any, NoStream, StreamExists},
        Revision, StreamName,
    },
};

/// What an append in this state must do.
#[derive(Debug, PartialEq)]
enum Must {
    WriteAt(u64),
    Conflict { actual: Option<u64> },
    FindTombstone,
}

/// A decision on "there is nothing" must not land on something, and the other
/// way round.
pub async fn expectations_of_a_stream_that_never_was<S: EventStore>(store: S) {
    let nothing = || Must::Conflict { actual: None };
    for (expected, must) in [
        (Any, Must::WriteAt(0)),
        (NoStream, Must::WriteAt(0)),
        (StreamExists, nothing()),
        (exact(0), nothing()),
        (exact(7), nothing()),
    ] {
        check(&store, &fresh_stream(), "never was", expected, &must).await;
    }
}

/// Optimistic concurrency: a decision lands only on the state it was made of.
pub async fn expectations_of_a_stream_with_events<S: EventStore>(store: S) {
    let at_2 = || Must::Conflict { actual: Some(2) };
    for (expected, must) in [
        (Any, Must::WriteAt(3)),
        (NoStream, at_2()),
        (StreamExists, Must::WriteAt(3)),
        (exact(2), Must::WriteAt(3)),
        (exact(0), at_2()),
        (exact(1), at_2()),
        (exact(3), at_2()),
        (exact(9), at_2()),
    ] {
        let stream = fresh_stream();
        written(&store, &stream, 3).await;
        check(&store, &stream, "has events", expected, &must).await;
    }
}

/// A deleted stream is like none: a decision on a state that never was must not
/// land on it, and a new one may; revisions never name two events.
pub async fn expectations_of_a_deleted_stream<S: EventStore>(store: S) {
    let nothing = || Must::Conflict { actual: None };
    for (expected, must) in [
        (Any, Must::WriteAt(3)),
        (NoStream, Must::WriteAt(3)),
        (StreamExists, nothing()),
        (exact(0), nothing()),
        (exact(7), nothing()),
    ] {
        let stream = fresh_stream();
        written(&store, &stream, 3).await;
        store
            .delete(&stream, Any)
            .await
            .expect("a stream is deleted");
        check(&store, &stream, "was deleted", expected, &must).await;
    }
}

/// A decision made on the last event before a delete must not land after it:
/// its maker has not heard that the stream was deleted.
pub async fn a_delete_fences_off_who_has_not_seen_it<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 3).await;
    store
        .delete(&stream, Any)
        .await
        .expect("a stream is deleted");
    let nothing = Must::Conflict { actual: None };
    check(&store, &stream, "was deleted", exact(2), &nothing).await;
}

/// A stream that was written again after its delete is one with events.
pub async fn expectations_of_a_stream_written_again<S: EventStore>(store: S) {
    let at_3 = || Must::Conflict { actual: Some(3) };
    for (expected, must) in [
        (Any, Must::WriteAt(4)),
        (NoStream, at_3()),
        (StreamExists, Must::WriteAt(4)),
        (exact(3), Must::WriteAt(4)),
        (exact(2), at_3()),
        (exact(0), at_3()),
    ] {
        let stream = fresh_stream();
        written(&store, &stream, 3).await;
        store
            .delete(&stream, Any)
            .await
            .expect("a stream is deleted");
        written(&store, &stream, 1).await;
        check(&store, &stream, "was written again", expected, &must).await;
    }
}

/// A tombstone uses the name up, whatever a writer expects.
pub async fn expectations_of_a_tombstoned_stream<S: EventStore>(store: S) {
    for expected in [Any, NoStream, StreamExists, exact(2), exact(0)] {
        let stream = fresh_stream();
        written(&store, &stream, 3).await;
        store
            .tombstone(&stream, Any)
            .await
            .expect("a stream gets a tombstone");
        check(
            &store,
            &stream,
            "has a tombstone",
            expected,
            &Must::FindTombstone,
        )
        .await;
    }
}

async fn check(
    store: &impl EventStore,
    stream: &StreamName,
    state: &str,
    expected: ExpectedRevision,
    must: &Must,
) {
    let visible = match must {
        Must::FindTombstone => Vec::new(),
        _ => ids(&read_forwards(store, stream).await),
    };
    let batch = events(2);

    let result = store.append(stream, expected, batch.clone()).await;

    let did = match &result {
        Ok(outcome) => Must::WriteAt(outcome.first_revision().as_u64()),
        Err(StoreError::Conflict { actual, .. }) => Must::Conflict {
            actual: actual.map(Revision::as_u64),
        },
        Err(StoreError::StreamDeleted { .. }) => Must::FindTombstone,
        Err(other) => panic!("{expected} of a stream that {state}: got {other:?}"),
    };
    assert_eq!(
        did, *must,
        "{expected} of a stream that {state} did the first, not the second"
    );
    let mut wanted = visible;
    match must {
        Must::FindTombstone => return,
        Must::Conflict { .. } => {}
        Must::WriteAt(_) => wanted.extend(new_ids(&batch)),
    }
    let read = ids(&read_forwards(store, stream).await);
    assert_eq!(
        read, wanted,
        "{expected} of a stream that {state} left other events"
    );
}

/// The error is what a writer reloads by, and what a person reads in a log.
pub async fn a_conflict_tells_what_was_expected_and_what_is<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 2).await;

    let refused = store.append(&stream, exact(0), events(1)).await;

    match refused {
        Err(StoreError::Conflict {
            stream: named,
            expected,
            actual,
        }) => {
            assert_eq!(named, stream, "a conflict names another stream");
            assert_eq!(expected, exact(0), "a conflict tells another expectation");
            assert_eq!(
                actual,
                Some(Revision::new(1)),
                "a conflict tells another revision"
            );
        }
        other => panic!("a stale append: got {other:?}"),
    }
    let read = revisions(&read_forwards(&store, &stream).await);
    assert_eq!(read, [0, 1], "a refused append left something");
}

/// Lost updates: of many writers that saw one state, one may go on.
pub async fn of_concurrent_writers_at_one_revision_one_wins<S: EventStore>(store: S) {
    const WRITERS: usize = 64;
    const ROUNDS: u64 = 4;
    let store = std::sync::Arc::new(store);
    let stream = fresh_stream();
    written(&store, &stream, 1).await;
    for round in 0..ROUNDS {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (store, stream) = (store.clone(), stream.clone());
                tokio::spawn(async move { store.append(&stream, exact(round), events(1)).await })
            })
            .collect();
        let mut won = 0;
        for writer in writers {
            match super::scene::patient("a writer", writer)
                .await
                .expect("a writer failed")
            {
                Ok(_) => won += 1,
                Err(StoreError::Conflict { .. }) => {}
                Err(other) => panic!("a writer of {WRITERS}: got {other:?}"),
            }
        }
        assert_eq!(
            won, 1,
            "of {WRITERS} writers that expect one revision so many won"
        );
    }
    let read = revisions(&read_forwards(&store, &stream).await);
    let wanted: Vec<u64> = (0..=ROUNDS).collect();
    assert_eq!(read, wanted, "concurrent writers left other revisions");
}

/// Writers that expect nothing must not lose each other's events.
pub async fn of_concurrent_writers_that_expect_nothing_all_are_kept<S: EventStore>(store: S) {
    let store = std::sync::Arc::new(store);
    let stream = fresh_stream();
    let writers: Vec<_> = (0..64)
        .map(|_| {
            let (store, stream) = (store.clone(), stream.clone());
            tokio::spawn(async move { new_ids(&written(&store, &stream, 2).await) })
        })
        .collect();
    let mut wanted = Vec::new();
    for writer in writers {
        let ids = super::scene::patient("a writer", writer).await;
        wanted.extend(ids.expect("a writer failed"));
    }

    let read = read_forwards(&store, &stream).await;

    let numbers: Vec<u64> = (0..128).collect();
    assert_eq!(
        revisions(&read),
        numbers,
        "concurrent appends left other revisions"
    );
    let mut kept = ids(&read);
    kept.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(kept, wanted, "concurrent appends left other events");
}
