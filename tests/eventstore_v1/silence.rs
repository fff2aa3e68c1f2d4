//! Clients that take places and give nothing for them.

use crate::support::{bare, connect, event, foreign, request, server, soon, stream};
use plumberd::{store::EventStore, stream::ExpectedRevision::Any};
use plumberd_testkit::eventstore_v1::{EventStoreV1Server, EventStoreV1ServerConfig};
use plumberd_tests::http2::{self, PREFACE, Peer};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn connections(server: &EventStoreV1Server, wanted: usize) {
    let reached = async {
        while server.connections() != wanted {
            tokio::task::yield_now().await;
        }
    };
    soon("the connections", reached).await;
}

#[tokio::test]
async fn connections_that_say_nothing_shut_no_caller_out() {
    let config = EventStoreV1ServerConfig::new().with_max_connections(3);
    let server = config.start().await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(server.address()).await.unwrap());
    }

    let store = connect(&server, "").await;
    let name = stream("Order-1");
    let append = store.append(&name, Any, vec![event("Placed")]);
    soon("the append", append).await.unwrap();

    assert!(server.connections() <= 3);
}

#[tokio::test]
async fn a_connection_with_a_call_under_way_keeps_its_place() {
    let config = EventStoreV1ServerConfig::new().with_max_connections(1);
    let server = config.start().await.unwrap();
    server.stay_silent(1);
    let mut client = bare(&server).await;
    let call = tokio::spawn(async move { client.append(request(0, vec![foreign("a", 1)])).await });
    let come = async {
        while server.calls() == 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("the call", come).await;

    let mut another = TcpStream::connect(server.address()).await.unwrap();
    let mut nothing = Vec::new();
    let _ = soon("its end", another.read_to_end(&mut nothing)).await;

    assert_eq!(server.connections(), 1);
    assert!(!call.is_finished(), "it was cut");
    call.abort();
    connections(&server, 0).await;
}

#[tokio::test]
async fn what_is_begun_and_not_finished_is_hung_up_on_when_its_time_is_over() {
    let plain = server().await;
    let encrypted = EventStoreV1ServerConfig::new().with_tls();
    let encrypted = encrypted.start().await.unwrap();
    let greeting = [PREFACE, &http2::frame(http2::SETTINGS, 0, 0, &[])].concat();
    let headers = [
        &greeting[..],
        &http2::head(40, http2::HEADERS, 0, 1),
        &[0x83],
    ]
    .concat();
    for (server, said) in [
        (&plain, &b""[..]),
        (&plain, &PREFACE[..5]),
        (&plain, &headers),
        // The first byte of a handshake.
        (&encrypted, &[0x16]),
    ] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(said).await.unwrap();
        connections(server, 1).await;
        // From here on time passes as soon as no task has anything to do.
        let opened = tokio::time::Instant::now();
        tokio::time::pause();

        let _ = stream.read_to_end(&mut Vec::new()).await;

        // Without a limit of their own, by a ping that is not answered.
        assert!(opened.elapsed() < Duration::from_secs(30), "{said:?}");
        tokio::time::resume();
        connections(server, 0).await;
    }
}

#[tokio::test]
async fn a_client_that_greets_and_answers_no_ping_is_hung_up_on() {
    let server = server().await;
    let mut peer = Peer::connect(server.address()).await;
    connections(&server, 1).await;

    tokio::time::pause();
    peer.ended().await;
    tokio::time::resume();

    connections(&server, 0).await;
}
