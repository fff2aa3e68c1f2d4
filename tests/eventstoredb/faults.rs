//! What the server of the kit does wrong on cue, and what the store makes of
//! it.

use plumberd::{
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig},
    event::{NewEvent, new_event_id},
    store::{
        AppendOutcome, EventStore, Filter, ReadOptions, StoreError, SubscribeFrom, Subscription,
        SubscriptionMessage,
    },
    stream::{ExpectedRevision, Revision, StreamName},
};
use plumberd_testkit::esdb::{EsdbServer, EsdbServerConfig, Fault, Status};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Longer than anything takes that comes at all, on a machine however busy.
pub(crate) const EVER: Duration = Duration::from_secs(120);

/// What a busy machine may add to a deadline, where the alternative is to wait
/// for ever.
pub(crate) const SLACK: Duration = Duration::from_secs(60);

/// A call with a short deadline that is to succeed: made again until it is in
/// time, for a busy machine may be late.
pub(crate) async fn at_last<T, E: std::fmt::Debug>(
    mut call: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let begun = Instant::now();
    loop {
        match call().await {
            Ok(done) => return done,
            Err(error) => assert!(begun.elapsed() < EVER, "{error:?}"),
        }
    }
}

/// A store with a short deadline.
pub(crate) async fn connect_at_last(config: &EventStoreDbConfig) -> EventStoreDb {
    at_last(async || EventStoreDb::connect(config.clone()).await).await
}

/// Appends one event, however often that takes with a short deadline.
pub(crate) async fn append_at_last(store: &EventStoreDb, name: &str) -> u64 {
    let (name, event) = (stream(name), event());
    let append = async || {
        let batch = vec![event.clone()];
        store.append(&name, ExpectedRevision::Any, batch).await
    };
    at_last(append).await.revision().as_u64()
}

pub(crate) fn config(server: &EsdbServer, deadline: Duration) -> EventStoreDbConfig {
    EventStoreDbConfig::from_url(&server.url())
        .unwrap()
        .with_deadline(deadline)
}

pub(crate) async fn store(server: &EsdbServer) -> EventStoreDb {
    let config = config(server, EVER);
    EventStoreDb::connect(config).await.unwrap()
}

pub(crate) fn stream(name: &str) -> StreamName {
    StreamName::raw(name).unwrap()
}

pub(crate) fn event() -> NewEvent {
    NewEvent::new(new_event_id(), "Happened".parse().unwrap(), "{}")
}

pub(crate) async fn try_append(
    store: &EventStoreDb,
    name: &str,
) -> Result<AppendOutcome, StoreError> {
    let events = vec![event()];
    store
        .append(&stream(name), ExpectedRevision::Any, events)
        .await
}

pub(crate) async fn append(store: &EventStoreDb, name: &str) -> u64 {
    let outcome = try_append(store, name).await.unwrap();
    outcome.revision().as_u64()
}

pub(crate) async fn count(store: &EventStoreDb, name: &str) -> usize {
    let mut read = store.read_stream(&stream(name), ReadOptions::forwards());
    let mut count = 0;
    while let Some(page) = read.next_page().await.unwrap() {
        count += page.len();
    }
    count
}

pub(crate) async fn next_revision(followed: &mut Subscription) -> Revision {
    let next = timeout(EVER, followed.next_event())
        .await
        .expect("an event");
    next.unwrap().unwrap().revision
}

async fn caught_up(followed: &mut Subscription) {
    let told = async {
        while followed.next_message().await.unwrap() != Some(SubscriptionMessage::CaughtUp) {}
    };
    timeout(EVER, told).await.expect("caught up");
}

