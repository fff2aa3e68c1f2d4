//! A server that is killed, as by the kernel, while writers write and
//! followers follow.

use plumberd::{
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig},
    event::{NewEvent, RecordedEvent},
    store::{EventStore, Filter, ReadOptions, StoreError, SubscribeFrom},
    stream::{ExpectedRevision, Revision, StreamName},
};
use plumberd_testkit::esdb::EsdbServerConfig;
use plumberd_tests::TempFolder;
use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const WRITERS: usize = 20;
const EACH: usize = 500;
const FOLLOWERS: usize = 5;

/// Where the other process listens, and what it keeps.
const ADDRESS: &str = "PLUMBERD_KILLED_ADDRESS";
const FILE: &str = "PLUMBERD_KILLED_FILE";

/// The server, in a process of its own.
struct Server(Child);

impl Server {
    fn start(address: SocketAddr, file: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["killed::server", "--exact", "--ignored", "--nocapture"])
            .env(ADDRESS, address.to_string())
            .env(FILE, file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines
            .map_while(Result::ok)
            .any(|line| line.contains("ready"));
        assert!(ready, "the server did not start");
        Self(child)
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "the other process of a_killed_server_loses_nothing_and_repeats_nothing"]
fn server() {
    let (Ok(address), Some(file)) = (std::env::var(ADDRESS), std::env::var_os(FILE)) else {
        return;
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let config = EsdbServerConfig::new()
            .with_address(address.parse().unwrap())
            .with_file(file);
        let _server = config.start().await.unwrap();
        println!("ready");
        std::future::pending::<()>().await;
    });
}

async fn connect(address: SocketAddr) -> EventStoreDb {
    let url = format!("esdb://{address}?tls=false&discoveryInterval=10&defaultDeadline=5000");
    let config = EventStoreDbConfig::from_url(&url).unwrap();
    EventStoreDb::connect(config).await.unwrap()
}

/// Appends until the store says where the event is, as an application would
/// that must not lose it.
async fn append_surely(store: &EventStoreDb, stream: &StreamName, prior: usize) -> Revision {
    let event = NewEvent::new(
        plumberd::event::new_event_id(),
        "Counted".parse().unwrap(),
        format!("{{\"Number\":{prior}}}"),
    );
    let expected = match prior {
        0 => ExpectedRevision::NoStream,
        _ => ExpectedRevision::Exact(Revision::new(prior as u64 - 1)),
    };
    loop {
        match store.append(stream, expected, vec![event.clone()]).await {
            Ok(outcome) => return outcome.revision(),
            Err(StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn check(events: &[RecordedEvent], who: &str) {
    let mut streams: HashMap<&StreamName, Vec<u64>> = HashMap::new();
    for event in events {
        let revisions = streams.entry(&event.stream).or_default();
        revisions.push(event.revision.as_u64());
        let data = format!("{{\"Number\":{}}}", event.revision);
        assert_eq!(event.data, data.as_bytes(), "{who}: {}", event.stream);
    }
    assert_eq!(streams.len(), WRITERS, "{who}");
    for (stream, revisions) in streams {
        let whole: Vec<_> = (0..EACH as u64).collect();
        assert_eq!(revisions, whole, "{who}: {stream}");
    }
}

#[test]
fn a_killed_server_loses_nothing_and_repeats_nothing() {
    let folder = TempFolder::new();
    let file = folder.path().join("server.db");
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut server = Server::start(address, &file);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();

    runtime.block_on(async {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let mut followers = tokio::task::JoinSet::new();
        for _ in 0..FOLLOWERS {
            let store = connect(address).await;
            followers.spawn(async move {
                let filter = Filter::new().stream_prefix("Killed-");
                let mut events = store
                    .subscribe_all(SubscribeFrom::Start, filter)
                    .await
                    .unwrap();
                let mut seen = Vec::new();
                while seen.len() < WRITERS * EACH {
                    seen.push(events.next_event().await.unwrap().unwrap());
                }
                seen
            });
        }
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let store = connect(address).await;
            let acknowledged = Arc::clone(&acknowledged);
            writers.spawn(async move {
                let stream = StreamName::new("Killed", writer).unwrap();
                for prior in 0..EACH {
                    let revision = append_surely(&store, &stream, prior).await;
                    assert_eq!(revision.as_u64(), prior as u64);
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for share in [3, 2] {
            while acknowledged.load(Ordering::Relaxed) < WRITERS * EACH / share {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            server.kill();
            server = Server::start(address, &file);
        }
        writers.join_all().await;
        let seen = tokio::time::timeout(Duration::from_secs(60), followers.join_all())
            .await
            .expect("the followers get everything");

        let store = connect(address).await;
        for (follower, events) in seen.iter().enumerate() {
            check(events, &format!("follower {follower}"));
        }
        let mut stored = Vec::new();
        for writer in 0..WRITERS {
            let stream = StreamName::new("Killed", writer).unwrap();
            let events = store.read_stream(&stream, ReadOptions::forwards());
            stored.extend(events.collect_all().await.unwrap());
        }
        check(&stored, "the streams");
    });
}
