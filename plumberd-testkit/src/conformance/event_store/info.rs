//! What the store knows without reading: information and single events.

use super::scene::{events, exact, fresh_stream, put, written};
use plumberd::{
    event::new_event_id,
    store::{EventStore, EventStoreExt, Location, StreamInfo},
    stream::{ExpectedRevision, Revision, StreamMetadata, StreamName},
};
use uuid::Uuid;

async fn info(store: &impl EventStore, stream: &StreamName) -> StreamInfo {
    let info = store.stream_info(stream).await;
    info.unwrap_or_else(|error| panic!("`{stream}` has no information: {error:?}"))
}

/// A stream that never was is no error: the answer is "nothing".
pub async fn information_of_a_stream_that_never_was<S: EventStore>(store: S) {
    let info = info(&store, &fresh_stream()).await;

    assert_eq!(
        info,
        StreamInfo::default(),
        "a stream that never was has information"
    );
}

/// A writer appends by this without reading; it must be what an append finds.
pub async fn information_tells_the_last_revision<S: EventStore>(store: S) {
    let stream = fresh_stream();
    for count in 1..4_u64 {
        written(&store, &stream, 1).await;
        let info = info(&store, &stream).await;
        assert_eq!(
            info.last_revision,
            Some(Revision::new(count - 1)),
            "the information has another last revision"
        );
        assert!(
            !info.deleted && !info.tombstoned,
            "a stream with events is called deleted"
        );
        assert_eq!(
            info.expected_revision(),
            exact(count - 1),
            "a writer expects otherwise"
        );
    }
}

/// Soft-deleted is a state of its own, and ends with the next append.
pub async fn information_tells_a_delete<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 3).await;
    store
        .delete(&stream, exact(2))
        .await
        .expect("a stream is deleted");

    let deleted = info(&store, &stream).await;
    assert!(
        deleted.deleted && !deleted.tombstoned,
        "a delete is not told: {deleted:?}"
    );
    assert_eq!(
        deleted.last_revision,
        Some(Revision::new(2)),
        "a deleted stream forgets its last revision"
    );
    let outcome = store
        .append(&stream, deleted.expected_revision(), events(1))
        .await;
    assert!(
        outcome.is_ok(),
        "a writer that goes by the information: got {outcome:?}"
    );
    let again = info(&store, &stream).await;
    assert!(
        !again.deleted,
        "a stream written again is called deleted: {again:?}"
    );
    assert_eq!(again.head(), Some(Revision::new(3)), "it has another head");
}

/// A tombstone is told, also on a stream that never had an event.
pub async fn information_tells_a_tombstone<S: EventStore>(store: S) {
    for count in [0, 3] {
        let stream = fresh_stream();
        if count > 0 {
            written(&store, &stream, count).await;
        }
        store
            .tombstone(&stream, ExpectedRevision::Any)
            .await
            .expect("a stream gets a tombstone");
        let info = info(&store, &stream).await;
        assert!(info.tombstoned, "a tombstone is not told: {info:?}");
        assert_eq!(info.head(), None, "a tombstoned stream has a head");
    }
}

/// The metadata in force comes with it, as it is at this moment.
pub async fn information_has_the_metadata_in_force<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 3).await;
    let mut metadata = StreamMetadata::default();
    for count in [5, 2] {
        metadata.max_count = Some(count);
        store
            .set_stream_metadata(&stream, ExpectedRevision::Any, &metadata)
            .await
            .expect("metadata is set");
        let info = info(&store, &stream).await;
        assert_eq!(
            info.metadata, metadata,
            "the information has other metadata"
        );
        assert_eq!(
            info.head(),
            Some(Revision::new(2)),
            "metadata changed the head"
        );
    }
}

/// A command's outcome is found again by its event, wherever it stands.
pub async fn an_event_is_found_by_its_id<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let batch = written(&store, &stream, 3).await;
    let read = super::scene::read_forwards(&store, &stream).await;

    for (event, read) in batch.iter().zip(&read) {
        let found = store
            .find_event(&stream, event.id())
            .await
            .expect("it can be asked");
        let wanted = Location {
            revision: read.revision,
            position: read.position,
        };
        assert_eq!(found, Some(wanted), "an event is not found where it stands");
    }
}

/// A command that was carried out under one of several ids is found by it.
pub async fn one_of_several_events_is_found<S: EventStore>(store: S) {
    let (stream, other) = (fresh_stream(), fresh_stream());
    let batch = written(&store, &stream, 3).await;
    let elsewhere = written(&store, &other, 1).await;
    let [nowhere, elsewhere] = [new_event_id(), elsewhere[0].id()];
    let find = async |ids: &[Uuid]| {
        let found = store.find_any_event(&stream, ids).await;
        found.expect("it can be asked")
    };

    for event in &batch {
        let id = event.id();
        let wanted = store
            .find_event(&stream, id)
            .await
            .expect("it can be asked");
        for ids in [[id, nowhere], [nowhere, id], [elsewhere, id]] {
            let found = find(&ids).await;
            let wanted = wanted.map(|location| (id, location));
            assert_eq!(found, wanted, "one of several events is not found");
        }
    }
    let both = find(&[batch[0].id(), batch[2].id()]).await;
    assert!(both.is_some(), "one of two stored events is not found");
    for ids in [&[nowhere, elsewhere][..], &[]] {
        let found = find(ids).await;
        assert_eq!(found, None, "one of several events is found where none is");
    }
}

/// Hidden is not gone: a late repetition must still be told.
pub async fn a_hidden_event_is_found_by_its_id<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let batch = events(3);
    let outcome = put(&store, &stream, batch.clone()).await;
    store
        .truncate_before(&stream, Revision::new(3))
        .await
        .expect("a stream is truncated");
    for deleted in [false, true] {
        if deleted {
            store
                .delete(&stream, exact(2))
                .await
                .expect("a stream is deleted");
        }
        let found = store
            .find_event(&stream, batch[2].id())
            .await
            .expect("it can be asked");
        let wanted = Location {
            revision: Revision::new(2),
            position: outcome.position(),
        };
        assert_eq!(found, Some(wanted), "a hidden event is not found");
    }
}

/// "Found" for an event of another stream would pass for this command's outcome.
pub async fn an_event_is_not_found_elsewhere<S: EventStore>(store: S) {
    let (stream, other) = (fresh_stream(), fresh_stream());
    let batch = written(&store, &stream, 1).await;
    written(&store, &other, 1).await;

    for (stream, id) in [
        (&other, batch[0].id()),
        (&fresh_stream(), batch[0].id()),
        (&stream, new_event_id()),
    ] {
        let found = store.find_event(stream, id).await.expect("it can be asked");
        assert_eq!(found, None, "an event is found where it is not");
    }
}