#[tokio::test]
async fn a_connection_that_is_cut_after_the_commit_gives_one_event_and_the_first_outcome() {
    let server = EsdbServer::start().await.unwrap();
    let store = store(&server).await;
    append(&store, "Order-1").await;
    for expected in [
        ExpectedRevision::Exact(Revision::new(0)),
        ExpectedRevision::Any,
        ExpectedRevision::StreamExists,
    ] {
        let before = count(&store, "Order-1").await;
        let cuts = server.faults().count(Fault::CutAfterCommit);
        server.faults().cut_after_commits(1);

        let outcome = store
            .append(&stream("Order-1"), expected, vec![event(), event()])
            .await
            .unwrap();

        assert_eq!(server.faults().count(Fault::CutAfterCommit), cuts + 1);
        assert!(!outcome.is_already_applied(), "{outcome:?}");
        assert_eq!(outcome.revision().as_u64(), before as u64 + 1);
        assert_eq!(count(&store, "Order-1").await, before + 2);
    }
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_is_not_said_to_have_failed() {
    let server = EsdbServer::start().await.unwrap();
    let store = store(&server).await;
    append(&store, "Order-1").await;

    server.faults().cut_after_commits(1);
    server
        .faults()
        .answer(1, Status::resource_exhausted("not now"));
    let error = try_append(&store, "Order-1").await.unwrap_err();

    assert_eq!(server.faults().count(Fault::Answer), 1);
    assert_eq!(count(&store, "Order-1").await, 2);
    assert!(
        matches!(error, StoreError::OutcomeUnknown { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_append_that_was_sent_late_and_not_answered_is_not_said_to_have_failed() {
    let server = EsdbServer::start().await.unwrap();
    let faults = server.faults();
    faults.refuse_connections();
    let deadline = Duration::from_secs(10);
    let config = config(&server, deadline).with_max_discover_attempts(1);
    let store = EventStoreDb::lazy(config).unwrap();
    let writer = store.clone();
    let begun = Instant::now();
    let appending = tokio::spawn(async move { try_append(&writer, "Order-1").await });

    // By then it has given the session up, which has half of the time.
    while begun.elapsed() < deadline * 6 / 10 {
        let refused = faults.count(Fault::Refusal);
        faults.happened(Fault::Refusal, refused + 1).await;
    }
    faults.delay_answers(Duration::from_millis(200));
    faults.admit_connections();
    faults.happened(Fault::Delay, 1).await;
    faults.delay_answers(Duration::from_secs(60));
    let error = appending.await.unwrap().unwrap_err();

    faults.clear();
    assert_eq!(count(&store, "Order-1").await, 1);
    assert!(
        matches!(error, StoreError::OutcomeUnknown { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_append_for_which_no_client_could_be_made_was_not_sent() {
    let server = EsdbServerConfig::new().with_tls().start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, server.ca_pem().unwrap()).unwrap();
    let config = config(&server, Duration::from_millis(300)).with_ca_file(&file);
    let store = EventStoreDb::lazy(config).unwrap();
    std::fs::remove_file(&file).unwrap();

    let error = try_append(&store, "Order-1").await.unwrap_err();

    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_subscription_that_the_server_ends_goes_on() {
    let server = EsdbServer::start().await.unwrap();
    let store = store(&server).await;
    let mut one = store
        .subscribe_stream(&stream("Order-1"), SubscribeFrom::Start)
        .await
        .unwrap();
    let filter = Filter::new().stream(stream("Order-1"));
    let mut all = store
        .subscribe_all(SubscribeFrom::Start, filter)
        .await
        .unwrap();
    caught_up(&mut one).await;
    caught_up(&mut all).await;

    for round in 0..3 {
        // As if complete, which the crate spins on: here there is one thread.
        while server.faults().complete_subscription() {}
        let revision = Revision::new(append(&store, "Order-1").await);
        assert_eq!(next_revision(&mut one).await, revision, "{round}");
        assert_eq!(next_revision(&mut all).await, revision, "{round}");

        let ended = server
            .faults()
            .end_subscriptions(&Status::unavailable("Server Is Not Ready"));
        assert_eq!(ended, 2);
        let revision = Revision::new(append(&store, "Order-1").await);
        assert_eq!(next_revision(&mut one).await, revision, "{round}");
        assert_eq!(next_revision(&mut all).await, revision, "{round}");
    }
}

#[tokio::test]
async fn a_frozen_server_is_given_up_at_the_deadline_and_serves_after_the_thaw() {
    let deadline = Duration::from_secs(1);
    let server = EsdbServer::start().await.unwrap();
    let store = connect_at_last(&config(&server, deadline)).await;
    append_at_last(&store, "Order-1").await;
    let name = &stream("Order-1");
    let narrow = Filter::new().stream(name.clone());
    server.faults().freeze();

    let begun = Instant::now();
    let unavailable = |what: &str, error: Option<StoreError>| {
        let late = begun.elapsed();
        assert!(late < deadline + SLACK, "{what} after {late:?}");
        match error {
            Some(StoreError::Unavailable { .. }) => assert_ne!(what, "append"),
            Some(StoreError::OutcomeUnknown { .. }) => assert_eq!(what, "append"),
            other => panic!("{what}: {other:?}"),
        }
    };
    tokio::join!(
        async {
            let append = store.append(name, ExpectedRevision::Any, vec![event()]);
            unavailable("append", append.await.err());
        },
        async {
            let mut read = store.read_stream(name, ReadOptions::forwards());
            unavailable("read", read.next_page().await.err());
        },
        async {
            let mut read = store.read_all(ReadOptions::forwards(), Filter::new());
            unavailable("read all", read.next_page().await.err());
        },
        async {
            let mut read = store.read_all(ReadOptions::forwards(), narrow);
            unavailable("filtered read", read.next_page().await.err());
        },
        async {
            let subscription = store.subscribe_stream(name, SubscribeFrom::Start);
            unavailable("subscribe", subscription.await.err());
        },
        async {
            let info = store.stream_info(name);
            unavailable("info", info.await.err());
        },
    );

    server.faults().thaw();
    append_at_last(&store, "Order-1").await;
    let patient = crate::faults::store(&server).await;
    assert!(count(&patient, "Order-1").await >= 2);
}

#[tokio::test]
async fn of_many_appends_to_a_frozen_server_none_waits_for_the_others() {
    let deadline = Duration::from_millis(500);
    let server = EsdbServer::start().await.unwrap();
    let store = connect_at_last(&config(&server, deadline)).await;
    server.faults().freeze();

    let begun = Instant::now();
    let name = stream("Order-1");
    // One after another they would take three times as long as is allowed.
    let appends = (0..360).map(|_| store.append(&name, ExpectedRevision::Any, vec![event()]));
    let outcomes = futures_util::future::join_all(appends).await;

    assert!(outcomes.iter().all(Result::is_err));
    let late = begun.elapsed();
    assert!(late < deadline + SLACK, "{late:?}");
}

#[tokio::test]
async fn a_filtered_read_ends_when_the_server_stays_away() {
    let server = EsdbServer::start().await.unwrap();
    let store = store(&server).await;
    let name = stream("Order-1");
    for _ in 0..20 {
        let data = format!("\"{}\"", "x".repeat(20_000));
        let events = (0..40)
            .map(|_| NewEvent::new(new_event_id(), "Happened".parse().unwrap(), data.clone()))
            .collect();
        store
            .append(&name, ExpectedRevision::Any, events)
            .await
            .unwrap();
    }
    let mut read = store.read_all(ReadOptions::forwards(), Filter::new().stream(name));
    assert!(read.next_page().await.unwrap().is_some());
    server.stop().await;

    let rest = async {
        loop {
            match read.next_page().await {
                Ok(Some(_)) => {}
                other => return other,
            }
        }
    };
    let error = timeout(EVER, rest).await.expect("an end").unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}

async fn survives_a_restart(server: EsdbServer) {
    let store = store(&server).await;
    let mut one = store
        .subscribe_stream(&stream("Order-1"), SubscribeFrom::Start)
        .await
        .unwrap();
    let everything = Filter::new();
    let mut all = store
        .subscribe_all(SubscribeFrom::Start, everything)
        .await
        .unwrap();
    for revision in 0..9 {
        if revision % 3 == 1 {
            server.restart().await.unwrap();
        }
        assert_eq!(append(&store, "Order-1").await, revision);
        if revision % 3 == 2 {
            server.restart().await.unwrap();
        }
        let revision = Revision::new(revision);
        assert_eq!(next_revision(&mut one).await, revision);
        assert_eq!(next_revision(&mut all).await, revision);
    }
    assert_eq!(count(&store, "Order-1").await, 9);
}

#[tokio::test]
async fn a_restart_on_memory_keeps_the_streams_and_who_follows_them() {
    survives_a_restart(EsdbServer::start().await.unwrap()).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_restart_on_a_file_keeps_the_streams_and_who_follows_them() {
    let directory = tempfile::tempdir().unwrap();
    let config = EsdbServerConfig::new().with_file(directory.path().join("streams.db"));
    survives_a_restart(config.start().await.unwrap()).await;
}
