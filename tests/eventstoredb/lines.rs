//! What shares a connection, and what must not: data that no reader takes holds up
//! everything else on its connection.

use crate::{
    deadlines::behind,
    faults::*,
    scripted::{Script, Scripted},
};
use plumberd::{
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig},
    event::{NewEvent, new_event_id},
    store::{EventStore, EventStream, Filter, ReadOptions, StoreError, SubscribeFrom},
    stream::ExpectedRevision::Any,
};
use plumberd_testkit::esdb::{EsdbServer, Fault, Status};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// A call behind data that no reader takes waits so long.
const DEADLINE: Duration = Duration::from_secs(240);

async fn with_deadline(server: &EsdbServer) -> EventStoreDb {
    EventStoreDb::connect(config(server, DEADLINE))
        .await
        .unwrap()
}

async fn fill(store: &EventStoreDb, name: &str, batches: usize, events: usize, bytes: usize) {
    let data = format!("\"{}\"", "x".repeat(bytes));
    let event = || NewEvent::new(new_event_id(), "Happened".parse().unwrap(), data.clone());
    for _ in 0..batches {
        let events = (0..events).map(|_| event()).collect();
        store.append(&stream(name), Any, events).await.unwrap();
    }
}

const LONG: [&str; 3] = ["Order-1", "Order-2", "Order-3"];

/// Each more than a stream of HTTP/2 may hold, behind as many events as are
/// handed over ahead.
async fn fill_long(store: &EventStoreDb) {
    for name in LONG {
        fill(store, name, 5, 110, 8_000).await;
    }
}

async fn in_time<T>(what: &str, call: impl Future<Output = Result<T, StoreError>>) -> T {
    let began = Instant::now();
    let result = call.await;
    let took = began.elapsed();
    let error = result.as_ref().err();
    assert!(error.is_none(), "{what}: {took:?}, {error:?}");
    assert!(took < DEADLINE * 3 / 4, "{what}: {took:?}");
    result.unwrap()
}

/// What was sent and is not taken has come by then.
async fn settled() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

#[tokio::test]
async fn calls_and_reads_do_not_wait_for_subscriptions_that_are_not_polled() {
    let server = EsdbServer::start().await.unwrap();
    let store = with_deadline(&server).await;
    fill_long(&store).await;
    append(&store, "Order-4").await;

    let mut unpolled = Vec::new();
    for name in LONG {
        let name = stream(name);
        let subscribed = store.subscribe_stream(&name, SubscribeFrom::Start);
        unpolled.push(subscribed.await.unwrap());
    }
    settled().await;

    let outcome = in_time("append", try_append(&store, "Order-4")).await;
    assert!(!outcome.is_already_applied());
    let mut read = store.read_stream(&stream("Order-4"), ReadOptions::forwards());
    let page = in_time("read", read.next_page()).await;
    assert_eq!(page.unwrap().len(), 2);
}

#[tokio::test]
async fn appends_do_not_wait_for_reads_that_are_paused() {
    let server = EsdbServer::start().await.unwrap();
    let store = with_deadline(&server).await;
    fill_long(&store).await;
    let mut paused = Vec::new();
    for name in LONG {
        let mut read = store.read_stream(&stream(name), ReadOptions::forwards());
        read.next_page().await.unwrap().unwrap();
        paused.push(read);
    }
    settled().await;

    let outcome = in_time("append", try_append(&store, "Order-4")).await;
    assert!(!outcome.is_already_applied());
    in_time("info", store.stream_info(&stream("Order-4"))).await;
    let name = stream("Order-4");
    let subscribed = store.subscribe_stream(&name, SubscribeFrom::Start);
    in_time("subscribe", subscribed).await;
}

#[tokio::test]
async fn a_step_that_is_given_little_time_does_not_end_the_client() {
    let deadline = Duration::from_secs(8);
    let server = EsdbServer::start().await.unwrap();
    let (proxy, store) = behind(&server, deadline).await;
    let name = stream("Order-1");
    let oldest = event();
    store
        .append(&name, Any, vec![oldest.clone()])
        .await
        .unwrap();
    fill(&store, "Order-1", 3, 100, 10).await;
    let connections = proxy.accepted();

    // The refusal and the newest page are in time, and what comes then begins
    // with little.
    server.faults().delay_answers(deadline * 17 / 20);
    let conflict = store.append(&name, Any, vec![event(), oldest]).await;
    let error = conflict.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    server.faults().delay_answers(Duration::ZERO);

    append(&store, "Order-1").await;
    assert_eq!(proxy.accepted(), connections);
}

#[test]
fn a_read_that_passes_much_over_gives_its_thread_back() {
    let servers = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = servers.block_on(EsdbServer::start()).unwrap();
    let alone = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let name = stream("Order-1");
    let backwards = || ReadOptions::backwards();
    alone.block_on(async {
        let store = store(&server).await;
        fill(&store, "Other-1", 10, 600, 1).await;
        append(&store, "Order-1").await;
        let filter = Filter::new().stream(name);
        let mut read: EventStream = store.read_all(backwards(), filter);
        read.next_page().await.unwrap().unwrap();
        // All that is passed over has come.
        settled().await;

        let (ticks, ended) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let ticker = tokio::spawn({
            let (ticks, ended) = (Arc::clone(&ticks), Arc::clone(&ended));
            async move {
                while !ended.load(Ordering::SeqCst) {
                    ticks.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            }
        });
        tokio::task::yield_now().await;
        let before = ticks.load(Ordering::SeqCst);
        assert!(read.next_page().await.unwrap().is_none());
        let turns = ticks.load(Ordering::SeqCst) - before;
        ended.store(true, Ordering::SeqCst);
        ticker.await.unwrap();
        assert!(turns >= 20, "{turns}");
    });
}

#[tokio::test]
async fn a_read_of_everything_goes_on_when_a_node_does_not_serve_it() {
    let server = EsdbServer::start().await.unwrap();
    let store = store(&server).await;
    append(&store, "Order-1").await;
    server.faults().answer(1, Status::not_found(""));

    let mut read = store.read_all(ReadOptions::forwards(), Filter::new());

    assert_eq!(read.next_page().await.unwrap().unwrap().len(), 1);
    assert_eq!(server.faults().count(Fault::Answer), 1);
}

#[tokio::test]
async fn a_call_succeeds_when_connecting_takes_longer_than_the_deadline() {
    let script = Script::well();
    let node = Scripted::start(script.clone()).await;
    *script.leader.lock().unwrap() = Some(node.address);
    let url = format!(
        "esdb://{0},{0}?tls=false&discoveryInterval=500&defaultDeadline=300",
        node.address
    );
    let store = EventStoreDb::lazy(EventStoreDbConfig::from_url(&url).unwrap()).unwrap();

    let began = Instant::now();
    while let Err(error) = store.check().await {
        assert!(began.elapsed() < EVER, "{error:?}");
    }
}
