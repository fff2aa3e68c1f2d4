//! Under a paused clock (`#[tokio::test(start_paused = true)]`).

use crate::bell::{Ring, handlers};
use plumberd::{
    command::{CommandBus, CommandServer, SendError},
    event::{NewEvent, new_event_id},
    prelude::*,
    snapshot::SnapshotPolicy,
    store::SubscriptionMessage,
    stream::ExpectedRevision::{Any, Exact},
};
use plumberd_testkit::mock::{Fault, Faulty};
use plumberd_tests::{TempFolder, counter::Counter};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

fn event() -> NewEvent {
    NewEvent::new(new_event_id(), "Happened".parse().unwrap(), "{}")
}

/// The stores whose work the clock waits for.
async fn stores(folder: &TempFolder) -> Vec<plumberd::Store> {
    let mut stores = vec![plumberd::connect("memory:").await.unwrap()];
    if cfg!(feature = "sqlite") {
        let url = folder.sqlite_url("a.db");
        stores.push(plumberd::connect(&url).await.unwrap());
    }
    stores
}

/// Fails when the clock jumps while `future` is under way.
async fn at_once<T>(what: &str, future: impl Future<Output = T>) -> T {
    let limit = Duration::from_nanos(1);
    tokio::time::timeout(limit, future)
        .await
        .unwrap_or_else(|_| panic!("the clock did not wait for {what}"))
}

#[tokio::test(start_paused = true)]
async fn the_clock_waits_for_whatever_a_store_does() {
    let folder = TempFolder::new();
    for store in at_once("opening", stores(&folder)).await {
        let stream: StreamName = "Thing-1".parse().unwrap();
        for _ in 0..20 {
            at_once("an append", store.append(&stream, Any, vec![event()]))
                .await
                .unwrap();
        }
        let read = store.read_stream(&stream, ReadOptions::forwards());
        let read = at_once("a read", read.collect_all()).await.unwrap();
        assert_eq!(read.len(), 20);
        let all = store.read_all(ReadOptions::backwards(), Filter::new());
        let all = at_once("a read of all", all.collect_all()).await.unwrap();
        assert_eq!(all.len(), 20);
        let info = at_once("the information", store.stream_info(&stream)).await;
        assert_eq!(info.unwrap().last_revision, Some(Revision::new(19)));
        let found = at_once("a search", store.find_event(&stream, read[3].id)).await;
        assert_eq!(found.unwrap().unwrap().revision, Revision::new(3));
        at_once("a delete", store.delete(&stream, Exact(Revision::new(19))))
            .await
            .unwrap();
        at_once("a tombstone", store.tombstone(&stream, Any))
            .await
            .unwrap();
        at_once("closing", store.close()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_catches_up_and_is_live_without_moving_the_clock() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let stream: StreamName = "Thing-1".parse().unwrap();
        for _ in 0..300 {
            store.append(&stream, Any, vec![event()]).await.unwrap();
        }
        let begun = Instant::now();
        let from_start = store.subscribe_stream(&stream, SubscribeFrom::Start);
        let mut subscription = from_start.await.unwrap();
        let mut count = 0;
        loop {
            match subscription.next_message().await.unwrap().unwrap() {
                SubscriptionMessage::Event(_) => count += 1,
                SubscriptionMessage::CaughtUp => break,
                _ => {}
            }
        }
        assert_eq!(count, 300);
        let (appended, live) = tokio::join!(
            store.append(&stream, Any, vec![event()]),
            at_once("a live event", subscription.next_event()),
        );
        assert_eq!(
            live.unwrap().unwrap().revision,
            appended.unwrap().revision()
        );
        assert_eq!(begun.elapsed(), Duration::ZERO);
        store.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn commands_are_answered_and_their_timeout_runs_on_the_paused_clock() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let server = CommandServer::new(store.clone(), "Bells", handlers());
        let server = server.start().await.unwrap();
        let bus = CommandBus::new(store.clone());
        let bell = Uuid::from_u128(7);
        let begun = Instant::now();
        for number in 0..20 {
            let times = if number % 5 == 0 { 101 } else { 1 };
            let sent = bus.send(bell, Ring { times }).await;
            let code = sent.err().map(|error| error.code());
            assert_eq!(code, (times > 100).then_some(Some(400)));
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        server.shutdown().await.unwrap();

        // It has no handler: two minutes are over in no time.
        let unheard = bus.send(bell, Ring { times: 1 }).await;
        assert!(
            matches!(unheard, Err(SendError::TimedOut { .. })),
            "{unheard:?}"
        );
        assert!(begun.elapsed() >= Duration::from_secs(120));
        store.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_of_the_user_ends_only_what_really_waits() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let stream: StreamName = "Thing-1".parse().unwrap();
        let from_end = store.subscribe_stream(&stream, SubscribeFrom::End);
        let mut subscription = from_end.await.unwrap();
        let limit = Duration::from_secs(3_600);

        let waited = tokio::time::timeout(limit, subscription.next_event()).await;

        assert!(waited.is_err(), "{waited:?}");
        store.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn execute_retries_and_takes_snapshots() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let faulty = Faulty::new(store.clone());
        let counters = Repository::<Counter>::new(Arc::new(faulty.clone()))
            .with_snapshots(SnapshotPolicy::every(5));
        let id = new_event_id();
        for number in 0..12 {
            faulty.next_append(match number % 3 {
                0 => Fault::TimeOutBeforeCommit,
                1 => Fault::TimeOutAfterCommit,
                _ => Fault::Conflict,
            });
            counters.execute(id, |c| c.add(1)).await.unwrap();
        }

        let others = store.repository::<Counter>();
        assert_eq!(others.load(id).await.unwrap().total, 12);
        assert_eq!(counters.load(id).await.unwrap().total, 12);
        assert!(faulty.faults() >= 12);
        store.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_calls_at_once_do_not_move_the_clock() {
    let folder = TempFolder::new();
    for store in stores(&folder).await {
        let appends = (0..200).map(|number| {
            let store = store.clone();
            async move {
                let stream = StreamName::new("Thing", number).unwrap();
                store.append(&stream, Any, vec![event()]).await.unwrap();
            }
        });
        at_once("many appends", futures_util::future::join_all(appends)).await;
        store.close().await;
    }
}
