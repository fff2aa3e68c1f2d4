//! Clients that ask for much and take nothing of it.

use crate::{
    hostile::started,
    raw::{channel, serves},
    streams::wire::{Read, any, append_requests, in_time, proposed},
};
use plumberd_testkit::esdb::{
    EsdbServer,
    proto::streams::{ReadResp, streams_client::StreamsClient},
};
use plumberd_tests::http2::{self, Peer};
use prost::Message;
use tonic::{Streaming, transport::Channel};

/// What one event has, in bytes.
const EVENT: usize = 1_000_000;

/// How many such messages a connection may have waiting: 16 MiB, and the last
/// one may go beyond it.
const MOST: usize = 17;

/// How many connections may have so many: 128 MiB all together.
const CONNECTIONS: usize = 7;

/// A server with one large event.
async fn with_a_large_event() -> EsdbServer {
    let server = started().await;
    let mut event = proposed("Large");
    event.data = vec![b'x'; EVENT].into();
    let requests = append_requests("Large-1", any(), vec![event]);
    let appended = StreamsClient::new(channel(&server).await)
        .append(futures_util::stream::iter(requests))
        .await;
    appended.unwrap();
    server
}

/// A client that lets one byte of each answer in, and makes so many reads.
async fn greedy(server: &EsdbServer, reads: u32) -> Peer {
    let mut peer = Peer::connect(server.address()).await;
    // The first window of every stream.
    peer.send(http2::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 1]).await;
    let request = Read::stream("Large-1").request().encode_to_vec();
    let head = u32::try_from(request.len()).unwrap().to_be_bytes();
    let message = [&[0], &head[..], &request].concat();
    let headers = http2::call("/event_store.client.streams.Streams/Read");
    for read in 0..reads {
        let stream = read * 2 + 1;
        peer.send(http2::HEADERS, http2::END_HEADERS, stream, &headers)
            .await;
        peer.send(http2::DATA, http2::END_STREAM, stream, &message)
            .await;
    }
    peer
}

/// Waits until the server has made so many messages for it.
async fn made(peer: &mut Peer, messages: usize) {
    let mut made = 0;
    while made < messages {
        let frame = in_time(peer.next()).await.expect("it is still there");
        made += usize::from(frame.kind == http2::DATA);
    }
}

async fn read(channel: &Channel) -> usize {
    let mut client = StreamsClient::new(channel.clone());
    let answer = client.read(Read::stream("Large-1").request()).await;
    let mut answer: Streaming<ReadResp> = answer.unwrap().into_inner();
    let mut bytes = 0;
    while let Some(message) = answer.message().await.unwrap() {
        bytes += message.encoded_len();
    }
    bytes
}

#[tokio::test]
async fn a_client_that_lets_one_byte_in_has_no_more_made_than_a_connection_may_have() {
    const READS: u32 = 40;

    let server = with_a_large_event().await;
    let mut peer = greedy(&server, READS).await;
    made(&mut peer, MOST).await;

    // What others read is made and sent meanwhile.
    let other = channel(&server).await;
    for _ in 0..20 {
        assert!(in_time(read(&other)).await > EVENT);
    }
    peer.send(http2::PING, 0, 0, &[7; 8]).await;
    loop {
        let frame = in_time(peer.next()).await.expect("it is still there");
        assert_ne!(frame.kind, http2::DATA, "more than {MOST} were made");
        if (frame.kind, frame.flags) == (http2::PING, http2::ACK) {
            break;
        }
    }

    // Taken, it all comes.
    let much = 0x7000_0000_u32.to_be_bytes();
    peer.send(http2::WINDOW_UPDATE, 0, 0, &much).await;
    for read in 0..READS {
        peer.send(http2::WINDOW_UPDATE, 0, read * 2 + 1, &much)
            .await;
    }
    let (mut ended, mut bytes) = (0, 0);
    while ended < READS {
        let frame = in_time(peer.next()).await.expect("it is still there");
        match frame.kind {
            http2::DATA => bytes += frame.payload.len(),
            http2::HEADERS if frame.flags & http2::END_STREAM != 0 => ended += 1,
            _ => {}
        }
    }
    assert!(bytes > (EVENT - 1) * usize::try_from(READS).unwrap());
}

#[tokio::test]
async fn clients_that_take_nothing_are_cut_when_they_have_too_much_together() {
    let server = with_a_large_event().await;
    let good = channel(&server).await;
    assert!(read(&good).await > EVENT);
    let mut greedy_ones = Vec::new();

    for _ in 0..2 * CONNECTIONS {
        let mut peer = greedy(&server, 20).await;
        made(&mut peer, MOST).await;
        greedy_ones.push(peer);
        // A client that takes what it asks for is not the one that goes.
        assert!(in_time(read(&good)).await > EVENT);
    }

    let mut cut = greedy_ones.drain(..CONNECTIONS);
    for peer in cut.by_ref() {
        let mut peer = peer;
        in_time(peer.ended()).await;
    }
    drop(cut);
    assert!(in_time(read(&good)).await > EVENT);
    assert!(serves(&server).await);
    for peer in &mut greedy_ones {
        peer.send(http2::PING, 0, 0, &[7; 8]).await;
        while in_time(peer.next()).await.expect("it is still there").kind != http2::PING {}
    }
}
