//! What groups promise, over a server in this process.

use super::{PATIENCE, connect, ending, from_start, next, stream, write};
use plumberd::backend::eventstoredb::{GroupFilter, GroupPlace, Nack, PersistentError, Source};
use plumberd_testkit::esdb::EsdbServer;
use std::{collections::BTreeSet, time::Duration};

#[tokio::test]
async fn two_consumers_share_the_events_and_each_is_acknowledged_once() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 200).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut a = groups.subscribe(&source, "g").await.unwrap();
    let mut b = groups.subscribe(&source, "g").await.unwrap();

    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    let all = async {
        while of_a.len() + of_b.len() < 200 {
            tokio::select! {
                next = a.next() => {
                    let next = next.unwrap();
                    a.ack(&next).await.unwrap();
                    of_a.push(next.event.revision);
                }
                next = b.next() => {
                    let next = next.unwrap();
                    b.ack(&next).await.unwrap();
                    of_b.push(next.event.revision);
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, all).await.unwrap();

    assert!(!of_a.is_empty() && !of_b.is_empty());
    let distinct: BTreeSet<_> = of_a.iter().chain(&of_b).collect();
    assert_eq!(distinct.len(), 200);
}

#[tokio::test]
async fn retry_park_replay_and_skip_do_what_they_say() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 1).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();

    let first = next(&mut consumer).await;
    assert_eq!(first.retry_count, 0);
    consumer.nack(&first, Nack::Retry, "again").await.unwrap();
    let second = next(&mut consumer).await;
    assert_eq!((second.event.id, second.retry_count), (first.event.id, 1));
    consumer.nack(&second, Nack::Park, "later").await.unwrap();
    // What is written after it is delivered after it was parked.
    write(&store, &stream("1"), 1).await;
    let other = next(&mut consumer).await;
    assert_ne!(other.event.id, first.event.id);
    consumer.nack(&other, Nack::Skip, "never").await.unwrap();
    tokio::time::timeout(PATIENCE, async {
        while groups.info(&source, "g").await.unwrap().parked != 1 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    groups.replay_parked(&source, "g", None).await.unwrap();
    let replayed = next(&mut consumer).await;
    assert_eq!(replayed.event.id, first.event.id);
    consumer.ack(&replayed).await.unwrap();
    write(&store, &stream("1"), 1).await;
    assert_eq!(next(&mut consumer).await.event.revision.as_u64(), 2);
}

#[tokio::test]
async fn the_events_of_a_consumer_that_goes_are_sent_to_another() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 3).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut gone = groups.subscribe(&source, "g").await.unwrap();
    let first = next(&mut gone).await;
    gone.ack(&first).await.unwrap();
    next(&mut gone).await;
    drop(gone);

    let mut stays = groups.subscribe(&source, "g").await.unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..2 {
        let delivery = next(&mut stays).await;
        stays.ack(&delivery).await.unwrap();
        seen.insert(delivery.event.revision.as_u64());
    }
    assert_eq!(seen, BTreeSet::from([1, 2]));
}

#[tokio::test]
async fn what_cannot_be_is_a_typed_error() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    assert_eq!(groups.list().await.unwrap(), []);
    let settings = from_start().with_max_subscribers(2);
    let wrong = settings.clone().with_history_buffer(20);
    assert!(matches!(
        groups.create(&source, "g", &wrong).await,
        Err(PersistentError::InvalidSettings {
            setting: "history_buffer",
            ..
        })
    ));
    groups.create(&source, "g", &settings).await.unwrap();
    assert!(matches!(
        groups.create(&source, "g", &settings).await,
        Err(PersistentError::AlreadyExists { .. })
    ));
    assert!(matches!(
        groups.delete(&source, "other").await,
        Err(PersistentError::DoesNotExist { .. })
    ));
    assert!(matches!(
        groups.subscribe(&source, "other").await,
        Err(PersistentError::DoesNotExist { .. })
    ));
    let mut first = groups.subscribe(&source, "g").await.unwrap();
    let mut second = groups.subscribe(&source, "g").await.unwrap();
    assert!(matches!(
        groups.subscribe(&source, "g").await,
        Err(PersistentError::Full { .. })
    ));
    assert_eq!(groups.list().await.unwrap()[0].connections, 2);
    groups.update(&source, "g", &settings).await.unwrap();
    assert!(matches!(
        ending(&mut first).await,
        PersistentError::Dropped { .. }
    ));
    assert!(matches!(
        ending(&mut second).await,
        PersistentError::Dropped { .. }
    ));
    let mut third = groups.subscribe(&source, "g").await.unwrap();
    groups.delete(&source, "g").await.unwrap();
    assert!(matches!(
        ending(&mut third).await,
        PersistentError::DoesNotExist { .. }
    ));
    assert!(matches!(ending(&mut third).await, PersistentError::Ended));
}

#[tokio::test]
async fn a_group_on_everything_lets_through_what_begins_with_its_prefix() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let filter = GroupFilter::StreamPrefixes(vec!["Order-1".to_owned()]);
    let settings = from_start().with_filter(filter);
    write(&store, &stream("2"), 1).await;
    write(&store, &stream("1"), 1).await;
    groups.create(&Source::All, "g", &settings).await.unwrap();
    let mut consumer = groups.subscribe(&Source::All, "g").await.unwrap();
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.event.stream, stream("1"));
    consumer.ack(&delivery).await.unwrap();
    write(&store, &stream("2"), 1).await;
    write(&store, &stream("11"), 1).await;
    assert_eq!(next(&mut consumer).await.event.stream, stream("11"));
}

#[tokio::test]
async fn a_consumer_goes_on_after_a_restart_of_the_server_and_loses_nothing() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 20).await;
    let settings = from_start().with_checkpoint(Duration::from_millis(10), 1, 1);
    groups.create(&source, "g", &settings).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();
    for _ in 0..10 {
        let delivery = next(&mut consumer).await;
        consumer.ack(&delivery).await.unwrap();
    }
    let checkpoint = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(checkpoint) = groups.info(&source, "g").await.unwrap().checkpoint {
                break checkpoint;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    let GroupPlace::Revision(checkpoint) = checkpoint else {
        panic!("{checkpoint:?}");
    };
    server.restart().await.unwrap();

    let mut seen = BTreeSet::new();
    let mut again = Vec::new();
    while seen.len() < 10 {
        let delivery = next(&mut consumer).await;
        consumer.ack(&delivery).await.unwrap();
        let revision = delivery.event.revision;
        if revision.as_u64() >= 10 {
            seen.insert(revision);
        } else {
            again.push(revision);
        }
    }
    assert!(
        again.iter().all(|revision| *revision > checkpoint),
        "{again:?}"
    );
}
