//! Every call ends at its deadline, and what did not answer is not asked again.

use crate::{clients::port, faults::*, proxy::Proxy};
use plumberd::{
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig},
    event::{NewEvent, new_event_id},
    store::{
        EventStore, EventStoreExt, EventStream, Filter, ReadOptions, StoreError, SubscribeFrom,
    },
    stream::{
        ExpectedRevision::{Any, Exact},
        Revision,
    },
};
use plumberd_testkit::esdb::EsdbServer;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// A store on the other side of a proxy, which is never pinged.
pub(crate) async fn behind(server: &EsdbServer, deadline: Duration) -> (Proxy, EventStoreDb) {
    let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], port(server)))).await;
    let url = format!(
        "esdb://{}?tls=false&keepAliveInterval=-1&defaultDeadline={}",
        proxy.address,
        deadline.as_millis()
    );
    let config = EventStoreDbConfig::from_url(&url).unwrap();
    (proxy, connect_at_last(&config).await)
}

#[tokio::test]
async fn an_append_without_an_answer_leaves_the_connection_it_went_over() {
    let server = EsdbServer::start().await.unwrap();
    let (proxy, store) = behind(&server, Duration::from_secs(1)).await;
    assert_eq!(append_at_last(&store, "Order-1").await, 0);

    proxy.swallow();
    let error = try_append(&store, "Order-1").await.unwrap_err();

    assert!(
        matches!(error, StoreError::OutcomeUnknown { .. }),
        "{error:?}"
    );
    assert_eq!(append_at_last(&store, "Order-1").await, 1);
}

#[tokio::test]
async fn appends_do_not_wait_for_sessions_of_a_connection_that_is_given_up() {
    let deadline = Duration::from_secs(30);
    let server = EsdbServer::start().await.unwrap();
    let (proxy, store) = behind(&server, deadline).await;
    let names: Vec<_> = (0..12).map(|number| format!("Order-{number}")).collect();
    for name in &names {
        append(&store, name).await;
    }

    proxy.swallow();
    store.stream_info(&stream("Order-1")).await.unwrap_err();

    let began = Instant::now();
    for name in &names {
        assert_eq!(append(&store, name).await, 1);
    }
    let took = began.elapsed();
    assert!(took < deadline / 2, "{took:?}");
}

/// That it ends in time.
async fn ends<T: std::fmt::Debug>(
    what: &str,
    deadline: Duration,
    call: impl Future<Output = Result<T, StoreError>>,
) -> StoreError {
    let began = Instant::now();
    let error = call.await.unwrap_err();
    let took = began.elapsed();
    assert!(took < deadline + SLACK, "{what}: {took:?}, {error:?}");
    error
}

#[tokio::test]
async fn reads_of_a_server_that_is_gone_end_at_the_deadline() {
    let deadline = Duration::from_secs(4);
    let server = EsdbServer::start().await.unwrap();
    let (store, writer) = (
        connect_at_last(&config(&server, deadline)).await,
        crate::faults::store(&server).await,
    );
    let name = stream("Order-1");
    // More than a connection takes that is not read from.
    let data = format!("\"{}\"", "x".repeat(50_000));
    let event = || NewEvent::new(new_event_id(), "Happened".parse().unwrap(), data.clone());
    for _ in 0..20 {
        let events = (0..16).map(|_| event()).collect();
        writer.append(&name, Any, events).await.unwrap();
    }
    let all = |filter| store.read_all(ReadOptions::forwards(), filter);
    let mut reads = [
        begun(|| store.read_stream(&name, ReadOptions::forwards())).await,
        begun(|| all(Filter::new())).await,
        begun(|| all(Filter::new().stream(name.clone()))).await,
    ];
    server.stop().await;

    for read in &mut reads {
        let page = async {
            loop {
                let began = Instant::now();
                let page = read.next_page().await;
                if !matches!(page, Ok(Some(_))) {
                    return (page, began.elapsed());
                }
            }
        };
        let (page, took) = page.await;
        let error = page.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(took < deadline + SLACK, "{took:?}");
    }
}

/// A read whose first page has come.
async fn begun(read: impl Fn() -> EventStream) -> EventStream {
    at_last(async || {
        let mut read = read();
        read.next_page().await.map(|page| {
            assert!(page.is_some());
            read
        })
    })
    .await
}

#[tokio::test]
async fn calls_of_several_questions_end_at_the_deadline() {
    let deadline = Duration::from_secs(2);
    let server = EsdbServer::start().await.unwrap();
    let store = connect_at_last(&config(&server, deadline)).await;
    let patient = crate::faults::store(&server).await;
    let hidden = stream("Order-hidden");
    let gone = stream("Order-gone");
    for name in [&hidden, &gone] {
        append(&patient, name.as_str()).await;
    }
    patient
        .truncate_before(&hidden, Revision::new(1))
        .await
        .unwrap();
    patient.delete(&gone, Any).await.unwrap();

    // An answer alone is in time, two are not.
    server.faults().delay_answers(deadline * 9 / 10);
    tokio::join!(
        ends("delete", deadline, store.delete(&hidden, Any)),
        ends("tombstone", deadline, store.tombstone(&hidden, Any)),
        ends("info", deadline, store.stream_info(&hidden)),
        ends("subscribe", deadline, async {
            let subscription = store.subscribe_stream(&hidden, SubscribeFrom::End).await;
            subscription.map(|_| ())
        }),
    );

    // A half of the time is a session's.
    server.faults().delay_answers(deadline * 9 / 20);
    let expected = Exact(Revision::new(99));
    let conflict = store.append(&gone, expected, vec![event()]);
    ends("append", deadline, conflict).await;
}
