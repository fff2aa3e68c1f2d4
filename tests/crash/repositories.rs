//! Commands of two processes on one aggregate.

use crate::child::{self, say};
use futures_util::future::join_all;
use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig},
    prelude::*,
};
use plumberd_tests::{
    TempFolder,
    counter::{Counter, Refusal},
};
use std::io::{BufRead, BufReader, Write as _};

const TASKS: u64 = 32;
const INCREMENTS: u64 = 100;
const ID: Uuid = Uuid::from_u128(7);

fn counters(store: Sqlite) -> Repository<Counter> {
    let counters = Store::new(store).repository::<Counter>();
    counters.with_cache(CacheConfig::new(10))
}

/// Increments from many tasks.
async fn increment(counters: &Repository<Counter>) {
    let tasks = (0..TASKS).map(|_| {
        let counters = counters.clone();
        tokio::spawn(async move {
            for _ in 0..INCREMENTS {
                let added = counters.execute(ID, |c| c.add(1)).retries(10_000).await;
                added
                    .map_err(|error: ExecuteError<Refusal>| error.to_string())
                    .unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of increments_of_two_processes_through_caches_are_exact"]
async fn increments_beside_another() {
    let store = child::open().await;
    // Until the other process has decided, and not written.
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let counters = counters(store.clone());
    counters.execute(ID, |c| c.add(1)).await.unwrap();
    say("first\n");
    increment(&counters).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_of_two_processes_through_caches_are_exact() {
    let folder = TempFolder::new();
    let file = folder.path().join("counter.db");
    let mut other = child::start("repositories::increments_beside_another", &file);
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
    let mut go = other.stdin.take();
    let store = Sqlite::open(SqliteConfig::new(&file)).await.unwrap();
    let counters = counters(store.clone());

    // While the first one is decided the other process writes.
    let met = counters.execute(ID, |counter| {
        if let Some(mut go) = go.take() {
            go.write_all(b"go\n").unwrap();
            let first = |line: &Result<String, _>| line.as_ref().unwrap().ends_with("first");
            let first = lines.find(first).expect("the other process writes");
            first.unwrap();
        }
        counter.add(1)
    });
    let met = met.retries(10_000).await.unwrap();
    // What else it says is not read.
    std::thread::spawn(move || lines.count());
    increment(&counters).await;
    let status = tokio::task::spawn_blocking(move || other.wait().unwrap())
        .await
        .unwrap();

    assert!(status.success(), "the other process failed: {status}");
    assert!(met.attempts() > 1, "the processes never met");
    let counter = Store::new(store)
        .repository::<Counter>()
        .load(ID)
        .await
        .unwrap();
    let total = 2 * (1 + TASKS * INCREMENTS);
    assert_eq!(counter.total.unsigned_abs(), total);
    assert_eq!(counter.events, total);
    assert_eq!(counter.revision(), Some(Revision::new(total - 1)));
}
