//! The store over a server that fails in every way on cue.

use crate::faults::{SLACK, append_at_last, connect_at_last};
use plumberd::{
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig},
    event::{ContentType, NewEvent, RawMetadata, RecordedEvent, new_event_id},
    store::{
        EventStore, EventStoreExt, Filter, ReadOptions, StoreError, SubscribeFrom, Subscription,
        SubscriptionMessage,
    },
    stream::{
        ExpectedRevision::{self, Any, NoStream},
        Revision, StreamName,
    },
};
use plumberd_testkit::esdb::{EsdbServer, Fault};
use std::time::{Duration, Instant};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(120);

async fn connect(server: &EsdbServer) -> EventStoreDb {
    let config = EventStoreDbConfig::from_url(&server.url()).unwrap();
    EventStoreDb::connect(config).await.unwrap()
}

fn stream(id: &str) -> StreamName {
    StreamName::new("Order", id).unwrap()
}

fn event() -> NewEvent {
    NewEvent::new(new_event_id(), "Placed".parse().unwrap(), "{\"no\":1}")
}

fn exact(revision: u64) -> ExpectedRevision {
    ExpectedRevision::Exact(Revision::new(revision))
}

async fn read(store: &EventStoreDb, stream: &StreamName) -> Vec<RecordedEvent> {
    let events = store.read_stream(stream, ReadOptions::forwards());
    events.collect_all().await.unwrap()
}

