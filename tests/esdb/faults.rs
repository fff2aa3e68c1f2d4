//! What goes wrong on cue, seen from the other side.

use crate::raw::{ask, bare, channel, details, features, serves, trailer, users};
use plumberd_testkit::esdb::{EsdbServer, Fault, Status};
use plumberd_tests::http2::{self, ACK, PING, PREFACE, SETTINGS};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::Code;

async fn started() -> EsdbServer {
    EsdbServer::start().await.unwrap()
}

/// Long enough to see that something does not happen.
const A_WHILE: Duration = Duration::from_millis(60);

#[tokio::test]
async fn dropped_connections_are_counted_and_made_again() {
    let server = started().await;
    let first = channel(&server).await;
    features(first.clone()).await.unwrap();
    let second = channel(&server).await;
    features(second.clone()).await.unwrap();
    assert_eq!(server.faults().connections(), 2);

    assert_eq!(server.faults().drop_connections(), 2);
    assert_eq!(server.faults().count(Fault::Drop), 2);
    while server.faults().connections() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(serves(&server).await);
}

#[tokio::test]
async fn a_call_under_way_fails_when_its_connection_is_dropped() {
    let server = started().await;
    let mut client = users(&server).await;
    server.faults().freeze();
    let call = tokio::spawn(async move { client.details(details("admin")).await });
    server.faults().happened(Fault::Freeze, 1).await;

    assert_eq!(server.faults().drop_connections(), 1);
    assert!(call.await.unwrap().is_err());
}

#[tokio::test]
async fn refused_connections_leave_those_that_are_there_alone() {
    let server = started().await;
    let there = channel(&server).await;
    features(there.clone()).await.unwrap();

    server.faults().refuse_connections();
    assert!(ask(&bare(&server.url())).await.is_err());
    assert!(server.faults().count(Fault::Refusal) > 0);
    features(there).await.unwrap();

    server.faults().admit_connections();
    assert!(serves(&server).await);
}

#[tokio::test]
async fn answers_are_late_and_counted() {
    let server = started().await;
    let mut client = users(&server).await;
    server.faults().delay_answers(A_WHILE);
    let begun = Instant::now();
    client.details(details("admin")).await.unwrap();
    assert!(begun.elapsed() >= A_WHILE);
    assert_eq!(server.faults().count(Fault::Delay), 1);

    server.faults().delay_answers(Duration::ZERO);
    client.details(details("admin")).await.unwrap();
    assert_eq!(server.faults().count(Fault::Delay), 1);
}

#[tokio::test]
async fn a_frozen_server_reads_and_answers_after_the_thaw() {
    let server = started().await;
    let mut client = users(&server).await;
    server.faults().freeze();
    let mut call = tokio::spawn(async move { client.details(details("admin")).await });
    server.faults().happened(Fault::Freeze, 1).await;
    assert!(tokio::time::timeout(A_WHILE, &mut call).await.is_err());

    server.faults().thaw();
    call.await.unwrap().unwrap();
    assert!(serves(&server).await);
}

async fn ping(stream: &mut TcpStream, number: u8) {
    let ping = http2::frame(PING, 0, 0, &[number; 8]);
    stream.write_all(&ping).await.unwrap();
}

/// Reads until the answer to that ping is among what was read.
async fn pong(stream: &mut TcpStream, read: &mut Vec<u8>, number: u8) {
    let answer = http2::frame(PING, ACK, 0, &[number; 8]);
    while !read.windows(answer.len()).any(|bytes| bytes == answer) {
        assert!(stream.read_buf(read).await.unwrap() > 0, "it hung up");
    }
}

#[tokio::test]
async fn a_frozen_server_answers_no_ping() {
    let server = started().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let mut read = Vec::new();
    stream.write_all(PREFACE).await.unwrap();
    let settings = http2::frame(SETTINGS, 0, 0, &[]);
    stream.write_all(&settings).await.unwrap();
    ping(&mut stream, 1).await;
    pong(&mut stream, &mut read, 1).await;

    server.faults().freeze();
    ping(&mut stream, 2).await;
    let early = pong(&mut stream, &mut read, 2);
    assert!(tokio::time::timeout(A_WHILE, early).await.is_err());

    server.faults().thaw();
    pong(&mut stream, &mut read, 2).await;
}

#[tokio::test]
async fn so_many_calls_are_answered_with_a_status_and_no_more() {
    let server = started().await;
    let client_channel = channel(&server).await;
    let mut client = users(&server).await;
    server
        .faults()
        .answer(2, Status::unavailable("Server Is Too Busy"));
    server
        .faults()
        .answer(1, Status::aborted("Operation timed out"));
    server.faults().answer(0, Status::internal("never"));

    // Who only looks for a server uses nothing up.
    features(client_channel).await.unwrap();
    let mut codes = Vec::new();
    for _ in 0..4 {
        let answer = client.details(details("admin")).await;
        codes.push(answer.map_or_else(|status| status.code(), |_| Code::Ok));
    }
    assert_eq!(
        codes,
        [
            Code::Unavailable,
            Code::Unavailable,
            Code::Aborted,
            Code::Ok
        ]
    );
    assert_eq!(server.faults().count(Fault::Answer), 3);
}

#[tokio::test]
async fn a_follower_sends_a_client_to_the_leader() {
    let leader = started().await;
    let follower = started().await;
    let port = leader.address().port();
    follower.faults().answer_not_leader(2, "127.0.0.1", port);

    let refusal = users(&follower)
        .await
        .details(details("admin"))
        .await
        .unwrap_err();
    assert_eq!(refusal.code(), Code::NotFound);
    assert_eq!(refusal.message(), "Leader info available");
    assert_eq!(trailer(&refusal, "exception"), Some("not-leader"));
    assert_eq!(trailer(&refusal, "leader-endpoint-host"), Some("127.0.0.1"));
    assert_eq!(
        trailer(&refusal, "leader-endpoint-port"),
        Some(&*port.to_string())
    );

    let error = ask(&bare(&follower.url())).await.unwrap_err();
    let eventstore::Error::NotLeaderException(end_point) = error else {
        panic!("{error}");
    };
    assert_eq!(
        (&*end_point.host, end_point.port),
        ("127.0.0.1", u32::from(port))
    );
    assert_eq!(follower.faults().count(Fault::NotLeader), 2);
    assert!(serves(&follower).await);
}

#[tokio::test]
async fn cues_are_taken_back_all_at_once() {
    let server = started().await;
    let faults = server.faults();
    faults.refuse_connections();
    faults.freeze();
    faults.delay_answers(Duration::from_secs(60));
    faults.answer(9, Status::internal("no"));
    faults.clear();

    users(&server)
        .await
        .details(details("admin"))
        .await
        .unwrap();
    assert_eq!(faults.count(Fault::Answer), 0);
}
