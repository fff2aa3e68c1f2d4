//! Clients that take places and memory and give nothing for them.

use crate::{
    hostile::{GUARD, hangs_up_on, started},
    raw::{channel, features, serves},
    streams::wire::Read,
};
use plumberd_testkit::esdb::{
    EsdbServer, EsdbServerConfig,
    proto::streams::{ReadReq, ReadResp, streams_client::StreamsClient},
};
use plumberd_tests::http2::{self, PREFACE, Peer, Windows, head as frame};
use prost::Message;
use std::time::Duration;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tonic::Streaming;

/// A call that asks for one message.
const DETAILS: &str = "/event_store.client.users.Users/Details";

/// A request for everything that is written, as it is written.
fn live() -> ReadReq {
    Read::all().subscription()
}

/// A server for three connections.
async fn for_three() -> EsdbServer {
    let mut config = EsdbServerConfig::new();
    config.max_connections = 3;
    config.start().await.unwrap()
}

async fn connections(server: &EsdbServer, wanted: usize) {
    while server.faults().connections() != wanted {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn connections_above_the_limit_are_reset_and_their_places_given_back() {
    let server = for_three().await;
    // Each with a call under way, so that no connection takes its place.
    let mut there = Vec::new();
    for _ in 0..3 {
        there.push(following(&server).await);
    }
    hangs_up_on(&server, PREFACE).await;
    assert_eq!(server.faults().connections(), 3);
    assert_eq!(server.faults().subscriptions(), 3);

    drop(there);
    connections(&server, 0).await;
    assert!(serves(&server).await);
}

/// A connection with a subscription on it.
async fn following(server: &EsdbServer) -> Streaming<ReadResp> {
    let mut client = StreamsClient::new(channel(server).await);
    let mut followed = client.read(live()).await.unwrap().into_inner();
    followed.message().await.unwrap().unwrap();
    followed
}

#[tokio::test]
async fn connections_that_say_nothing_shut_no_caller_out() {
    let server = for_three().await;
    let greeting = [PREFACE, &frame(0, 4, 0, 0)].concat();
    let begun = [&greeting[..], &frame(40, 1, 0, 1), &[0x83]].concat();
    // Nothing, half a greeting, a greeting, a call without its headers.
    let mut silent = Vec::new();
    for said in [&b""[..], &PREFACE[..5], &greeting, &begun] {
        for _ in 0..5 {
            let mut stream = TcpStream::connect(server.address()).await.unwrap();
            stream.write_all(said).await.unwrap();
            silent.push(stream);
        }
    }

    let followed = following(&server).await;
    for _ in 0..5 {
        assert!(serves(&server).await);
        silent.push(TcpStream::connect(server.address()).await.unwrap());
    }

    assert!(server.faults().connections() <= 3);
    assert_eq!(server.faults().subscriptions(), 1, "it was cut");
    drop((followed, silent));
}

#[tokio::test]
async fn a_thousand_connections_that_say_nothing_shut_no_caller_out() {
    let server = started().await;
    let mut silent = Vec::new();
    for _ in 0..EsdbServerConfig::MAX_CONNECTIONS + 10 {
        silent.push(TcpStream::connect(server.address()).await.unwrap());
    }

    assert!(serves(&server).await);
    assert!(server.faults().connections() <= EsdbServerConfig::MAX_CONNECTIONS);
}

#[tokio::test]
async fn calls_that_send_no_message_protect_no_connection() {
    let server = for_three().await;
    let mut silent = Vec::new();
    for _ in 0..3 {
        let mut peer = Peer::connect(server.address()).await;
        let headers = http2::call(DETAILS);
        peer.send(http2::HEADERS, http2::END_HEADERS, 1, &headers)
            .await;
        // Half of a message that says it is longer.
        peer.send(http2::DATA, 0, 1, &[0, 0, 0, 1, 0, b'x']).await;
        silent.push(peer);
    }

    assert!(serves(&server).await);
    assert!(server.faults().connections() <= 3);
}

#[tokio::test]
async fn a_client_that_was_idle_for_longest_makes_room_for_another() {
    let server = for_three().await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        let channel = channel(&server).await;
        features(channel.clone()).await.unwrap();
        idle.push(channel);
    }
    // The first one is used again.
    features(idle[0].clone()).await.unwrap();

    assert!(serves(&server).await);

    // None of them is told anything but that it is to connect again.
    for channel in idle {
        features(channel.clone())
            .await
            .or(features(channel).await)
            .unwrap();
    }
}

#[tokio::test]
async fn headers_that_are_dribbled_are_hung_up_on_when_their_time_is_over() {
    let server = started().await;
    for dribbled in [false, true] {
        let mut peer = Peer::connect(server.address()).await;
        // Nothing may come between headers, an answer to settings neither.
        peer.greeted().await;
        let (first, rest) = if dribbled { (1, 1) } else { (1, 0) };
        // The headers go on for ever, a byte at a time, each in a frame that is
        // whole.
        peer.send(http2::HEADERS, 0, 1, &[0x83][..first]).await;
        connections(&server, 1).await;
        let opened = tokio::time::Instant::now();
        tokio::time::pause();
        let hung_up = async {
            loop {
                let pause = tokio::time::sleep(Duration::from_secs(1));
                tokio::select! {
                    frame = peer.next() => if frame.is_none() {
                        return;
                    },
                    () = pause => {}
                }
                if rest > 0 {
                    peer.send(http2::CONTINUATION, 0, 1, &[0x86]).await;
                }
            }
        };
        hung_up.await;
        // Without a limit of their own, by a ping that is not answered.
        assert!(opened.elapsed() < Duration::from_secs(30));
        tokio::time::resume();
        connections(&server, 0).await;
    }
    assert!(serves(&server).await);
}

#[tokio::test]
async fn a_message_that_is_not_finished_is_given_up_and_the_connection_serves_on() {
    let server = started().await;
    let mut peer = Peer::connect(server.address()).await;
    let headers = http2::call(DETAILS);
    peer.send(http2::HEADERS, http2::END_HEADERS, 1, &headers)
        .await;
    peer.send(http2::DATA, 0, 1, &[0, 0, 0, 1, 0, b'x']).await;
    connections(&server, 1).await;

    tokio::time::pause();
    // Pings are answered, so that nothing but the call is at fault.
    let answered = loop {
        let frame = peer.next().await.expect("the connection stays");
        match frame.kind {
            http2::PING if frame.flags & http2::ACK == 0 => {
                peer.send(http2::PING, http2::ACK, 0, &frame.payload).await;
            }
            http2::HEADERS | http2::RESET => break frame,
            _ => {}
        }
    };
    tokio::time::resume();

    assert_eq!(answered.stream, 1);
    assert!(serves(&server).await);
}

#[tokio::test]
async fn what_is_not_finished_has_a_limit_for_all_calls_and_is_given_back_when_they_end() {
    let server = started().await;
    // All but a byte of a message of 3 MiB.
    let head = (3_u32 << 20).to_be_bytes();
    let message = [&[0], &head[..], &vec![0; (3 << 20) - 1]].concat();
    for _ in 0..2 {
        let mut peer = Peer::connect(server.address()).await;
        let (mut refused, mut windows) = (0, Windows::new());
        // More than all calls may leave unfinished, on few connections.
        for call in 0..50_u32 {
            let stream = call * 2 + 1;
            let headers = http2::call(DETAILS);
            peer.send(http2::HEADERS, http2::END_HEADERS, stream, &headers)
                .await;
            refused += usize::from(peer.upload(stream, &message, &mut windows).await);
        }
        // 128 MiB have room for all but some; for none, if they were not given
        // back.
        assert!((1..20).contains(&refused), "{refused} of 50");
        drop(peer);
        connections(&server, 0).await;
    }
    assert!(serves(&server).await);
}

#[tokio::test]
async fn calls_that_are_reset_at_once_leave_nothing_and_hold_up_no_other() {
    let server = started().await;
    let mut peer = Peer::connect(server.address()).await;
    let headers = http2::call(DETAILS);
    let mut rapid = Vec::new();
    for call in 0..10_000_u32 {
        let stream = call * 2 + 1;
        rapid.extend(http2::frame(
            http2::HEADERS,
            http2::END_HEADERS,
            stream,
            &headers,
        ));
        rapid.extend(http2::frame(http2::RESET, 0, stream, &8_u32.to_be_bytes()));
    }
    // It may be hung up on before everything is sent.
    let _ = peer.0.write_all(&rapid).await;

    timeout(GUARD, peer.ended())
        .await
        .expect("it is hung up on");
    connections(&server, 0).await;
    assert!(serves(&server).await);
}

#[tokio::test]
async fn subscriptions_that_are_given_up_are_forgotten() {
    let server = started().await;
    let channel = channel(&server).await;
    for _ in 0..5 {
        let mut followed = Vec::new();
        for _ in 0..20 {
            let mut client = StreamsClient::new(channel.clone());
            followed.push(client.read(live()).await.unwrap());
        }
        assert_eq!(server.faults().subscriptions(), 20);
        drop(followed);
        while server.faults().subscriptions() > 0 {
            tokio::task::yield_now().await;
        }
    }
    features(channel).await.unwrap();
}

#[tokio::test]
async fn a_reader_that_takes_nothing_holds_up_no_other() {
    let server = started().await;
    let mut peer = Peer::connect(server.address()).await;
    // No window at all: nothing may be sent.
    peer.send(http2::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]).await;
    let request = live().encode_to_vec();
    let head = u32::try_from(request.len()).unwrap().to_be_bytes();
    let message = [&[0], &head[..], &request].concat();
    let headers = http2::call("/event_store.client.streams.Streams/Read");
    for call in 0..100_u32 {
        let stream = call * 2 + 1;
        peer.send(http2::HEADERS, http2::END_HEADERS, stream, &headers)
            .await;
        peer.send(http2::DATA, 1, stream, &message).await;
    }
    while server.faults().subscriptions() < 100 {
        tokio::task::yield_now().await;
    }

    assert!(serves(&server).await);
    drop(peer);
    while server.faults().subscriptions() > 0 {
        tokio::task::yield_now().await;
    }
}
