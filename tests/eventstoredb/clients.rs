//! The clients of the `eventstore` crate that a store makes: none is left when
//! it is not used any more.

use crate::{defects, faults::*};
use plumberd::{
    event::{NewEvent, new_event_id},
    store::{EventStore, ReadOptions, StoreError, SubscribeFrom},
    stream::ExpectedRevision,
};
use plumberd_testkit::esdb::EsdbServer;
use std::time::Duration;
use tokio::time::timeout;

/// Waits until the server has so many connections.
async fn connections(server: &EsdbServer, wanted: usize) {
    let reached = async {
        while server.faults().connections() != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let reached = timeout(EVER, reached).await;
    let there = server.faults().connections();
    assert!(reached.is_ok(), "{there} connections instead of {wanted}");
}

pub(crate) fn port(server: &EsdbServer) -> u16 {
    let url = server.url();
    let port = url.rsplit_once(':').unwrap().1;
    let digits = port.split(|c: char| !c.is_ascii_digit()).next();
    digits.unwrap().parse().unwrap()
}

/// How many threads of clients this process has.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let names = threads.filter_map(|thread| {
        // One that ends meanwhile has no name any more.
        std::fs::read_to_string(thread.ok()?.path().join("comm")).ok()
    });
    names.filter(|name| name.trim() == "plumberd-esdb").count()
}

#[cfg(target_os = "linux")]
#[test]
fn a_dropped_store_leaves_neither_a_connection_nor_a_thread() {
    defects::in_a_process("clients::a_store_that_is_dropped", &[]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn a_store_that_is_dropped() {
    let server = EsdbServer::start().await.unwrap();
    let one = store(&server).await;
    for number in 0..8 {
        append(&one, &format!("Order-{number}")).await;
    }
    // The connection is made anew by the call that comes first: by a read here, by an
    // append and by a subscription below.
    server.faults().drop_connections();
    assert_eq!(count(&one, "Order-1").await, 1);
    let two = store(&server).await;
    let mut followed = two
        .subscribe_stream(&stream("Order-1"), SubscribeFrom::Start)
        .await
        .unwrap();
    next_revision(&mut followed).await;
    server.faults().drop_connections();
    append(&one, "Order-1").await;
    next_revision(&mut followed).await;
    // Both have called, one has read, and the other has subscribed.
    assert_eq!(threads(), 4);
    // Some are not there: no call has used them since they were cut.
    connections(&server, 2).await;

    drop((one, two));
    connections(&server, 1).await;
    append(&store(&server).await, "Order-1").await;
    next_revision(&mut followed).await;
    drop(followed);

    connections(&server, 0).await;
    let ended = async {
        while threads() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(EVER, ended).await.expect("no thread");
}

#[tokio::test]
async fn clients_that_were_given_up_leave_no_connections() {
    let server = EsdbServer::start().await.unwrap();
    let deadline = Duration::from_millis(500);
    let store = connect_at_last(&config(&server, deadline)).await;
    append_at_last(&store, "Order-1").await;
    server.faults().freeze();
    for _ in 0..3 {
        store.stream_info(&stream("Order-1")).await.unwrap_err();
        try_append(&store, "Order-1").await.unwrap_err();
    }
    server.faults().thaw();

    at_last(async || store.check().await).await;
    connections(&server, 1).await;
    drop(store);
    connections(&server, 0).await;
}

#[tokio::test]
async fn nodes_that_pass_a_call_on_for_ever_have_one_connection_each() {
    let (one, two) = (
        EsdbServer::start().await.unwrap(),
        EsdbServer::start().await.unwrap(),
    );
    let config = config(&one, Duration::from_millis(500));
    let store = connect_at_last(&config).await;
    one.faults()
        .answer_not_leader(usize::MAX, "127.0.0.1", port(&two));
    two.faults()
        .answer_not_leader(usize::MAX, "127.0.0.1", port(&one));

    for _ in 0..4 {
        store.check().await.unwrap_err();
        try_append(&store, "Order-1").await.unwrap_err();
    }

    let few = async {
        while one.faults().connections() > 1 || two.faults().connections() > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(EVER, few).await.expect("one of each");
    drop(store);
    connections(&one, 0).await;
    connections(&two, 0).await;
}

#[test]
fn the_last_store_may_be_dropped_inside_a_runtime_or_outside_of_one() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (server, kept) = runtime.block_on(async {
        let server = EsdbServer::start().await.unwrap();
        let dropped = store(&server).await;
        append(&dropped, "Order-1").await;
        drop(dropped);
        connections(&server, 0).await;
        let kept = store(&server).await;
        append(&kept, "Order-1").await;
        (server, kept)
    });
    drop(kept);
    runtime.block_on(connections(&server, 0));
}

#[tokio::test]
async fn a_client_that_is_given_up_does_not_end_the_reads_of_others() {
    let server = EsdbServer::start().await.unwrap();
    let deadline = Duration::from_secs(5);
    let store = connect_at_last(&config(&server, deadline)).await;
    let name = stream("Order-1");
    // More than a connection takes that is not read from.
    let data = format!("\"{}\"", "x".repeat(50_000));
    for _ in 0..20 {
        let events = (0..16)
            .map(|_| NewEvent::new(new_event_id(), "Happened".parse().unwrap(), data.clone()))
            .collect();
        store
            .append(&name, ExpectedRevision::Any, events)
            .await
            .unwrap();
    }
    let mut read = store.read_stream(&name, ReadOptions::forwards());
    let mut come = read.next_page().await.unwrap().unwrap().len();

    server.faults().delay_answers(deadline * 2);
    let mut late = store.read_stream(&name, ReadOptions::forwards());
    let error = late.next_page().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    drop(late);
    server.faults().delay_answers(Duration::ZERO);
    append(&store, "Order-2").await;
    assert_eq!(count(&store, "Order-2").await, 1);
    // That of calls, that of reads, and the one that is given up, for as long
    // as the read is under way.
    connections(&server, 3).await;

    while let Some(page) = read.next_page().await.unwrap() {
        come += page.len();
    }
    assert_eq!(come, 320);
    drop(read);
    connections(&server, 2).await;
}
