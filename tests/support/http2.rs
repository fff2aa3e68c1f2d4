//! HTTP/2 frame by frame, for what no healthy peer does.

#![allow(
    clippy::missing_panics_doc,
    reason = "what goes wrong here fails a test"
)]

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// With what a client begins.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RESET: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// The flag of an answer to settings or to a ping.
pub const ACK: u8 = 1;

/// The flag of the last frame of a stream.
pub const END_STREAM: u8 = 1;

/// The flag of the last headers.
pub const END_HEADERS: u8 = 4;

/// The head of a frame.
pub fn head(length: u32, kind: u8, flags: u8, stream: u32) -> Vec<u8> {
    let mut head = length.to_be_bytes()[1..].to_vec();
    head.extend([kind, flags]);
    head.extend(stream.to_be_bytes());
    head
}

/// A whole frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    [&head(length, kind, flags, stream), payload].concat()
}

/// The headers of a gRPC call, as plain as they can be.
pub fn call(path: &str) -> Vec<u8> {
    // `:method POST` and `:scheme http` of the static table, then literals.
    let mut block = vec![0x83, 0x86];
    let mut literal = |name: &[u8], value: &str| {
        block.extend(name);
        block.push(u8::try_from(value.len()).unwrap());
        block.extend(value.as_bytes());
    };
    literal(&[0x04], path);
    literal(&[0x01], "localhost");
    literal(&[0x0f, 0x10], "application/grpc");
    literal(&[&[0x00, 2][..], b"te"].concat(), "trailers");
    block
}

/// A frame that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// How much may be sent before the other one says that it has taken some.
#[derive(Debug)]
pub struct Windows {
    /// On a stream.
    initial: i64,
    /// On all streams together.
    all: i64,
}

impl Windows {
    #[expect(clippy::new_without_default, reason = "those of the protocol")]
    pub const fn new() -> Self {
        Self {
            initial: 65_535,
            all: 65_535,
        }
    }

    fn settings(&mut self, payload: &[u8]) {
        for setting in payload.chunks_exact(6).filter(|of| of[..2] == [0, 4]) {
            self.initial = number(&setting[2..]);
        }
    }
}

fn number(bytes: &[u8]) -> i64 {
    u32::from_be_bytes(bytes.try_into().unwrap()).into()
}

/// One end of a connection.
#[derive(Debug)]
pub struct Peer(pub TcpStream);

impl Peer {
    /// A client that has greeted, and may call.
    pub async fn connect(address: SocketAddr) -> Self {
        let mut peer = Self(TcpStream::connect(address).await.unwrap());
        peer.0.write_all(PREFACE).await.unwrap();
        peer.send(SETTINGS, 0, 0, &[]).await;
        peer
    }

    /// A server that was greeted.
    pub async fn accept(listener: &TcpListener) -> Self {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 24]).await.unwrap();
        let mut peer = Self(stream);
        peer.send(SETTINGS, 0, 0, &[]).await;
        peer
    }

    /// Waits until the other one has taken the settings, and has had its own
    /// answered.
    pub async fn greeted(&mut self) {
        let answer = |frame: &Frame| (frame.kind, frame.flags & ACK) == (SETTINGS, ACK);
        while !self.next().await.as_ref().is_none_or(answer) {}
    }

    pub async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let frame = frame(kind, flags, stream, payload);
        // A peer that has hung up is found out by the next read.
        let _ = self.0.write_all(&frame).await;
    }

    /// The next frame, or `None` when the other one has hung up. Settings are
    /// answered.
    pub async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).await.ok()?;
        let frame = Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
            payload,
        };
        if (frame.kind, frame.flags & ACK) == (SETTINGS, 0) {
            self.send(SETTINGS, ACK, 0, &[]).await;
        }
        Some(frame)
    }

    /// Sends so much on a stream, as fast as its window and the connection's
    /// allow; gives whether the stream was ended before all was sent. What was
    /// sent on other streams is taken for taken.
    pub async fn upload(&mut self, stream: u32, bytes: &[u8], windows: &mut Windows) -> bool {
        let mut rest = bytes;
        let mut own = windows.initial;
        while !rest.is_empty() {
            let room = own.min(windows.all).min(16_384);
            let room = usize::try_from(room.max(0)).unwrap().min(rest.len());
            if room > 0 {
                let (now, later) = rest.split_at(room);
                self.send(DATA, 0, stream, now).await;
                rest = later;
                let sent = i64::try_from(room).unwrap();
                own -= sent;
                windows.all -= sent;
                continue;
            }
            let Some(frame) = self.next().await else {
                return true;
            };
            match (frame.kind, frame.stream) {
                (RESET | HEADERS, of) if of == stream => return true,
                (SETTINGS, _) => {
                    let before = windows.initial;
                    windows.settings(&frame.payload);
                    own += windows.initial - before;
                }
                (WINDOW_UPDATE, 0) => windows.all += number(&frame.payload),
                (WINDOW_UPDATE, of) if of == stream => own += number(&frame.payload),
                _ => {}
            }
        }
        false
    }

    /// Reads until the other one hangs up.
    pub async fn ended(&mut self) {
        while self.next().await.is_some() {}
    }
}
