//! What subscriptions tell of deletes, truncations and tombstones.

use super::scene::{
    Follower, Scene, event, event_type, exact, fresh_stream, new_ids, put, revision, written,
};
use plumberd::{
    event::{NewEvent, new_event_id},
    store::{
        Deletion, EventStore, EventStoreExt, Filter, StoreError, SubscribeFrom,
        SubscriptionMessage::{self, CaughtUp, Event, StreamDeleted},
    },
    stream::{ExpectedRevision, Position, Revision, StreamMetadata, StreamName},
};

/// What a follower is told, short.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    Event(StreamName, u64),
    Deleted(StreamName, Deletion),
}

/// What comes up to the next `CaughtUp`, with its positions.
async fn told(follower: &mut Follower) -> Vec<(Told, Position)> {
    let mut all = Vec::new();
    loop {
        match follower.with_deletions().await {
            CaughtUp => return all,
            message => all.extend(short(message)),
        }
    }
}

fn short(message: SubscriptionMessage) -> Option<(Told, Position)> {
    match message {
        Event(event) => {
            let revision = event.read_revision().as_u64();
            Some((Told::Event(event.stream.clone(), revision), event.position))
        }
        StreamDeleted(deleted) => Some((
            Told::Deleted(deleted.stream, deleted.what),
            deleted.position,
        )),
        _ => None,
    }
}

fn without_positions(told: Vec<(Told, Position)>) -> Vec<Told> {
    told.into_iter().map(|(told, _)| told).collect()
}

async fn truncate(store: &impl EventStore, stream: &StreamName, before: u64) {
    store
        .truncate_before(stream, Revision::new(before))
        .await
        .expect("a stream is truncated");
}

async fn delete(store: &impl EventStore, stream: &StreamName) {
    store
        .delete(stream, ExpectedRevision::Any)
        .await
        .expect("a stream is deleted");
}

/// A read model of everything must hear that a part is gone: in
/// the order in which it went, as history and live, whatever types it wants.
pub async fn everything_tells_deletes_and_truncations_in_order<S: EventStore>(store: S) {
    let scene = Scene::new();
    let (a, b) = (scene.stream("a"), scene.stream("b"));
    let of_type = || scene.filter().event_type(event_type("Happened"));
    let of_other = scene.filter().event_type(event_type("Other"));
    let mut live = Follower::all(&store, SubscribeFrom::End, of_type()).await;
    written(&store, &a, 3).await;
    truncate(&store, &a, 2).await;
    written(&store, &b, 1).await;
    delete(&store, &b).await;
    written(&store, &b, 1).await;
    written(&store, &a, 1).await;
    delete(&store, &a).await;
    let wanted = [
        Told::Event(a.clone(), 0),
        Told::Event(a.clone(), 1),
        Told::Event(a.clone(), 2),
        Told::Deleted(a.clone(), Deletion::Truncated(revision(2))),
        Told::Event(b.clone(), 0),
        Told::Deleted(b.clone(), Deletion::SoftDeleted),
        Told::Event(b.clone(), 1),
        Told::Event(a.clone(), 3),
        Told::Deleted(a.clone(), Deletion::SoftDeleted),
    ];

    let mut got = Vec::new();
    while got.len() < wanted.len() {
        got.extend(short(live.with_deletions().await).map(|(told, _)| told));
    }
    assert_eq!(got, wanted, "a live follower is told other things");

    let mut late = Follower::all(&store, SubscribeFrom::Start, of_type()).await;
    let got = without_positions(told(&mut late).await);
    assert_eq!(got, wanted, "a late follower is told other things");
    let mut other = Follower::all(&store, SubscribeFrom::Start, of_other).await;
    let got = without_positions(told(&mut other).await);
    let deletions: Vec<_> = wanted
        .iter()
        .filter(|told| matches!(told, Told::Deleted(..)))
        .cloned()
        .collect();
    assert_eq!(
        got, deletions,
        "a deletion does not pass a filter of types that nothing else passes"
    );
}

