//! What is written comes back as it was.

use super::scene::{
    Scene, event, event_type, events, fresh_stream, new_ids, put, read_all, read_forwards, written,
};
use bytes::Bytes;
use chrono::{DateTime, TimeZone, Utc};
use plumberd::{
    clock::ManualClock,
    event::{ContentType, NewEvent, RawMetadata, new_event_id},
    store::{EventStore, ReadOptions},
    stream::StreamName,
};
use std::time::Duration;

/// A store that reads data as text, or trims it, breaks every format but the
/// one it was tried with.
pub async fn data_comes_back_byte_for_byte<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let written = [
        (0..=u8::MAX).collect::<Bytes>(),
        Bytes::new(),
        Bytes::from_static(b"\0\0"),
        Bytes::from_static(b" {\"a\" : 1.50} \n"),
        Bytes::from("žluťoučký кон 🐎"),
    ];
    let batch = written
        .iter()
        .map(|data| NewEvent::new(new_event_id(), event_type("Raw"), data.clone()));
    let batch = batch
        .map(|event| event.with_content_type(ContentType::OCTET_STREAM))
        .collect();
    put(&store, &stream, batch).await;

    let read = read_forwards(&store, &stream).await;

    let data: Vec<_> = read.iter().map(|event| event.data.clone()).collect();
    assert_eq!(data, written, "data came back as other bytes");
}

/// Metadata carries who and why, also keys of other systems: it must not be
/// parsed and written anew on the way.
pub async fn metadata_comes_back_byte_for_byte<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let written = [
        "",
        "{}",
        "{ \"b\": 1.50, \"a\": \"ü\", \"b\": 2 }",
        "\u{1f40e}",
    ];
    let batch = written
        .iter()
        .map(|json| event("Noted").with_raw_metadata(RawMetadata::new((*json).into())));
    put(&store, &stream, batch.collect()).await;

    let read = read_forwards(&store, &stream).await;

    let metadata: Vec<_> = read.iter().map(|event| event.metadata.as_bytes()).collect();
    assert_eq!(metadata, written, "metadata came back as other bytes");
}

/// The envelope is how an event is recognised, decoded and upcast.
pub async fn id_type_and_content_type_come_back_as_written<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let types = ["com.myco.AccountOpened", "Событие", "'; drop \"x\" % \\"];
    let batch: Vec<_> = types
        .iter()
        .zip([
            "application/json",
            "application/octet-stream",
            "avro/binary;v=1",
        ])
        .map(|(name, content)| event(name).with_content_type(ContentType::new(content)))
        .collect();
    put(&store, &stream, batch.clone()).await;

    let read = read_forwards(&store, &stream).await;

    assert_eq!(
        super::scene::ids(&read),
        new_ids(&batch),
        "ids came back otherwise"
    );
    for (read, written) in read.iter().zip(&batch) {
        assert_eq!(read.stream, stream, "an event names another stream");
        assert_eq!(
            read.event_type,
            *written.event_type(),
            "a type came back otherwise"
        );
        assert_eq!(
            read.content_type,
            *written.content_type(),
            "a content type came back otherwise"
        );
        assert!(
            read.link.is_none(),
            "an event that is no link came through one"
        );
    }
}

/// Upcasters start from the shape's revision: a wrong one decodes old data as
/// new. 0 means "look into the metadata".
pub async fn the_shape_revision_comes_back_as_written<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let of_shape = |metadata: &'static str| {
        event("Shaped").with_raw_metadata(RawMetadata::new(metadata.into()))
    };
    put(
        &store,
        &stream,
        vec![of_shape("{}"), of_shape("{\"Revision\":7}")],
    )
    .await;

    let read = read_forwards(&store, &stream).await;

    let shapes: Vec<_> = read
        .iter()
        .map(|event| match event.shape_revision {
            0 => event.metadata.revision().expect("the metadata is JSON"),
            known => known,
        })
        .collect();
    assert_eq!(shapes, [1, 7], "a shape's revision came back otherwise");
}

