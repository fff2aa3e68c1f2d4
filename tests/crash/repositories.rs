//! Commands of two processes on one aggregate.

use crate::child;
use futures_util::future::join_all;
use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig},
    prelude::*,
};
use plumberd_tests::{
    TempFolder,
    counter::{Counter, Refusal},
};

const TASKS: u64 = 32;
const INCREMENTS: u64 = 100;
const ID: Uuid = Uuid::from_u128(7);

/// Increments from many tasks, and how many commands were decided more than
/// once.
async fn increment(store: Sqlite) -> usize {
    let counters = Store::new(store)
        .repository::<Counter>()
        .with_cache(CacheConfig::new(10));
    let tasks = (0..TASKS).map(|_| {
        let counters = counters.clone();
        tokio::spawn(async move {
            let mut again = 0;
            for _ in 0..INCREMENTS {
                let added = counters.execute(ID, |c| c.add(1)).retries(10_000).await;
                let added = added.map_err(|error: ExecuteError<Refusal>| error.to_string());
                again += usize::from(added.unwrap().attempts() > 1);
            }
            again
        })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of increments_of_two_processes_through_caches_are_exact"]
async fn increments_beside_another() {
    let store = child::open().await;
    increment(store.clone()).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_of_two_processes_through_caches_are_exact() {
    let folder = TempFolder::new();
    let file = folder.path().join("counter.db");
    let mut other = child::start("repositories::increments_beside_another", &file);
    let store = Sqlite::open(SqliteConfig::new(&file)).await.unwrap();

    let again = increment(store.clone()).await;
    let status = tokio::task::spawn_blocking(move || other.wait().unwrap())
        .await
        .unwrap();

    assert!(status.success(), "the other process failed: {status}");
    assert!(again > 0, "the processes never met");
    let counter = Store::new(store)
        .repository::<Counter>()
        .load(ID)
        .await
        .unwrap();
    let total = 2 * TASKS * INCREMENTS;
    assert_eq!(counter.total.unsigned_abs(), total);
    assert_eq!(counter.events, total);
    assert_eq!(counter.revision(), Some(Revision::new(total - 1)));
}
