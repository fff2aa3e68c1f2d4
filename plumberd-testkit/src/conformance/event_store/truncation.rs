//! Metadata of a stream, and the events it hides.

use super::scene::{
    Begun, event, event_type, events, exact, fresh_stream, put, read, read_forwards, revisions,
    written,
};
use plumberd::{
    clock::ManualClock,
    codec::JsonObject,
    event::{NewEvent, new_event_id},
    store::{EventStore, EventStoreExt, ReadFrom, ReadOptions, StoreError},
    stream::{ExpectedRevision, Revision, StreamMetadata, StreamName},
};
use std::time::Duration;

async fn set(store: &impl EventStore, stream: &StreamName, json: &str) {
    put(store, &stream.metadata_stream(), vec![metadata(json)]).await;
}

fn metadata(json: &str) -> NewEvent {
    let kind = event_type(StreamMetadata::EVENT_TYPE);
    NewEvent::new(new_event_id(), kind, json.to_owned())
}

/// Both directions must show exactly the revisions from `first` to `last`,
/// from every start.
async fn shows(store: &impl EventStore, stream: &StreamName, wanted: &[u64]) {
    let forwards = revisions(&read_forwards(store, stream).await);
    assert_eq!(forwards, wanted, "other events are visible");
    let mut backwards = revisions(&read(store, stream, ReadOptions::backwards()).await);
    backwards.reverse();
    assert_eq!(backwards, wanted, "other events are visible backwards");
    let from_first = ReadOptions::forwards()
        .from(ReadFrom::At(Revision::FIRST))
        .limit(1);
    let first = revisions(&read(store, stream, from_first).await);
    assert_eq!(
        first,
        wanted.get(..1).unwrap_or_default(),
        "a limit counts events that are hidden"
    );
    let at_first = ReadOptions::backwards().from(ReadFrom::At(Revision::FIRST));
    let hidden = read(store, stream, at_first).await;
    assert_eq!(
        revisions(&hidden),
        wanted
            .iter()
            .copied()
            .filter(|number| *number == 0)
            .collect::<Vec<_>>(),
        "a backward read goes on among hidden events"
    );
}

/// `$tb` hides what is before it, at once.
pub async fn truncate_before_hides_what_is_before<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 5).await;

    for (before, wanted) in [
        (0, &[0, 1, 2, 3, 4][..]),
        (2, &[2, 3, 4]),
        (4, &[4]),
        (9, &[]),
    ] {
        set(&store, &stream, &format!("{{\"$tb\":{before}}}")).await;
        shows(&store, &stream, wanted).await;
    }
}

/// `$maxCount` keeps the last so many, and goes on doing so.
pub async fn max_count_keeps_the_last_events<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 5).await;

    set(&store, &stream, "{\"$maxCount\":9}").await;
    shows(&store, &stream, &[0, 1, 2, 3, 4]).await;
    set(&store, &stream, "{\"$maxCount\":2}").await;
    shows(&store, &stream, &[3, 4]).await;
    written(&store, &stream, 3).await;
    shows(&store, &stream, &[6, 7]).await;
}

/// `$maxAge` hides what is older, as time goes by.
pub async fn max_age_hides_what_is_older<S: EventStore>(store: S, clock: ManualClock) {
    let stream = fresh_stream();
    set(&store, &stream, "{\"$maxAge\":60}").await;
    written(&store, &stream, 2).await;
    clock.advance(Duration::from_secs(40));
    written(&store, &stream, 1).await;

    shows(&store, &stream, &[0, 1, 2]).await;
    clock.advance(Duration::from_secs(30));
    shows(&store, &stream, &[2]).await;
    clock.advance(Duration::from_secs(60));
    shows(&store, &stream, &[]).await;

    let outcome = store.append(&stream, exact(2), events(1)).await;
    let at = outcome.map(|outcome| outcome.revision().as_u64());
    assert!(
        matches!(at, Ok(3)),
        "an append after all events grew too old: got {at:?}"
    );
    shows(&store, &stream, &[3]).await;
}

/// Of several bounds the narrowest counts.
pub async fn bounds_of_a_stream_add_up<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 6).await;

    set(&store, &stream, "{\"$tb\":1,\"$maxCount\":2}").await;
    shows(&store, &stream, &[4, 5]).await;
    set(&store, &stream, "{\"$tb\":5,\"$maxCount\":4}").await;
    shows(&store, &stream, &[5]).await;
}

/// The age counts beside the other bounds.
pub async fn the_age_adds_to_the_other_bounds<S: EventStore>(store: S, clock: ManualClock) {
    let stream = fresh_stream();
    written(&store, &stream, 3).await;
    clock.advance(Duration::from_secs(100));
    written(&store, &stream, 3).await;

    set(&store, &stream, "{\"$maxAge\":60,\"$maxCount\":4}").await;
    shows(&store, &stream, &[3, 4, 5]).await;
    set(&store, &stream, "{\"$maxAge\":60,\"$maxCount\":1}").await;
    shows(&store, &stream, &[5]).await;
    set(&store, &stream, "{\"$maxAge\":3600,\"$tb\":2}").await;
    shows(&store, &stream, &[2, 3, 4, 5]).await;
}

