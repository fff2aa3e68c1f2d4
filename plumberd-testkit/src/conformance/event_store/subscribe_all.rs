//! Following everything.

use super::scene::{
    Follower, Scene, event, event_type, ids, new_ids, patient, put, read_all, small_events, written,
};
use plumberd::{
    event::RecordedEvent,
    store::{
        EventStore, EventStoreExt, Filter, ReadOptions, SubscribeFrom,
        SubscriptionMessage::{CaughtUp, Event, FellBehind},
    },
    stream::{ExpectedRevision, Revision},
};

/// From the start: what is there, then what comes, across streams, in order.
pub async fn everything_is_followed_from_the_start<S: EventStore>(store: S) {
    let scene = Scene::new();
    let mut wanted = new_ids(&written(&store, &scene.stream("a"), 2).await);
    wanted.extend(new_ids(&written(&store, &scene.stream("b"), 2).await));
    let mut follower = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    let mut got = ids(&follower.until_caught_up().await);
    for stream in ["b", "c", "a"] {
        wanted.extend(new_ids(&written(&store, &scene.stream(stream), 2).await));
        got.extend(ids(&follower.events(2).await));
    }

    assert_eq!(got, wanted, "a follower of everything gets other events");
    let all = ids(&read_all(&store, ReadOptions::forwards(), scene.filter()).await);
    assert_eq!(
        got, all,
        "a follower of everything has another order than a read"
    );
}

/// From the end: nothing of what was, and nothing missed of what comes after
/// the call has resolved, although it was not polled yet.
pub async fn everything_is_followed_from_the_end<S: EventStore>(store: S) {
    let scene = Scene::new();
    written(&store, &scene.stream("a"), 2).await;
    let mut follower = Follower::all(&store, SubscribeFrom::End, scene.filter()).await;
    let mut wanted = new_ids(&written(&store, &scene.stream("a"), 1).await);
    wanted.extend(new_ids(&written(&store, &scene.stream("b"), 1).await));

    let got = ids(&follower.events(2).await);

    assert_eq!(
        got, wanted,
        "a follower from the end of everything gets other events"
    );
}

/// Stop after event k, go on after its position: every event once, for every k.
pub async fn everything_is_followed_after_every_position<S: EventStore>(store: S) {
    let scene = Scene::new();
    for stream in ["a", "b", "a", "c"] {
        written(&store, &scene.stream(stream), 2).await;
    }
    let mut first = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    let all = first.until_caught_up().await;
    assert_eq!(all.len(), 8, "a follower of everything gets so many events");
    for (k, event) in all.iter().enumerate() {
        let after = SubscribeFrom::After(event.read_position());
        let mut follower = Follower::all(&store, after, scene.filter()).await;
        let rest = ids(&follower.until_caught_up().await);
        assert_eq!(
            rest,
            ids(&all[k + 1..]),
            "a follower resumed after {k} gets other events"
        );
    }
}

/// Also when nothing passes the filter there is a moment when all was seen.
pub async fn caught_up_comes_when_there_is_no_more<S: EventStore>(store: S) {
    let scene = Scene::new();
    for from in [SubscribeFrom::Start, SubscribeFrom::End] {
        let mut follower = Follower::all(&store, from, scene.filter()).await;
        let first = follower.message().await;
        assert_eq!(
            first, CaughtUp,
            "nothing passes the filter, and it is not caught up"
        );
    }
    let history = new_ids(&written(&store, &scene.stream(1), 3).await);
    let mut follower = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    let got = ids(&follower.until_caught_up().await);
    assert_eq!(got, history, "caught up after other events");
    written(&store, &scene.stream(1), 1).await;
    let live = follower.message().await;
    assert!(
        matches!(live, Event(_)),
        "another message than the live event: {live:?}"
    );
    let then = follower.message().await;
    assert_eq!(then, CaughtUp, "nothing more to read, and not caught up");
}

