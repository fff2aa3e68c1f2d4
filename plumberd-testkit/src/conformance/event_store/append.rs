//! Appending: numbers, places, all or nothing.

use super::scene::{
    Scene, event, events, fresh_stream, new_ids, patient, positions, put, read_all, read_forwards,
    revisions, small_events, written,
};
use plumberd::{
    codec::MAX_NESTING,
    event::{ContentType, NewEvent, RawMetadata, new_event_id},
    store::{EventStore, ReadOptions, StoreError},
    stream::{ExpectedRevision, Revision},
};

/// A stream whose numbers begin elsewhere or have holes cannot be expected,
/// counted or resumed.
pub async fn revisions_start_at_zero_and_are_consecutive<S: EventStore>(store: S) {
    let stream = fresh_stream();
    for count in [1, 3, 2] {
        written(&store, &stream, count).await;
    }

    let read = read_forwards(&store, &stream).await;

    assert_eq!(
        revisions(&read),
        [0, 1, 2, 3, 4, 5],
        "revisions are not 0, 1, 2, …"
    );
}

/// A writer goes on from the outcome without reading; a wrong one makes its
/// next append conflict, or its wait for a read model end too early.
pub async fn an_outcome_tells_where_the_batch_stands<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let first = put(&store, &stream, events(3)).await;
    let second = put(&store, &stream, events(2)).await;

    let read = read_forwards(&store, &stream).await;

    let told = [&first, &second].map(|o| (o.first_revision().as_u64(), o.revision().as_u64()));
    assert_eq!(told, [(0, 2), (3, 4)], "an outcome tells other revisions");
    let stored = (read[2].position, read[4].position);
    assert_eq!(
        (first.position(), second.position()),
        stored,
        "an outcome tells another position than a read"
    );
    assert!(
        !first.is_already_applied() && !second.is_already_applied(),
        "a new batch was taken for a repeated one"
    );
}

/// A checkpoint is a position: when positions do not grow with the order of
/// events, a reader that resumes skips some or sees some twice.
pub async fn positions_grow_with_every_event<S: EventStore>(store: S) {
    let scene = Scene::new();
    let mut outcomes = Vec::new();
    for id in ["a", "b", "a", "b"] {
        outcomes.push(put(&store, &scene.stream(id), events(2)).await.position());
    }

    for id in ["a", "b"] {
        let positions = positions(&read_forwards(&store, &scene.stream(id)).await);
        assert!(
            positions.is_sorted_by(|a, b| a < b),
            "positions of a stream do not grow: {positions:?}"
        );
    }
    assert!(
        outcomes.is_sorted_by(|a, b| a < b),
        "a later append has no higher position: {outcomes:?}"
    );
}

/// An append without events has no outcome to give; taking it hides a bug of
/// the caller.
pub async fn an_empty_append_is_refused<S: EventStore>(store: S) {
    let stream = fresh_stream();

    let refused = store
        .append(&stream, ExpectedRevision::Any, Vec::new())
        .await;

    assert!(
        matches!(refused, Err(StoreError::EmptyAppend { .. })),
        "an empty append: got {refused:?}"
    );
}

/// JSON that no reader takes must not get into a store: it could never be
/// decoded again. What is as deep as is allowed must fit, and what is no JSON is
/// no store's to judge.
pub async fn json_that_is_nested_too_deep_is_refused<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let nested = |levels: usize| ["[".repeat(levels), "]".repeat(levels)].concat();
    let of = |levels: usize| {
        NewEvent::new(
            new_event_id(),
            super::scene::event_type("Nested"),
            nested(levels),
        )
    };
    let metadata = format!(r#"{{"Key":{}}}"#, nested(MAX_NESTING));
    let in_metadata = of(1).with_raw_metadata(RawMetadata::new(metadata.into()));

    let batch = vec![event("Flat"), of(MAX_NESTING + 1)];
    let refused = store.append(&stream, ExpectedRevision::Any, batch).await;
    refused_by_limit("JSON nested too deep", &refused);
    let refused = store
        .append(&stream, ExpectedRevision::Any, vec![in_metadata])
        .await;
    refused_by_limit("metadata nested too deep", &refused);
    let left = read_forwards(&store, &stream).await.len();
    assert_eq!(left, 0, "an append of JSON nested too deep left something");

    let bytes = of(MAX_NESTING + 1).with_content_type(ContentType::OCTET_STREAM);
    put(&store, &stream, vec![of(MAX_NESTING), bytes]).await;
}

/// Half a batch is a state that no decision led to.
pub async fn a_batch_is_stored_whole_or_not_at_all<S: EventStore>(store: S) {
    for place in 0..3 {
        let stream = fresh_stream();
        let stored = written(&store, &stream, 2).await;
        let mut batch = events(3);
        // An id that is stored already, out of place, refuses the batch.
        batch[place] = stored[0].clone();

        let refused = store.append(&stream, ExpectedRevision::Any, batch).await;

        assert!(
            refused.is_err(),
            "event {place} is stored already: got {refused:?}"
        );
        let read = super::scene::ids(&read_forwards(&store, &stream).await);
        assert_eq!(
            read,
            new_ids(&stored),
            "a batch refused at its event {place} left something"
        );
    }
}