/// Metadata written before the first event is in force from the first on.
pub async fn metadata_may_come_before_the_first_event<S: EventStore>(store: S) {
    let stream = fresh_stream();
    set(&store, &stream, "{\"$maxCount\":1}").await;

    let empty = store
        .stream_info(&stream)
        .await
        .expect("there is information");
    assert_eq!(empty.last_revision, None, "metadata made a stream");
    let outcome = store
        .append(&stream, ExpectedRevision::NoStream, events(3))
        .await;
    assert!(outcome.is_ok(), "metadata is taken for events: {outcome:?}");
    shows(&store, &stream, &[2]).await;
}

/// Other tools keep keys of their own in there; none may be lost.
pub async fn metadata_keeps_unknown_keys<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 3).await;
    let other = r#"{"$acl":{"$r":"ops"},"Owner":"Zoë","n":1.50}"#;
    set(&store, &stream, other).await;

    store
        .truncate_before(&stream, Revision::new(1))
        .await
        .expect("a stream is truncated");

    let (metadata, expected) = store
        .stream_metadata(&stream)
        .await
        .expect("metadata is read");
    let wanted = JsonObject::parse(other.as_bytes()).expect("valid JSON");
    assert_eq!(metadata.other, wanted, "keys of metadata were lost");
    assert_eq!(
        metadata.truncate_before,
        Some(Revision::new(1)),
        "metadata is not in force"
    );
    assert_eq!(expected, exact(1), "metadata has another revision");
    let info = store
        .stream_info(&stream)
        .await
        .expect("there is information");
    assert_eq!(
        info.metadata, metadata,
        "the information has other metadata"
    );
}

/// Metadata that no store understands must not get in: it would hide
/// everything, or nothing, much later.
pub async fn metadata_that_cannot_be_read_is_refused<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 2).await;
    for bad in [
        "[]",
        "no JSON",
        "{\"$maxCount\":0}",
        "{\"$maxCount\":-1}",
        "{\"$tb\":\"2\"}",
        "{\"$maxAge\":0.5}",
    ] {
        let batch = vec![metadata("{}"), metadata(bad)];
        let result = store
            .append(&stream.metadata_stream(), ExpectedRevision::Any, batch)
            .await;
        assert!(
            matches!(&result, Err(StoreError::InvalidStreamMetadata { stream: of, .. }) if *of == stream),
            "metadata `{bad}`: got {result:?}"
        );
    }
    let other = vec![event("Happened")];
    let result = store
        .append(&stream.metadata_stream(), ExpectedRevision::Any, other)
        .await;
    assert!(
        result.is_err(),
        "an event in a metadata stream: got {result:?}"
    );
    let left = read_forwards(&store, &stream.metadata_stream()).await.len();
    assert_eq!(left, 0, "refused metadata left something");
    shows(&store, &stream, &[0, 1]).await;
}

/// A metadata stream is read, expected and numbered like any other.
pub async fn a_metadata_stream_is_a_stream<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let of = stream.metadata_stream();
    set(&store, &stream, "{\"$maxCount\":5}").await;
    let stale = store
        .append(&of, ExpectedRevision::NoStream, vec![metadata("{}")])
        .await;
    assert!(
        matches!(stale, Err(StoreError::Conflict { .. })),
        "stale metadata: got {stale:?}"
    );
    let next = store
        .append(&of, exact(0), vec![metadata("{\"$tb\":1}")])
        .await;
    assert!(next.is_ok(), "metadata at its revision: got {next:?}");
    let last = read(&store, &of, ReadOptions::backwards().limit(1)).await;
    assert_eq!(
        last[0].data.as_ref(),
        b"{\"$tb\":1}",
        "metadata came back otherwise"
    );
    assert_eq!(
        last[0].revision,
        Revision::new(1),
        "metadata has another revision"
    );
}

/// When every event is hidden, the next one still gets the next number.
pub async fn the_highest_revision_outlives_its_event<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 4).await;
    set(&store, &stream, "{\"$tb\":4}").await;
    shows(&store, &stream, &[]).await;

    let info = store
        .stream_info(&stream)
        .await
        .expect("there is information");
    assert_eq!(
        info.last_revision,
        Some(Revision::new(3)),
        "the highest revision is forgotten"
    );
    let outcome = store.append(&stream, exact(3), events(1)).await;
    let at = outcome.map(|outcome| outcome.revision().as_u64());
    assert!(
        matches!(at, Ok(4)),
        "an append after all events were hidden: got {at:?}"
    );
    shows(&store, &stream, &[4]).await;
}

/// A read that has begun is not continued past events that were hidden since:
/// its reader would take two events for neighbours that are none.
pub async fn a_read_is_not_cut_short_by_a_truncation<S: EventStore>(store: S) {
    for bound in ["{\"$tb\":900}", "{\"$maxCount\":3}"] {
        let stream = fresh_stream();
        let began = Begun::read(&store, &stream, ReadOptions::forwards()).await;

        set(&store, &stream, bound).await;

        began.goes_on_whole_or_fails(&stream).await;
        let again = read_forwards(&store, &stream).await;
        assert!(again.len() <= 100, "a second read still shows the events");
    }
}
