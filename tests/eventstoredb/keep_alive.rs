//! That the server is pinged while a call is open, and what becomes of one
//! that does not answer.

use crate::faults::EVER;
use plumberd::backend::eventstoredb::{EventStoreDb, EventStoreDbConfig};
use plumberd_tests::http2::{ACK, END_HEADERS, END_STREAM, HEADERS, PING, Peer};
use std::time::Duration;
use tokio::{net::TcpListener, time::timeout};

/// What the client is told to wait, which is the least it may be told.
const INTERVAL: Duration = Duration::from_secs(10);

/// What a server answers that does not say what it can: the question that
/// a client begins with.
const UNIMPLEMENTED: &[u8] = b"\x88\x0f\x10\x10application/grpc\x00\x0bgrpc-status\x0212";

/// The next ping; calls but the first are not answered.
async fn next_ping(peer: &mut Peer) -> Option<Vec<u8>> {
    loop {
        let frame = peer.next().await?;
        match frame.kind {
            HEADERS if frame.stream == 1 => {
                let last = END_HEADERS | END_STREAM;
                peer.send(HEADERS, last, frame.stream, UNIMPLEMENTED).await;
            }
            PING if frame.flags & ACK == 0 => return Some(frame.payload),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_server_that_answers_no_ping_is_left_long_before_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = EventStoreDbConfig::new(address.ip().to_string(), address.port())
        .with_tls(false)
        .with_deadline(Duration::from_secs(3_600))
        .with_keep_alive_interval(INTERVAL)
        .with_keep_alive_timeout(INTERVAL);
    let store = EventStoreDb::lazy(config).unwrap();
    let calling = store.clone();
    let call = tokio::spawn(async move { calling.check().await });
    let mut peer = Peer::accept(&listener).await;

    // One that is answered keeps the connection.
    let first = timeout(EVER, next_ping(&mut peer)).await.expect("a ping");
    peer.send(PING, ACK, 0, &first.unwrap()).await;
    let second = timeout(EVER, next_ping(&mut peer)).await.expect("a ping");
    assert!(second.is_some(), "the connection was given up");
    let last = timeout(EVER, next_ping(&mut peer)).await;

    assert_eq!(last.expect("the end of the connection"), None);
    call.abort();
}
