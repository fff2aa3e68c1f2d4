use crate::child::{self, batch, increment};
use futures_util::future::join_all;
use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig},
    store::{EventStore, Filter, ReadOptions, SubscribeFrom},
    stream::{ExpectedRevision, StreamName},
};
use plumberd_tests::TempFolder;
use std::{collections::HashSet, path::Path, time::Duration};

const INCREMENTS: u64 = 60;
const BATCHES: u64 = 40;

fn counter() -> StreamName {
    StreamName::new("Counter", 1).unwrap()
}

fn shared() -> StreamName {
    StreamName::new("Shared", 1).unwrap()
}

/// What each process does: increments a counter that the other one increments
/// too, and appends batches to a stream of its own and to a shared one.
async fn work(store: &Sqlite, name: &str) {
    let own = StreamName::new("Own", name).unwrap();
    let counting = async {
        for _ in 0..INCREMENTS / 2 {
            increment(store, &counter()).await;
        }
    };
    let appending = async {
        for _ in 0..BATCHES {
            store
                .append(&shared(), ExpectedRevision::Any, batch(3))
                .await
                .unwrap();
            let expected = store.stream_info(&own).await.unwrap().expected_revision();
            store.append(&own, expected, batch(2)).await.unwrap();
        }
    };
    tokio::join!(counting, appending);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of two_processes_on_one_file_lose_no_update"]
async fn works_beside_another() {
    let store = child::open().await;
    work(&store, "child").await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_file_lose_no_update() {
    let folder = TempFolder::new();
    let file = folder.path().join("shared.db");
    // Both begin with a file that is not there.
    let mut other = child::start("two_processes::works_beside_another", &file);
    let store = open(&file).await;
    let subscriber = tokio::spawn(follow(store.clone()));

    work(&store, "parent").await;

    let status = tokio::task::spawn_blocking(move || other.wait().unwrap())
        .await
        .unwrap();
    assert!(status.success(), "the other process failed: {status}");
    let counted = store.read_stream(&counter(), ReadOptions::forwards());
    let values: Vec<_> = counted
        .collect_all()
        .await
        .unwrap()
        .iter()
        .map(|event| String::from_utf8(event.data.to_vec()).unwrap())
        .collect();
    let expected: Vec<_> = (0..INCREMENTS).map(|value| value.to_string()).collect();
    assert_eq!(values, expected);
    for (stream, length) in [
        (shared(), 2 * 3 * BATCHES),
        (StreamName::new("Own", "parent").unwrap(), 2 * BATCHES),
        (StreamName::new("Own", "child").unwrap(), 2 * BATCHES),
    ] {
        let read = store.read_stream(&stream, ReadOptions::forwards());
        let revisions: Vec<_> = read
            .collect_all()
            .await
            .unwrap()
            .iter()
            .map(|event| event.revision.as_u64())
            .collect();
        assert_eq!(revisions, (0..length).collect::<Vec<_>>(), "{stream}");
    }
    let followed = tokio::time::timeout(Duration::from_secs(120), subscriber)
        .await
        .expect("the subscriber sees the other process's events")
        .unwrap();
    let all = store.read_all(ReadOptions::forwards(), Filter::new());
    let all: Vec<_> = all
        .collect_all()
        .await
        .unwrap()
        .iter()
        .map(|event| event.id)
        .collect();
    assert_eq!(followed, all);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
}

/// The ids of all events, as a subscription yields them.
async fn follow(store: Sqlite) -> Vec<uuid::Uuid> {
    let mut subscription = store
        .subscribe_all(SubscribeFrom::Start, Filter::new())
        .await
        .unwrap();
    let total = INCREMENTS + 2 * BATCHES * (3 + 2);
    let mut ids = Vec::new();
    while (ids.len() as u64) < total {
        ids.push(subscription.next_event().await.unwrap().unwrap().id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_make_one_file_at_once_all_open_it() {
    for _ in 0..5 {
        let folder = TempFolder::new();
        let file = folder.path().join("new.db");
        let opened = join_all((0..6).map(|_| tokio::spawn(opened(file.clone()))));
        let stores: Vec<_> = opened.await.into_iter().map(Result::unwrap).collect();
        for (number, store) in stores.iter().enumerate() {
            let outcome = store
                .append(&shared(), ExpectedRevision::Any, batch(1))
                .await
                .unwrap();
            assert_eq!(outcome.revision().as_u64(), number as u64);
        }
    }
}

async fn opened(file: std::path::PathBuf) -> Sqlite {
    open(&file).await
}

async fn open(file: &Path) -> Sqlite {
    Sqlite::open(SqliteConfig::new(file)).await.unwrap()
}
