//! How many connections a store has, and until when.

use crate::support::{connect, event, server, soon, stream};
use plumberd::{
    Store,
    store::{EventStore, Filter, ReadOptions, SubscribeFrom, SubscriptionMessage},
    stream::ExpectedRevision::Any,
};
use plumberd_testkit::eventstore_v1::EventStoreV1Server;
use plumberd_tests::http2::{ACK, PING, Peer};
use std::time::Duration;
use tokio::{net::TcpListener, task::JoinSet};

/// What a server keeps waiting is not to end by itself.
const PATIENT: &str = "&request_timeout=3600s&retries=0";

/// Longer than a connection is to be left alone, many times over.
const SILENCE: Duration = Duration::from_secs(600);

/// Makes so many reads that are not answered, and waits until they have come.
async fn wait_with(calls: usize, store: &Store, server: &EventStoreV1Server) -> JoinSet<()> {
    let (mut waiting, before) = (JoinSet::new(), server.calls());
    for _ in 0..calls {
        let store = store.clone();
        waiting.spawn(async move {
            let read = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
            read.collect_all().await.unwrap();
        });
    }
    let come = async {
        while server.calls() < before + calls {
            tokio::task::yield_now().await;
        }
    };
    soon("the calls", come).await;
    waiting
}

async fn connections(server: &EventStoreV1Server, wanted: usize) {
    let reached = async {
        while server.connections() != wanted {
            tokio::task::yield_now().await;
        }
    };
    soon(&format!("{wanted} connections"), reached).await;
}

#[tokio::test]
async fn another_connection_is_made_when_each_has_a_hundred_calls_and_no_more_than_there_may_be() {
    for (options, most) in [
        ("", 4),
        ("&max_connections=2", 2),
        ("&max_connections=1", 1),
    ] {
        let server = server().await;
        let store = connect(&server, &format!("{PATIENT}{options}")).await;
        server.stay_silent(usize::MAX);

        let mut waiting = Vec::new();
        for hundreds in 1..=5 {
            waiting.push(wait_with(100, &store, &server).await);
            assert_eq!(server.connections(), most.min(hundreds), "{options}");
        }

        // Calls that have ended make room on the first one.
        drop(waiting);
        let _waiting = wait_with(100, &store, &server).await;
        assert_eq!(server.connections(), most);
    }
}

#[tokio::test]
async fn a_call_that_failed_is_made_again_on_another_connection() {
    let server = server().await;
    let store = connect(&server, "&retries=1").await;
    store.stream_info(&stream("Order-1")).await.unwrap();
    assert_eq!(server.connections(), 1);
    server.refuse_reads(1, 14);

    store.stream_info(&stream("Order-1")).await.unwrap();

    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_store_that_is_dropped_lets_its_connections_go() {
    let server = server().await;
    let store = connect(&server, PATIENT).await;
    let tenant = store.tenant("t2").unwrap();
    tenant
        .append(&stream("Order-1"), Any, vec![event("Placed")])
        .await
        .unwrap();
    server.stay_silent(150);
    let waiting = wait_with(150, &store, &server).await;
    assert_eq!(server.connections(), 2);
    let mut followed = tenant
        .subscribe_all(SubscribeFrom::End, Filter::new())
        .await
        .unwrap();
    let first = soon("a signal", followed.next_message()).await.unwrap();
    assert_eq!(first, Some(SubscriptionMessage::CaughtUp));

    drop((store, tenant));
    // A call that still uses a handle has the connections.
    drop(waiting);
    assert_eq!(server.connections(), 2);
    drop(followed);

    connections(&server, 0).await;
}

#[tokio::test]
async fn a_server_that_answers_no_ping_is_left_though_no_call_is_made() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "eventstore+http://{}?tenant=t1",
        listener.local_addr().unwrap()
    );
    let (store, mut peer) = tokio::join!(plumberd::connect(&url), Peer::accept(&listener));
    let _store = store.unwrap();
    // From here on time passes as soon as no task has anything to do.
    tokio::time::pause();

    let (mut pings, began) = (0, tokio::time::Instant::now());
    loop {
        // Virtual time: without a ping nothing else would ever come.
        let next = tokio::time::timeout(SILENCE, peer.next()).await;
        let Some(frame) = next.expect("a ping, or the end of the connection") else {
            break;
        };
        if (frame.kind, frame.flags & ACK) == (PING, 0) {
            pings += 1;
            if pings < 3 {
                peer.send(PING, ACK, 0, &frame.payload).await;
            }
        }
    }

    assert_eq!(pings, 3, "two that are answered keep the connection");
    assert!(began.elapsed() >= Duration::from_secs(3 * 10));
}