/// A reader that resumes after a position, of an event or of a deletion, is
/// told what comes after it: nothing again, nothing left out.
pub async fn everything_tells_deletions_once_to_who_resumes<S: EventStore>(store: S) {
    let scene = Scene::new();
    let (a, b) = (scene.stream("a"), scene.stream("b"));
    written(&store, &a, 3).await;
    truncate(&store, &a, 1).await;
    written(&store, &b, 1).await;
    truncate(&store, &a, 3).await;
    delete(&store, &b).await;
    written(&store, &a, 1).await;
    let mut first = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    let all = told(&mut first).await;
    assert_eq!(all.len(), 8, "a follower is told other things: {all:?}");
    assert!(
        all.is_sorted_by(|(_, one), (_, next)| one < next),
        "what is told is not in order of its positions: {all:?}"
    );

    for (k, (_, position)) in all.iter().enumerate() {
        let after = SubscribeFrom::After(*position);
        let mut follower = Follower::all(&store, after, scene.filter()).await;
        let rest = told(&mut follower).await;
        assert_eq!(
            rest,
            all[k + 1..],
            "a follower resumed after {k} is told other things"
        );
    }
}

/// Retention says nothing of a stream's end, and metadata that hide no more
/// than before tell nothing new.
pub async fn nothing_is_told_of_metadata_that_hide_no_more<S: EventStore>(store: S) {
    let scene = Scene::new();
    let stream = scene.stream("a");
    let mut live = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    written(&store, &stream, 4).await;
    for json in [
        r#"{"$maxCount":2}"#,
        r#"{"$maxAge":3600,"mine":1}"#,
        r#"{"$tb":0}"#,
        r#"{"$tb":2}"#,
        r#"{"$tb":2,"$maxCount":9}"#,
        r#"{"$tb":1}"#,
    ] {
        let kind = event_type(StreamMetadata::EVENT_TYPE);
        let metadata = NewEvent::new(new_event_id(), kind, json.to_owned());
        put(&store, &stream.metadata_stream(), vec![metadata]).await;
    }
    written(&store, &stream, 1).await;
    let wanted = [
        Told::Event(stream.clone(), 0),
        Told::Event(stream.clone(), 1),
        Told::Event(stream.clone(), 2),
        Told::Event(stream.clone(), 3),
        Told::Deleted(stream.clone(), Deletion::Truncated(revision(2))),
        Told::Event(stream.clone(), 4),
    ];

    let mut got = Vec::new();
    while got.len() < wanted.len() {
        got.extend(short(live.with_deletions().await).map(|(told, _)| told));
    }
    assert_eq!(got, wanted, "metadata tell other things");
    let mut late = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    let got = without_positions(told(&mut late).await);
    assert_eq!(got, wanted, "metadata tell a late follower other things");
}

/// What does not pass the filter's streams is not told, and a store's own
/// streams only to who asks for them.
pub async fn a_deletion_passes_the_filter_that_its_stream_passes<S: EventStore>(store: S) {
    let scene = Scene::new();
    let (a, ab, b) = (scene.stream("a"), scene.stream("ab"), scene.stream("b"));
    for stream in [&a, &ab, &b] {
        put(&store, stream, vec![event("Happened")]).await;
        delete(&store, stream).await;
    }
    let deleted = |stream: &StreamName| Told::Deleted(stream.clone(), Deletion::SoftDeleted);
    let none = event_type("Never");
    for (filter, wanted) in [
        (Filter::new().stream(a.clone()), vec![deleted(&a)]),
        (
            Filter::new().stream_prefix(a.as_str()),
            vec![deleted(&a), deleted(&ab)],
        ),
        (
            Filter::new().stream(a.clone()).stream(b.clone()),
            vec![deleted(&a), deleted(&b)],
        ),
        (
            Filter::new()
                .category(scene.category())
                .expect("a category"),
            vec![deleted(&a), deleted(&ab), deleted(&b)],
        ),
    ] {
        let filter = filter.event_type(none.clone());
        let mut follower = Follower::all(&store, SubscribeFrom::Start, filter).await;
        let got = without_positions(told(&mut follower).await);
        assert_eq!(got, wanted, "another filter lets deletions through");
    }
}