async fn next_ids(subscription: &mut Subscription, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let next = tokio::time::timeout(PATIENCE, subscription.next_event()).await;
        ids.push(next.expect("an event came").unwrap().unwrap().id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_after_the_commit_gives_one_event_and_the_first_outcome() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    for (number, expected) in [NoStream, exact(0), Any].into_iter().enumerate() {
        server.faults().cut_after_commits(1);

        let outcome = store
            .append(&stream("1"), expected, vec![event()])
            .await
            .unwrap();

        let cuts = server.faults().count(Fault::CutAfterCommit);
        assert_eq!(cuts, number as u64 + 1);
        assert_eq!(outcome.revision(), Revision::new(number as u64));
        assert!(!outcome.is_already_applied(), "it was this very append");
        let events = read(&store, &stream("1")).await;
        assert_eq!(events.len(), number + 1);
        assert_eq!(events[number].position, outcome.position());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_ends_every_call_within_the_deadline() {
    let server = EsdbServer::start().await.unwrap();
    let deadline = Duration::from_secs(2);
    let config = EventStoreDbConfig::from_url(&server.url()).unwrap();
    let store = connect_at_last(&config.with_deadline(deadline)).await;
    let of = stream("1");
    append_at_last(&store, of.as_str()).await;
    server.faults().freeze();
    let began = Instant::now();

    let appended = store.append(&of, Any, vec![event()]).await;

    assert!(
        matches!(&appended, Err(StoreError::OutcomeUnknown { .. })),
        "{appended:?}"
    );
    let took = began.elapsed();
    assert!(took < deadline + SLACK, "{took:?}");
    let began = Instant::now();
    let info = store.stream_info(&of).await;
    assert!(
        matches!(&info, Err(StoreError::Unavailable { .. })),
        "{info:?}"
    );
    let took = began.elapsed();
    assert!(took < deadline + SLACK, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_survive_a_restart_without_loss_or_repetition() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let of = stream("1");
    let mut one = store
        .subscribe_stream(&of, SubscribeFrom::End)
        .await
        .unwrap();
    let mut all = store
        .subscribe_all(SubscribeFrom::End, Filter::new())
        .await
        .unwrap();
    let mut written = Vec::new();
    for round in 0..3 {
        for _ in 0..10 {
            let event = event();
            written.push(event.id());
            store.append(&of, Any, vec![event]).await.unwrap();
        }
        let wanted = &written[round * 10..];
        assert_eq!(next_ids(&mut one, 10).await, wanted);
        assert_eq!(next_ids(&mut all, 10).await, wanted);
        match round {
            0 => server.restart().await.unwrap(),
            _ => drop(server.faults().drop_connections()),
        }
    }
}

/// On one thread: a subscription that never gave it back would stop everything.
#[tokio::test]
async fn a_subscription_that_the_server_ends_in_peace_goes_on_and_does_not_spin() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let of = stream("1");
    let mut subscription = store
        .subscribe_stream(&of, SubscribeFrom::Start)
        .await
        .unwrap();
    let first = event();
    store.append(&of, Any, vec![first.clone()]).await.unwrap();
    assert_eq!(next_ids(&mut subscription, 1).await, [first.id()]);

    assert!(server.faults().complete_subscription());

    let second = event();
    store.append(&of, Any, vec![second.clone()]).await.unwrap();
    assert_eq!(next_ids(&mut subscription, 1).await, [second.id()]);
    assert_eq!(server.faults().count(Fault::SubscriptionEnd), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_of_others_take_no_append_down() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let contested = stream("contested");
    store.append(&contested, Any, vec![event()]).await.unwrap();
    let conflicting = (0..64).map(|_| {
        let (store, of) = (store.clone(), contested.clone());
        tokio::spawn(async move { store.append(&of, NoStream, vec![event()]).await })
    });
    let conflicting: Vec<_> = conflicting.collect();
    let right = (0..64).map(|number| {
        let (store, of) = (store.clone(), stream(&number.to_string()));
        tokio::spawn(async move {
            let event = event();
            let outcome = store.append(&of, NoStream, vec![event.clone()]).await;
            (of, event.id(), outcome.unwrap())
        })
    });
    let right: Vec<_> = right.collect();

    for append in conflicting {
        let result = append.await.unwrap();
        let actual = Some(Revision::FIRST);
        assert!(
            matches!(&result, Err(StoreError::Conflict { actual: at, .. }) if *at == actual),
            "{result:?}"
        );
    }
    for append in right {
        let (of, id, outcome) = append.await.unwrap();
        assert_eq!(outcome.revision(), Revision::FIRST);
        assert!(!outcome.is_already_applied());
        let events = read(&store, &of).await;
        assert_eq!(
            events.iter().map(|event| event.id).collect::<Vec<_>>(),
            [id]
        );
    }
    assert_eq!(read(&store, &contested).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_goes_on_after_its_connection_was_cut() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let of = stream("1");
    for _ in 0..4 {
        let batch = (0..2_000).map(|_| event()).collect();
        store.append(&of, Any, batch).await.unwrap();
    }
    let mut events = store.read_stream(&of, ReadOptions::forwards());
    let mut revisions = Vec::new();
    while let Some(page) = events.next_page().await.unwrap() {
        revisions.extend(page.iter().map(|event| event.revision.as_u64()));
        if revisions.len() < 1_000 {
            server.faults().drop_connections();
        }
    }

    assert!(server.faults().count(Fault::Drop) > 0);
    assert_eq!(revisions, (0..8_000).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_is_not_the_json_it_is_said_to_be_comes_back_as_it_was() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let datas = ["", "no json", " {\"a\":1}", "{\"a\": 1.50}", "{\"a\":1} "];
    let batch: Vec<_> = datas
        .iter()
        .map(|data| {
            NewEvent::new(new_event_id(), "Said".parse().unwrap(), (*data).to_owned())
                .with_raw_metadata(RawMetadata::new("{\"k\":1}".into()))
        })
        .collect();

    store.append(&stream("1"), Any, batch).await.unwrap();

    for (event, data) in read(&store, &stream("1")).await.iter().zip(datas) {
        assert_eq!(event.data, data.as_bytes());
        assert_eq!(event.content_type, ContentType::JSON);
        assert_eq!(event.metadata.as_bytes(), "{\"k\":1}".as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_nothing_are_yielded_and_counted() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let (target, links) = (stream("1"), stream("links"));
    store.append(&target, Any, vec![event()]).await.unwrap();
    let read = read(&store, &target).await;
    store.append_link(&links, Any, &read[0]).await.unwrap();
    store.delete(&target, Any).await.unwrap();

    let mut subscription = store
        .subscribe_stream(&links, SubscribeFrom::Start)
        .await
        .unwrap();

    let message = subscription.next_message().await.unwrap().unwrap();
    assert!(
        matches!(&message, SubscriptionMessage::Event(event) if event.is_unresolved_link()),
        "{message:?}"
    );
    assert_eq!(store.unresolved_links(), 1);
}

/// A call of its own waits 40 ms for an acknowledgement, which the server of
/// the kit hides: so the calls are counted.
#[tokio::test]
async fn appends_go_through_sessions_and_not_by_a_call_each() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;

    for id in 0..50 {
        let id = format!("session-{}", id % 10);
        store
            .append(&stream(&id), Any, vec![event()])
            .await
            .unwrap();
    }

    let calls = |method| server.calls(&format!("event_store.client.streams.Streams/{method}"));
    assert_eq!(calls("Append"), 0);
    assert!((1..=4).contains(&calls("BatchAppend")));
}
