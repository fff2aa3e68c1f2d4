//! Clients without manners: the server stays up, and serves the others.

use crate::raw::{channel, features, serves};
use plumberd_testkit::esdb::{
    EsdbServer,
    proto::{
        Empty, StreamIdentifier,
        streams::{DeleteReq, delete_req, streams_client::StreamsClient},
    },
};
use plumberd_tests::http2::{PREFACE, head as frame};
use std::{io::ErrorKind, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tonic::{Code, Request, client::Grpc, codec::ProstCodec};

/// What waits for something that never comes is found out by then.
pub(crate) const GUARD: Duration = Duration::from_secs(120);

pub(crate) async fn started() -> EsdbServer {
    EsdbServer::start().await.unwrap()
}

/// Sends that and reads until the server hangs up.
pub(crate) async fn hangs_up_on(server: &EsdbServer, bytes: &[u8]) {
    let mut stream = match TcpStream::connect(server.address()).await {
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
        connected => connected.unwrap(),
    };
    // It may hang up before everything is sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = timeout(GUARD, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "it still listens");
}

async fn unknown(server: &EsdbServer, path: &'static str) -> Code {
    let mut grpc = Grpc::new(channel(server).await);
    grpc.ready().await.unwrap();
    let codec = ProstCodec::<Empty, Empty>::default();
    let path = path.parse().unwrap();
    let answer = grpc.unary(Request::new(Empty {}), path, codec).await;
    answer.unwrap_err().code()
}

#[tokio::test]
async fn rubbish_instead_of_http_2_is_hung_up_on() {
    let server = started().await;
    hangs_up_on(&server, &[0xff; 4096]).await;
    hangs_up_on(&server, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    // The beginning of TLS, to a server that does not encrypt.
    hangs_up_on(&server, &[&[0x16, 3, 1, 2, 0][..], &[1; 512]].concat()).await;
    assert!(serves(&server).await);
}

#[tokio::test]
async fn frames_that_break_the_rules_are_hung_up_on() {
    let server = started().await;
    let settings = frame(0, 4, 0, 0);
    for rubbish in [
        // Data of 16 MiB on a stream that was never opened.
        frame(0x00ff_ffff, 0, 0, 1),
        // Settings of a length that no settings have.
        frame(5, 4, 0, 0),
        // Headers in a stream of the server's.
        [frame(1, 1, 4, 2), vec![0x82]].concat(),
        // Headers that cannot be decoded.
        [frame(4, 1, 4, 1), vec![0xff; 4]].concat(),
    ] {
        let bytes = [PREFACE, &settings, &rubbish, &[0; 64]].concat();
        hangs_up_on(&server, &bytes).await;
    }
    assert!(serves(&server).await);
}

#[tokio::test]
async fn headers_that_never_end_are_hung_up_on() {
    let server = started().await;
    let mut bytes = [PREFACE, &frame(0, 4, 0, 0)].concat();
    // A literal header field that is continued for ever: 16 MB, if it were read.
    bytes.extend(frame(16_000, 1, 0, 1));
    bytes.extend([0x40, 1, b'a', 0x7f, 0xff, 0xff, 0xff, 0x7f]);
    bytes.extend([b'a'; 15_992]);
    for _ in 0..1_000 {
        bytes.extend(frame(16_000, 9, 0, 1));
        bytes.extend([b'a'; 16_000]);
    }
    hangs_up_on(&server, &bytes).await;
    assert!(serves(&server).await);
}

#[tokio::test]
async fn a_client_that_dribbles_is_left_when_its_time_is_over() {
    let server = started().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(&PREFACE[..5]).await.unwrap();
    while server.faults().connections() == 0 {
        tokio::task::yield_now().await;
    }
    // From here on time passes as soon as no task has anything to do.
    tokio::time::pause();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(server.faults().connections(), 0);
}

#[tokio::test]
async fn hundreds_of_idle_connections_are_no_burden() {
    let server = started().await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(server.address()).await.unwrap());
    }
    assert!(serves(&server).await);
    assert!(server.faults().connections() >= 300);
}

#[tokio::test]
async fn unknown_services_and_methods_are_not_implemented() {
    let server = started().await;
    for path in [
        "/event_store.client.operations.Operations/Shutdown",
        "/event_store.client.streams.Streams/Unheard",
        "/",
    ] {
        assert_eq!(unknown(&server, path).await, Code::Unimplemented, "{path}");
    }
    assert!(serves(&server).await);
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_and_the_connection_serves_on() {
    let server = started().await;
    let there = channel(&server).await;
    let mut client = StreamsClient::new(there.clone());
    let stream_name = vec![b'x'; (16 << 20) + 1].into();
    let options = delete_req::Options {
        stream_identifier: Some(StreamIdentifier { stream_name }),
        expected_stream_revision: None,
    };
    let request = DeleteReq {
        options: Some(options),
    };
    let refusal = client.delete(request).await.unwrap_err();
    assert_eq!(refusal.code(), Code::OutOfRange, "{refusal}");
    features(there).await.unwrap();
}