/// A tombstone is told as the last of its stream.
pub async fn everything_tells_a_tombstone<S: EventStore>(store: S) {
    let scene = Scene::new();
    let (a, never) = (scene.stream("a"), scene.stream("never"));
    let mut live = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    written(&store, &a, 1).await;
    for stream in [&a, &never] {
        store
            .tombstone(stream, ExpectedRevision::Any)
            .await
            .expect("a stream gets a tombstone");
    }
    let wanted = [
        Told::Event(a.clone(), 0),
        Told::Deleted(a.clone(), Deletion::Tombstoned),
        Told::Deleted(never.clone(), Deletion::Tombstoned),
    ];

    let mut got = Vec::new();
    while got.len() < wanted.len() {
        got.extend(short(live.with_deletions().await).map(|(told, _)| told));
    }
    assert_eq!(got, wanted, "a tombstone is told otherwise");
    let mut late = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    let got = without_positions(told(&mut late).await);
    assert_eq!(
        got, wanted,
        "a tombstone is told otherwise to a late follower"
    );
}

/// The follower of one stream is told too, while it waits and when it resumes
/// after an event that is gone by now.
pub async fn a_stream_tells_deletes_and_truncations<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 3).await;
    let mut follower = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    follower.until_caught_up().await;

    truncate(&store, &stream, 2).await;
    let truncated = Told::Deleted(stream.clone(), Deletion::Truncated(revision(2)));
    let got = without_positions(told(&mut follower).await);
    assert_eq!(got, [truncated], "a truncation is told otherwise");
    store
        .delete(&stream, exact(2))
        .await
        .expect("a stream is deleted");
    let deleted = Told::Deleted(stream.clone(), Deletion::SoftDeleted);
    let got = without_positions(told(&mut follower).await);
    assert_eq!(
        got,
        std::slice::from_ref(&deleted),
        "a delete is told otherwise"
    );
    // Who resumes where everything he saw is hidden by now.
    let after = SubscribeFrom::After(revision(2));
    let mut resumed = Follower::stream(&store, &stream, after).await;
    let got = without_positions(told(&mut resumed).await);
    assert_eq!(
        got.last(),
        Some(&deleted),
        "who resumes is not told of a delete"
    );
    let mut from_end = Follower::stream(&store, &stream, SubscribeFrom::End).await;
    let got = told(&mut from_end).await;
    assert_eq!(got, [], "who follows from the end is told of the past");

    let ids = new_ids(&written(&store, &stream, 1).await);
    for follower in [&mut follower, &mut resumed, &mut from_end] {
        let next = follower.with_deletions().await;
        assert!(
            matches!(&next, Event(event) if event.id == ids[0]),
            "a follower loses its way at a delete: got {next:?}"
        );
    }
}

/// The follower of a stream that is gone for ever is told, and that is all.
pub async fn a_tombstone_is_told_or_ends_the_followers_of_its_stream<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 1).await;
    let mut follower = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    follower.until_caught_up().await;
    store
        .tombstone(&stream, ExpectedRevision::Any)
        .await
        .expect("a stream gets a tombstone");

    let mut ended = follower.next_or_deletion().await;
    if let Some(Ok(StreamDeleted(deleted))) = &ended {
        assert_eq!(
            (&deleted.stream, deleted.what),
            (&stream, Deletion::Tombstoned),
            "another deletion is told"
        );
        ended = follower.next_or_deletion().await;
    }
    assert!(
        matches!(ended, Some(Err(StoreError::StreamDeleted { .. }))),
        "a follower of a tombstoned stream: got {ended:?}"
    );
}

/// A tenant's deletions are told to him, and to who follows every tenant.
pub async fn a_tenants_deletions_are_told_to_no_other_tenant<S: EventStore>(store: S) {
    let [one, two] = ["one", "two"].map(|name| {
        let tenant = format!("{name}{}", new_event_id().simple());
        let tenant = tenant.parse().expect("a tenant");
        store.for_tenant(&tenant).expect("a tenant's handle")
    });
    let scene = Scene::new();
    let stream = scene.stream("a");
    for store in [&one, &two] {
        written(store, &stream, 1).await;
    }
    delete(&one, &stream).await;

    let all = |store| Follower::all(store, SubscribeFrom::Start, scene.filter());
    let mut of_one = all(&*one).await;
    let got = without_positions(told(&mut of_one).await);
    let deleted = Told::Deleted(stream.clone(), Deletion::SoftDeleted);
    assert_eq!(
        got,
        [Told::Event(stream.clone(), 0), deleted],
        "a tenant is told other things"
    );
    let mut of_two = all(&*two).await;
    let got = without_positions(told(&mut of_two).await);
    assert_eq!(
        got,
        [Told::Event(stream, 0)],
        "a tenant is told of another's deletion"
    );
}