/// Batches that interleave are as bad as half batches: between two events of
/// one decision stands another's.
pub async fn batches_of_concurrent_writers_do_not_interleave<S: EventStore>(store: S) {
    let store = std::sync::Arc::new(store);
    let stream = fresh_stream();
    let writers: Vec<_> = (0..16)
        .map(|_| {
            let (store, stream) = (store.clone(), stream.clone());
            tokio::spawn(async move { written(&store, &stream, 5).await })
        })
        .collect();
    let mut batches = Vec::new();
    for writer in writers {
        batches.push(new_ids(
            &patient("a writer", writer).await.expect("a writer failed"),
        ));
    }

    let read = super::scene::ids(&read_forwards(&store, &stream).await);

    for batch in batches {
        assert!(
            read.windows(5).any(|run| run == batch),
            "a batch is not stored side by side"
        );
    }
}

/// An event larger than the store takes must be refused whole, not cut off,
/// and the limit itself must fit.
pub async fn an_event_above_the_limit_is_refused<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let limit = store.limits().event_bytes;
    let of_size = |size: usize| {
        NewEvent::new(
            new_event_id(),
            super::scene::event_type("Large"),
            vec![b' '; size],
        )
        .with_raw_metadata(RawMetadata::default())
    };

    let batch = vec![event("Small"), of_size(limit + 1)];
    let refused = store.append(&stream, ExpectedRevision::Any, batch).await;
    refused_by_limit("an event above the limit", &refused);
    let left = read_forwards(&store, &stream).await.len();
    assert_eq!(left, 0, "an append above a limit left something");

    put(&store, &stream, vec![of_size(limit)]).await;
    let read = read_forwards(&store, &stream).await;
    assert_eq!(
        read.last().map(|event| event.data.len()),
        Some(limit),
        "an event as large as the limit was not stored whole"
    );
}

/// One call must not fill a store.
pub async fn a_batch_of_too_many_events_is_refused<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let limit = store.limits().batch_events;

    let batch = small_events(limit + 1);
    let refused = store.append(&stream, ExpectedRevision::Any, batch).await;

    refused_by_limit("a batch of too many events", &refused);
    let left = read_forwards(&store, &stream).await.len();
    assert_eq!(left, 0, "an append above a limit left something");
    let outcome = put(&store, &stream, small_events(limit)).await;
    assert_eq!(
        outcome.revision(),
        Revision::new(limit as u64 - 1),
        "a batch of as many events as the limit was not stored whole"
    );
}

/// One call must not fill a store, with few large events neither.
pub async fn a_batch_of_too_many_bytes_is_refused<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let limits = store.limits();
    let data = bytes::Bytes::from(vec![b' '; limits.event_bytes]);
    let large = |_| {
        NewEvent::new(
            new_event_id(),
            super::scene::event_type("Large"),
            data.clone(),
        )
        .with_raw_metadata(RawMetadata::default())
    };
    let batch = (0..=limits.batch_bytes / limits.event_bytes)
        .map(large)
        .collect();

    let refused = store.append(&stream, ExpectedRevision::Any, batch).await;

    refused_by_limit("a batch of too many bytes", &refused);
    let left = read_forwards(&store, &stream).await.len();
    assert_eq!(left, 0, "an append above a limit left something");
}

fn refused_by_limit<T: std::fmt::Debug>(what: &str, result: &Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::LimitExceeded { size, limit, .. }) if size > limit),
        "{what}: got {result:?}"
    );
}

/// What a handle wrote, another must read at once: a service has many.
pub async fn two_handles_see_what_the_other_wrote<S: EventStore>(one: S, two: S) {
    let scene = Scene::new();
    let stream = scene.stream(1);
    let first = put(&one, &stream, events(1)).await;

    let seen = read_forwards(&two, &stream).await;
    assert_eq!(seen.len(), 1, "a handle does not see what another wrote");
    let second = two
        .append(
            &stream,
            ExpectedRevision::Exact(first.revision()),
            events(1),
        )
        .await;
    assert!(
        second.is_ok(),
        "a handle does not know the other's revision: {second:?}"
    );
    let stale = one
        .append(
            &stream,
            ExpectedRevision::Exact(first.revision()),
            events(1),
        )
        .await;
    assert!(
        matches!(stale, Err(StoreError::Conflict { .. })),
        "a handle does not conflict with another: got {stale:?}"
    );
    let all = read_all(&one, ReadOptions::forwards(), scene.filter()).await;
    assert_eq!(
        revisions(&all),
        [0, 1],
        "a handle does not see all of the other's events"
    );
}
