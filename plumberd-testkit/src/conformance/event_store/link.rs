//! Links: events that stand for others.

use super::scene::{
    Follower, Scene, event_type, exact, ids, put, read, read_forwards, revisions, written,
};
use plumberd::{
    event::{NewEvent, RecordedEvent, new_event_id},
    store::{EventStore, EventStoreExt, ReadFrom, ReadOptions, SubscribeFrom},
    stream::{ExpectedRevision, Revision, StreamName},
};

/// A stream of three events, and one of links to them.
struct Linked {
    target: StreamName,
    links: StreamName,
    events: Vec<RecordedEvent>,
}

impl Linked {
    async fn new(store: &impl EventStore) -> Self {
        let scene = Scene::new();
        let (target, links) = (scene.stream("t"), scene.stream("l"));
        written(store, &target, 3).await;
        let events = read_forwards(store, &target).await;
        for event in &events {
            store
                .append_link(&links, ExpectedRevision::Any, event)
                .await
                .expect("a link is appended");
        }
        Self {
            target,
            links,
            events,
        }
    }

    async fn resolved(&self, store: &impl EventStore) -> Vec<RecordedEvent> {
        read(store, &self.links, ReadOptions::forwards().resolve_links()).await
    }
}

/// The reader of a list of links wants what they point to, in the list's order.
pub async fn links_are_resolved_when_asked<S: EventStore>(store: S) {
    let linked = Linked::new(&store).await;

    let mut forwards = linked.resolved(&store).await;
    let options = ReadOptions::backwards().resolve_links();
    let mut backwards = read(&store, &linked.links, options).await;
    backwards.reverse();

    assert_eq!(
        backwards, forwards,
        "links are resolved otherwise backwards"
    );
    for event in &mut forwards {
        event.link = None;
    }
    assert_eq!(
        forwards, linked.events,
        "links yield other events than they point to"
    );
}

/// Not asked for: a link is an event of its own stream.
pub async fn links_stay_links_when_not_asked<S: EventStore>(store: S) {
    let linked = Linked::new(&store).await;

    let links = read_forwards(&store, &linked.links).await;

    assert!(
        links.iter().all(RecordedEvent::is_unresolved_link),
        "links were resolved unasked"
    );
    assert_eq!(revisions(&links), [0, 1, 2], "links have other revisions");
    let wanted = format!("1@{}", linked.target);
    assert_eq!(
        links[1].data.as_ref(),
        wanted.as_bytes(),
        "a link points elsewhere"
    );
    assert!(
        links.iter().all(|link| link.stream == linked.links),
        "a link stands elsewhere"
    );
}

/// A reader continues after the link: after the event's own revision it would
/// skip or repeat.
pub async fn a_reader_of_links_continues_after_the_link<S: EventStore>(store: S) {
    let linked = Linked::new(&store).await;
    // One more stream before, so that the event's and the link's numbers differ.
    let third = &linked.events[2];
    store
        .append_link(&linked.links, exact(2), third)
        .await
        .expect("a link is appended");
    let plain = read_forwards(&store, &linked.links).await;

    let resolved = linked.resolved(&store).await;

    assert_eq!(
        revisions(&resolved),
        [0, 1, 2, 3],
        "a link's revision is not its own"
    );
    for (resolved, plain) in resolved.iter().zip(&plain) {
        let link = resolved
            .link
            .as_ref()
            .expect("the event came through a link");
        assert_eq!(link.stream, linked.links, "a link names another stream");
        assert_eq!(link.id, plain.id, "a link has another id");
        assert_eq!(
            resolved.read_position(),
            plain.position,
            "a link has another position"
        );
    }
    for k in 0..4 {
        let from = ReadFrom::After(resolved[k].read_revision());
        let options = ReadOptions::forwards().from(from).resolve_links();
        let rest = read(&store, &linked.links, options).await;
        assert_eq!(
            rest,
            resolved[k + 1..],
            "a read resumed after link {k} yields others"
        );
    }
}

/// What a link points to may be gone. The link must still come: a reader that
/// never sees it waits for its number for ever.
pub async fn a_link_to_nothing_is_yielded_as_itself<S: EventStore>(store: S) {
    let truncated = Linked::new(&store).await;
    store
        .truncate_before(&truncated.target, Revision::new(2))
        .await
        .expect("a stream is truncated");
    check(
        &truncated.resolved(&store).await,
        "truncated",
        &[true, true, false],
    );

    let deleted = Linked::new(&store).await;
    store
        .delete(&deleted.target, exact(2))
        .await
        .expect("a stream is deleted");
    check(
        &deleted.resolved(&store).await,
        "deleted",
        &[true, true, true],
    );

    let scene = Scene::new();
    let odd = [
        "7@No-where",
        "x@y",
        "",
        "no link",
        "99999999999999999999@A-1",
    ];
    let link = |data: &str| {
        NewEvent::new(
            new_event_id(),
            event_type(RecordedEvent::LINK),
            data.to_owned(),
        )
    };
    put(
        &store,
        &scene.stream(1),
        odd.iter().map(|data| link(data)).collect(),
    )
    .await;
    let options = ReadOptions::forwards().resolve_links();
    let read = read(&store, &scene.stream(1), options).await;
    check(&read, "missing", &[true; 5]);
}

/// A tombstone takes the events away too.
pub async fn a_link_to_a_tombstoned_stream_is_yielded_as_itself<S: EventStore>(store: S) {
    let linked = Linked::new(&store).await;
    store
        .tombstone(&linked.target, exact(2))
        .await
        .expect("a stream gets a tombstone");
    check(
        &linked.resolved(&store).await,
        "tombstoned",
        &[true, true, true],
    );
}

fn check(read: &[RecordedEvent], what: &str, unresolved: &[bool]) {
    let got: Vec<_> = read.iter().map(RecordedEvent::is_unresolved_link).collect();
    assert_eq!(
        got, unresolved,
        "links to {what} events are yielded otherwise"
    );
    let numbers: Vec<_> = (0..unresolved.len() as u64).collect();
    assert_eq!(
        revisions(read),
        numbers,
        "links to {what} events have other revisions"
    );
}

/// A subscription to a list of links follows them, and counts by them.
pub async fn a_subscription_resolves_links<S: EventStore>(store: S) {
    let linked = Linked::new(&store).await;
    let resolved = linked.resolved(&store).await;

    let mut follower = Follower::stream(&store, &linked.links, SubscribeFrom::Start).await;
    let history = follower.until_caught_up().await;
    assert_eq!(history, resolved, "a subscription resolves links otherwise");
    store
        .append_link(&linked.links, exact(2), &linked.events[0])
        .await
        .expect("a link is appended");
    let live = follower.event().await;
    assert_eq!(live.id, linked.events[0].id, "a live link is not resolved");
    assert_eq!(
        live.read_revision(),
        Revision::new(3),
        "a live link has another revision"
    );

    let after = SubscribeFrom::After(Revision::new(1));
    let mut follower = Follower::stream(&store, &linked.links, after).await;
    let rest = ids(&follower.until_caught_up().await);
    let wanted = [linked.events[2].id, linked.events[0].id];
    assert_eq!(
        rest, wanted,
        "a subscription resumed after a link yields others"
    );
}
