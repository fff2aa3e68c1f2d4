//! Answers that no server should give.

use crate::{
    fake::{Fake, Script, placed},
    support::{events, soon, stream},
};
use plumberd::{
    store::{EventStore, Filter, ReadOptions, StoreError, SubscribeFrom, SubscriptionMessage},
    stream::ExpectedRevision::NoStream,
};
use plumberd_testkit::eventstore_v1::proto::AppendResponse;
use std::sync::atomic::AtomicUsize;

#[tokio::test]
async fn an_event_of_another_tenant_is_corrupt_and_one_of_none_is_the_askers() {
    let script = Script {
        events: vec![placed("", 1)].into(),
        ..Script::default()
    };
    let server = Fake::start(script).await;
    let store = server.connect("").await;
    let read = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    let event = read.collect_all().await.unwrap().remove(0);
    assert_eq!(event.tenant.unwrap().as_str(), "t1");

    let script = Script {
        events: vec![placed("t2", 1)].into(),
        ..Script::default()
    };
    let server = Fake::start(script).await;
    let store = server.connect("").await;
    let one = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    let all = store.read_all(ReadOptions::forwards(), Filter::new());
    for read in [one, all] {
        let read = read.collect_all().await;
        assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
    }
}

#[tokio::test]
async fn a_wrong_answer_to_an_append_leaves_its_outcome_unknown() {
    let script = Script {
        appended: AppendResponse {
            last_global_nonce: 7,
            last_aggregate_nonce: 7,
        },
        ..Script::default()
    };
    let server = Fake::start(script).await;
    let store = server.connect("").await;
    let append = store.append(&stream("Order-1"), NoStream, events(2)).await;
    assert!(
        matches!(append, Err(StoreError::OutcomeUnknown { .. })),
        "{append:?}"
    );
}

#[tokio::test]
async fn a_follower_outlives_an_answer_that_cannot_be_read() {
    let script = Script {
        unreadable_subscriptions: AtomicUsize::new(2),
        on_subscription: vec![placed("t1", 1)].into(),
        ..Script::default()
    };
    let server = Fake::start(script).await;
    let store = server.connect("&poll_interval=3600s").await;
    let mut follower = store
        .subscribe_stream(&stream("Order-1"), SubscribeFrom::Start)
        .await
        .unwrap();
    let first = soon("a signal", follower.next_message()).await.unwrap();
    assert_eq!(first, Some(SubscriptionMessage::CaughtUp));
    let event = soon("an event", follower.next_event()).await.unwrap();
    assert_eq!(event.unwrap().position.as_u64(), 1);
}

#[tokio::test]
async fn a_follower_ends_when_the_server_comes_back_with_an_older_state() {
    let script = Script {
        events: [1, 2, 3].map(|nonce| placed("t1", nonce)).to_vec().into(),
        ..Script::default()
    };
    let server = Fake::start(script).await;
    let store = server.connect("&poll_interval=20ms").await;
    let name = stream("Order-1");
    let one = store.subscribe_stream(&name, SubscribeFrom::Start);
    let all = store.subscribe_all(SubscribeFrom::Start, Filter::new());
    let mut followers = [one.await.unwrap(), all.await.unwrap()];
    for follower in &mut followers {
        for _ in 0..3 {
            let event = soon("an event", follower.next_event()).await;
            event.unwrap().unwrap();
        }
    }

    server.script.events.lock().unwrap().truncate(1);

    for (follower, after, end) in followers
        .iter_mut()
        .zip([(2, 0), (3, 1)])
        .map(|(f, (a, e))| (f, a, e))
    {
        let ended = soon("the end", follower.next_event()).await;
        assert!(
            matches!(
                &ended,
                Err(StoreError::NotReached { after: at, end: Some(last), .. })
                    if (*at, *last) == (after, end)
            ),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn a_gap_between_pages_backwards_is_corrupt() {
    let script = Script {
        events: [1, 2, 5, 6]
            .map(|nonce| placed("t1", nonce))
            .to_vec()
            .into(),
        ..Script::default()
    };
    let server = Fake::start(script).await;
    let store = server.connect("&page_size=2").await;
    let read = store.read_stream(&stream("Order-1"), ReadOptions::backwards());
    let read = read.collect_all().await;
    assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
}