/// What does not pass the filter does not come: not as history, not live.
pub async fn a_follower_gets_what_passes_its_filter<S: EventStore>(store: S) {
    let scene = Scene::new();
    let filter = || {
        Filter::new()
            .stream(scene.stream("a"))
            .stream_prefix(format!("{}-b", scene.category()))
            .event_type(event_type("Wanted"))
    };
    let mut from_end = Follower::all(&store, SubscribeFrom::End, filter()).await;
    let round = [
        ("a", "Wanted"),
        ("a", "Other"),
        ("ab", "Wanted"),
        ("b2", "Wanted"),
        ("c", "Wanted"),
    ];
    let mut wanted = Vec::new();
    for half in 0..2 {
        for (stream, name) in round {
            let event = event(name);
            if name == "Wanted" && matches!(stream, "a" | "b2") {
                wanted.push(event.id());
            }
            put(&store, &scene.stream(stream), vec![event]).await;
        }
        if half == 0 {
            let got = ids(&from_end.events(2).await);
            assert_eq!(got, wanted, "a filtered live follower gets other events");
        }
    }

    let mut from_start = Follower::all(&store, SubscribeFrom::Start, filter()).await;
    let got = ids(&from_start.until_caught_up().await);
    assert_eq!(got, wanted, "a filtered follower gets other events");
}

/// System events come only when asked for, and links are not resolved: the
/// global order has the event already, where it stands.
pub async fn a_follower_of_everything_sees_links_as_they_are<S: EventStore>(store: S) {
    let scene = Scene::new();
    written(&store, &scene.stream("t"), 1).await;
    let target = super::scene::read_forwards(&store, &scene.stream("t"))
        .await
        .remove(0);
    store
        .append_link(&scene.stream("l"), ExpectedRevision::Any, &target)
        .await
        .expect("a link is appended");

    let mut without = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    let got = ids(&without.until_caught_up().await);
    assert_eq!(got, [target.id], "a follower gets system events unasked");
    let filter = scene.filter().with_system_events();
    let mut with = Follower::all(&store, SubscribeFrom::Start, filter).await;
    let types: Vec<_> = with.until_caught_up().await;
    let types: Vec<_> = types
        .iter()
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(
        types,
        ["Happened", RecordedEvent::LINK],
        "a link is not yielded as it is"
    );
}

/// Truncation and delete hide from the stream, not from who follows everything.
pub async fn a_follower_of_everything_gets_hidden_events<S: EventStore>(store: S) {
    let scene = Scene::new();
    let (a, b) = (scene.stream("a"), scene.stream("b"));
    let mut wanted = new_ids(&written(&store, &a, 3).await);
    wanted.extend(new_ids(&written(&store, &b, 2).await));
    store
        .truncate_before(&a, Revision::new(2))
        .await
        .expect("a stream is truncated");
    store
        .delete(&b, ExpectedRevision::Any)
        .await
        .expect("a stream is deleted");

    let mut follower = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;

    let got = ids(&follower.until_caught_up().await);
    assert_eq!(
        got, wanted,
        "hidden events are kept from a follower of everything"
    );
}

/// A consumer that was slow is told so, gets everything, and is told when it
/// is up to date; meanwhile it held up no writer.
pub async fn a_slow_follower_of_everything_falls_behind_and_catches_up<S: EventStore>(store: S) {
    let batch = store.limits().batch_events.min(2_500);
    let scene = Scene::new();
    let mut follower = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    assert_eq!(
        follower.message().await,
        CaughtUp,
        "nothing, and it is not caught up"
    );
    let mut wanted = Vec::new();
    for number in 0..4 {
        let events = small_events(batch);
        wanted.extend(new_ids(&events));
        let stream = scene.stream(number % 2);
        let append = put(&store, &stream, events);
        patient("an append beside a slow follower", append).await;
    }

    let (mut got, mut signals) = (Vec::new(), Vec::new());
    while signals.last() != Some(&CaughtUp) {
        match follower.message().await {
            Event(event) => got.push(event.id),
            signal => signals.push(signal),
        }
    }

    assert!(got == wanted, "a slow follower of everything misses events");
    assert_eq!(
        signals,
        [FellBehind, CaughtUp],
        "a slow follower gets other signals"
    );
}

/// Each subscription gets everything, at its own pace and of its own filter.
pub async fn two_followers_of_everything_are_independent<S: EventStore>(store: S) {
    let scene = Scene::new();
    let (a, b) = (scene.stream("a"), scene.stream("b"));
    let mut one = Follower::all(&store, SubscribeFrom::Start, scene.filter()).await;
    let only_b = Filter::new().stream(b.clone());
    let mut two = Follower::all(&store, SubscribeFrom::Start, only_b).await;
    one.until_caught_up().await;
    let mut wanted = new_ids(&written(&store, &a, 2).await);
    let of_b = new_ids(&written(&store, &b, 2).await);
    wanted.extend(&of_b);

    assert_eq!(
        ids(&two.events(2).await),
        of_b,
        "one of two followers gets other events"
    );
    drop(two);
    assert_eq!(
        ids(&one.events(4).await),
        wanted,
        "the other of two followers gets others"
    );
}
