//! Following one stream.

use super::scene::{
    Follower, exact, fresh_stream, ids, new_ids, patient, put, revision, revisions, small_events,
    written,
};
use plumberd::{
    store::{
        EventStore, StoreError, SubscribeFrom,
        SubscriptionMessage::{CaughtUp, Event, FellBehind},
    },
    stream::ExpectedRevision,
};

/// From the start: what is there, then what comes, in order.
pub async fn a_stream_is_followed_from_its_start<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let mut wanted = new_ids(&written(&store, &stream, 3).await);
    let mut follower = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    let mut got = ids(&follower.until_caught_up().await);
    for count in [1, 3, 1] {
        wanted.extend(new_ids(&written(&store, &stream, count).await));
        got.extend(ids(&follower.events(count).await));
    }

    assert_eq!(got, wanted, "a follower from the start gets other events");
}

/// From the end: nothing of what was, and nothing missed of what comes after
/// the call has resolved, although it was not polled yet.
pub async fn a_stream_is_followed_from_its_end<S: EventStore>(store: S) {
    for before in [0, 3] {
        let stream = fresh_stream();
        if before > 0 {
            written(&store, &stream, before).await;
        }
        let mut follower = Follower::stream(&store, &stream, SubscribeFrom::End).await;
        let wanted = new_ids(&written(&store, &stream, 2).await);

        let got = ids(&follower.events(2).await);

        assert_eq!(got, wanted, "a follower from the end gets other events");
    }
}

/// A consumer resumes after the last event it has handled: at every place.
pub async fn a_stream_is_followed_after_every_revision<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let all = new_ids(&written(&store, &stream, 5).await);
    for k in 0..5 {
        let after = SubscribeFrom::After(revision(k));
        let mut follower = Follower::stream(&store, &stream, after).await;
        let rest = ids(&follower.until_caught_up().await);
        assert_eq!(
            rest,
            all[k + 1..],
            "a follower after revision {k} gets other events"
        );
    }
}

/// A read model says "ready" by this signal: it must come, also when there is
/// nothing, after all there was, and again each time it has to wait.
pub async fn caught_up_comes_when_a_stream_has_no_more<S: EventStore>(store: S) {
    for count in [0, 3] {
        let stream = fresh_stream();
        let wanted = match count {
            0 => Vec::new(),
            _ => new_ids(&written(&store, &stream, count).await),
        };
        for from in [SubscribeFrom::Start, SubscribeFrom::End] {
            let mut follower = Follower::stream(&store, &stream, from).await;
            let history = ids(&follower.until_caught_up().await);
            match from {
                SubscribeFrom::Start => {
                    assert_eq!(history, wanted, "caught up after other events");
                }
                _ => assert!(history.is_empty(), "history came from the end"),
            }
        }
    }
    let stream = fresh_stream();
    let mut follower = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    assert_eq!(
        follower.message().await,
        CaughtUp,
        "a missing stream is not caught up"
    );
    written(&store, &stream, 1).await;
    let live = follower.message().await;
    assert!(
        matches!(live, Event(_)),
        "another message than the live event: {live:?}"
    );
    let then = follower.message().await;
    assert_eq!(then, CaughtUp, "nothing more to read, and not caught up");
}

/// A consumer that was slow is told so, gets everything, and is told when it
/// is up to date; meanwhile it held up no writer.
pub async fn a_slow_follower_of_a_stream_falls_behind_and_catches_up<S: EventStore>(store: S) {
    let batch = store.limits().batch_events.min(2_500);
    let stream = fresh_stream();
    let mut follower = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    assert_eq!(
        follower.message().await,
        CaughtUp,
        "a missing stream is not caught up"
    );
    for _ in 0..4 {
        patient(
            "an append beside a slow follower",
            put(&store, &stream, small_events(batch)),
        )
        .await;
    }

    let (mut numbers, mut signals) = (Vec::new(), Vec::new());
    while signals.last() != Some(&CaughtUp) {
        match follower.message().await {
            Event(event) => numbers.push(event.revision.as_u64()),
            signal => signals.push(signal),
        }
    }

    let wanted: Vec<u64> = (0..batch as u64 * 4).collect();
    assert_eq!(numbers, wanted, "a slow follower misses events");
    assert_eq!(
        signals,
        [FellBehind, CaughtUp],
        "a slow follower gets other signals"
    );
}

/// A consumer that goes away must not be missed by anybody.
pub async fn a_dropped_follower_harms_no_other<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 2).await;
    let mut stays = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    for taken in 0..3 {
        let mut goes = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
        goes.events(taken.min(2)).await;
    }

    written(&store, &stream, 2).await;

    let got = revisions(&stays.events(4).await);
    assert_eq!(
        got,
        [0, 1, 2, 3],
        "a dropped follower took events from another"
    );
}

/// Each subscription gets everything: they do not share.
pub async fn two_followers_of_a_stream_are_independent<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 2).await;
    let mut one = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    let mut two = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    one.until_caught_up().await;
    written(&store, &stream, 2).await;

    let first = revisions(&one.events(2).await);
    let second = revisions(&two.events(4).await);

    assert_eq!(first, [2, 3], "one of two followers gets other events");
    assert_eq!(
        second,
        [0, 1, 2, 3],
        "the other of two followers gets other events"
    );
}

/// Events that are hidden are hidden from a follower too, and a stream that
/// was deleted and written again goes on.
pub async fn a_follower_goes_on_after_a_delete<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 3).await;
    let mut follower = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    follower.until_caught_up().await;
    store
        .delete(&stream, exact(2))
        .await
        .expect("a stream is deleted");
    written(&store, &stream, 2).await;

    let live = revisions(&follower.events(2).await);
    assert_eq!(live, [3, 4], "a follower lost its way at a delete");
    let mut late = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    let visible = revisions(&late.until_caught_up().await);
    assert_eq!(visible, [3, 4], "a late follower gets other events");
}

/// A stream that is gone for ever ends its subscriptions: waiting on would be
/// for ever too.
pub async fn a_tombstone_ends_the_followers_of_its_stream<S: EventStore>(store: S) {
    let stream = fresh_stream();
    written(&store, &stream, 1).await;
    let mut follower = Follower::stream(&store, &stream, SubscribeFrom::Start).await;
    follower.until_caught_up().await;
    store
        .tombstone(&stream, ExpectedRevision::Any)
        .await
        .expect("a stream gets a tombstone");

    let ended = follower.next().await;
    assert!(
        matches!(ended, Some(Err(StoreError::StreamDeleted { .. }))),
        "a follower of a tombstoned stream: got {ended:?}"
    );
    assert!(
        follower.next().await.is_none(),
        "a subscription goes on after its error"
    );

    // Refused at once or with the first message: both end it.
    let late = match store.subscribe_stream(&stream, SubscribeFrom::Start).await {
        Err(error) => Err(error),
        Ok(mut late) => patient("the end", late.next_message()).await.map(|_| ()),
    };
    assert!(
        matches!(late, Err(StoreError::StreamDeleted { .. })),
        "a late follower of a tombstoned stream: got {late:?}"
    );
}