/// An event that is read twice, or by another way, is the same event.
pub async fn an_event_is_the_same_in_every_read<S: EventStore>(store: S) {
    let scene = Scene::new();
    let stream = scene.stream(1);
    written(&store, &stream, 3).await;

    let forwards = read_forwards(&store, &stream).await;
    let mut backwards = super::scene::read(&store, &stream, ReadOptions::backwards()).await;
    backwards.reverse();
    let all = read_all(&store, ReadOptions::forwards(), scene.filter()).await;

    assert_eq!(backwards, forwards, "a backward read yields other events");
    assert_eq!(all, forwards, "the global order yields other events");
    assert!(
        forwards.is_sorted_by_key(|event| event.recorded_at),
        "times of a stream go back"
    );
}

/// The time is the store's, so that writers with wrong clocks do not matter.
/// A store may keep it to the millisecond.
pub async fn events_bear_the_time_of_the_stores_clock<S: EventStore>(store: S, clock: ManualClock) {
    let (clocks, events) = times(&store, &clock).await;

    let millis = |times: &[DateTime<Utc>; 2]| times.map(|time| time.timestamp_millis());
    assert_eq!(
        millis(&events),
        millis(&clocks),
        "an event bears another time than the store's"
    );
    assert_ne!(
        Some(events[0]),
        Utc.timestamp_opt(0, 0).single(),
        "the time is unset"
    );
}

/// What is shorter than a millisecond is not lost on the way.
pub async fn times_are_kept_to_the_microsecond<S: EventStore>(store: S, clock: ManualClock) {
    let (clocks, events) = times(&store, &clock).await;

    assert_eq!(events, clocks, "a time was rounded");
}

/// The times of two events: by the clock, and as they are read.
async fn times(
    store: &impl EventStore,
    clock: &ManualClock,
) -> ([DateTime<Utc>; 2], [DateTime<Utc>; 2]) {
    let stream = fresh_stream();
    let first = clock.now();
    written(store, &stream, 1).await;
    clock.advance(Duration::from_micros(1_500_123));
    let second = clock.now();
    written(store, &stream, 1).await;

    let read = read_forwards(store, &stream).await;
    assert_eq!(read.len(), 2, "other events are read");
    ([first, second], [read[0].recorded_at, read[1].recorded_at])
}

/// Stream names are the user's: letters of every script, quotes, wild cards
/// and the longest of all are names like others, and similar ones are two.
pub async fn every_valid_stream_name_is_a_stream_of_its_own<S: EventStore>(store: S) {
    let scene = Scene::new();
    let base = scene.category();
    let ids = [
        "1",
        "10",
        "1%",
        "1_",
        "a",
        "A",
        "ä",
        "a\u{308}",
        "'",
        "''",
        "\"",
        "\\",
        "\\%",
        "a b",
        "a b ",
        "a-b-c",
        "данные",
        "銀行",
        "🐎",
        "../x",
        "a?b#c",
        "$x",
        "@",
        "{0}",
        ";--",
    ];
    let mut names: Vec<StreamName> = ids.iter().map(|id| scene.stream(id)).collect();
    let room = StreamName::MAX_LEN - base.len() - 1;
    names.push(scene.stream("x".repeat(room)));
    names.push(scene.stream(format!("{}y", "x".repeat(room - 1))));
    names.push(scene.stream("ü".repeat(room / 2)));
    names.push(StreamName::raw(format!(">{base}")).expect("a raw name"));
    names.push(StreamName::raw(format!("{base}-")).expect("a raw name"));
    let mut wanted = Vec::new();
    for name in &names {
        wanted.push(new_ids(&written(&store, name, 1).await));
    }

    for (name, wanted) in names.iter().zip(&wanted) {
        let read = read_forwards(&store, name).await;
        assert_eq!(
            super::scene::ids(&read),
            *wanted,
            "`{name}` is not a stream of its own"
        );
        assert_eq!(read[0].stream, *name, "a stream's name came back otherwise");
    }
}

/// The longest stream name has a metadata stream too, two bytes longer.
pub async fn the_longest_stream_name_can_have_metadata<S: EventStore>(store: S) {
    use plumberd::{store::EventStoreExt, stream::Revision};
    let scene = Scene::new();
    let room = StreamName::MAX_LEN - scene.category().len() - 1;
    let stream = scene.stream("m".repeat(room));
    put(&store, &stream, events(3)).await;

    store
        .truncate_before(&stream, Revision::new(2))
        .await
        .expect("the longest name has a metadata stream");

    let left = super::scene::revisions(&read_forwards(&store, &stream).await);
    assert_eq!(left, [2], "metadata of the longest name is not in force");
}
