//! What every failure of a call means: whether it may pass, and what it says
//! of what was written.

use crate::{
    fake::{Fake, Script},
    support::{events, soon, stream},
};
use plumberd::{
    Store,
    store::{EventStore, Filter, ReadOptions, StoreError},
    stream::ExpectedRevision::NoStream,
};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tonic::Code;

/// What an error says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It may have been written; the same again tells.
    Unknown,
    /// Nothing was written, and it may pass.
    Passes,
    /// Nothing was written, and it does not pass.
    Lasts,
}

fn said(error: &StoreError) -> Says {
    match error {
        StoreError::OutcomeUnknown { .. } => Says::Unknown,
        StoreError::Unavailable { .. } => Says::Passes,
        StoreError::Backend { .. }
        | StoreError::Unsupported { .. }
        | StoreError::Unauthenticated { .. }
        | StoreError::Forbidden { .. } => Says::Lasts,
        other => panic!("another error: {other:?}"),
    }
}

async fn append(store: &Store) -> Says {
    let name = stream("Order-1");
    let appended = store.append(&name, NoStream, events(1));
    let error = soon("an answer", appended).await.unwrap_err();
    assert_eq!(error.is_transient(), said(&error) != Says::Lasts);
    said(&error)
}

async fn read(store: &Store) -> [Says; 2] {
    let one = store.read_stream(&stream("Order-1"), ReadOptions::forwards());
    let all = store.read_all(ReadOptions::forwards(), Filter::new());
    let one = soon("an answer", one.collect_all()).await.unwrap_err();
    let all = soon("an answer", all.collect_all()).await.unwrap_err();
    [one, all].map(|error| said(&error))
}

#[tokio::test]
async fn every_status_of_a_server_says_what_may_have_been_written_and_whether_it_passes() {
    use Says::{Lasts, Passes, Unknown};

    for (code, of_append, of_read) in [
        (Code::Cancelled, Unknown, Passes),
        (Code::Unknown, Unknown, Lasts),
        (Code::InvalidArgument, Lasts, Lasts),
        (Code::DeadlineExceeded, Unknown, Passes),
        (Code::NotFound, Lasts, Lasts),
        // Of an append it says that a key is known, which it then is not.
        (Code::AlreadyExists, Lasts, Lasts),
        (Code::PermissionDenied, Lasts, Lasts),
        (Code::ResourceExhausted, Passes, Passes),
        (Code::FailedPrecondition, Lasts, Lasts),
        // Others were faster, all the time.
        (Code::Aborted, Passes, Passes),
        (Code::OutOfRange, Unknown, Lasts),
        (Code::Unimplemented, Lasts, Lasts),
        (Code::Internal, Unknown, Lasts),
        (Code::Unavailable, Unknown, Passes),
        (Code::DataLoss, Unknown, Lasts),
        (Code::Unauthenticated, Lasts, Lasts),
    ] {
        let of_appends = Script {
            append_fails: Some(code),
            ..Script::default()
        };
        let server = Fake::start(of_appends).await;
        let store = server.connect("&retries=1").await;
        assert_eq!(append(&store).await, of_append, "an append: {code:?}");

        let of_reads = Script {
            read_fails: Some(code),
            ..Script::default()
        };
        let server = Fake::start(of_reads).await;
        let store = server.connect("&retries=1").await;
        assert_eq!(read(&store).await, [of_read; 2], "a read: {code:?}");
    }
}

/// How a connection ends a call.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// `RST_STREAM`.
    Reset,
    /// `GOAWAY`, of which the call is one that may have been handled.
    GoAway,
    /// The connection is closed without a word.
    Closed,
    /// What comes is not HTTP/2.
    Nonsense,
}

/// A server that ends each call so, with this code of HTTP/2.
struct Rude {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Rude {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Rude {
    async fn start(ending: Ending, code: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    // A client that goes away is fine.
                    let _ = end_calls(connection, ending, code).await;
                });
            }
        });
        Self { address, serving }
    }

    async fn connect(&self) -> Store {
        let address = self.address;
        let url = format!("eventstore+http://{address}?tenant=t1&retries=1&request_timeout=20s");
        plumberd::connect(&url).await.unwrap()
    }
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;

async fn end_calls(mut connection: TcpStream, ending: Ending, code: u32) -> std::io::Result<()> {
    let mut preface = [0; 24];
    connection.read_exact(&mut preface).await?;
    write_frame(&mut connection, SETTINGS, 0, 0, &[]).await?;
    loop {
        let mut head = [0; 9];
        connection.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        connection.read_exact(&mut payload).await?;
        match (head[3], head[4]) {
            (SETTINGS, flags) if flags & ACK == 0 => {
                write_frame(&mut connection, SETTINGS, ACK, 0, &[]).await?;
            }
            (HEADERS, _) => match ending {
                Ending::Reset => {
                    let code = code.to_be_bytes();
                    write_frame(&mut connection, RST_STREAM, 0, stream, &code).await?;
                }
                Ending::GoAway => {
                    let last = [stream.to_be_bytes(), code.to_be_bytes()].concat();
                    write_frame(&mut connection, GOAWAY, 0, 0, &last).await?;
                    return Ok(());
                }
                Ending::Closed => return Ok(()),
                Ending::Nonsense => {
                    connection.write_all(&[0xff; 64]).await?;
                    return Ok(());
                }
            },
            _ => {}
        }
    }
}

async fn write_frame(
    connection: &mut TcpStream,
    kind: u8,
    flags: u8,
    stream: u32,
    payload: &[u8],
) -> std::io::Result<()> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    connection.write_all(&frame).await
}

#[tokio::test]
async fn whatever_ends_a_call_on_its_way_leaves_open_what_was_written_and_passes() {
    const INADEQUATE_SECURITY: u32 = 12;

    // Every code of HTTP/2, and one that there is not; 11 is `ENHANCE_YOUR_CALM`.
    let codes = (0..=14).map(|code| (Ending::Reset, code));
    let mut endings: Vec<_> = codes.collect();
    for code in [0, 2, 11] {
        endings.push((Ending::GoAway, code));
    }
    endings.extend([(Ending::Closed, 0), (Ending::Nonsense, 0)]);
    for (ending, code) in endings {
        let server = Rude::start(ending, code).await;
        let store = server.connect().await;

        let appended = append(&store).await;
        let reads = read(&store).await;

        let of_read = match (ending, code) {
            (Ending::Reset, INADEQUATE_SECURITY) => Says::Lasts,
            _ => Says::Passes,
        };
        assert_eq!(appended, Says::Unknown, "an append: {ending:?} {code}");
        assert_eq!(reads, [of_read; 2], "a read: {ending:?} {code}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_any_more_has_heard_of_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("eventstore+http://{address}?tenant=t1&retries=1");
    let (store, accepted) = tokio::join!(plumberd::connect(&url), listener.accept());
    let store = store.unwrap();
    drop((accepted, listener));
    // The connection that is gone is noticed by the first call, if not before.
    append(&store).await;

    assert_eq!(append(&store).await, Says::Passes);
    assert_eq!(read(&store).await, [Says::Passes; 2]);
}
