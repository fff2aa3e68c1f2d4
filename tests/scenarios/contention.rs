//! Many writers on one aggregate: nothing lost, nothing twice.

use plumberd::{backend::memory::Memory, event::new_event_id, prelude::*};
use plumberd_tests::counter::{Counter, Refusal};

const TASKS: i64 = 64;
const INCREMENTS: i64 = 100;

/// Every task adds 1 a hundred times, each through the repository it is given.
async fn hammer(repositories: Vec<Repository<Counter>>, id: Uuid) {
    let tasks: Vec<_> = (0..usize::try_from(TASKS).unwrap())
        .map(|task| {
            let counters = repositories[task % repositories.len()].clone();
            tokio::spawn(async move {
                for _ in 0..INCREMENTS {
                    let added = counters.execute(id, |c| c.add(1)).retries(10_000).await;
                    added
                        .map_err(|error: ExecuteError<Refusal>| error.to_string())
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn assert_exact(counters: &Repository<Counter>, id: Uuid) {
    let counter = counters.load(id).await.unwrap();
    let total = TASKS * INCREMENTS;
    assert_eq!(counter.total, total);
    assert_eq!(counter.events, total.unsigned_abs());
    assert_eq!(
        counter.revision(),
        Some(Revision::new(total.unsigned_abs() - 1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn increments_of_many_tasks_are_exact_in_memory() {
    let store = Store::new(Memory::new());
    let id = new_event_id();
    // Without snapshots each of the 6,400 commands would replay all before it.
    let counters = store.repository().with_snapshots(SnapshotPolicy::every(50));

    hammer(vec![counters], id).await;

    assert_exact(&store.repository(), id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn increments_through_caches_that_do_not_know_of_each_other_are_exact() {
    let store = Store::new(Memory::new());
    let id = new_event_id();
    let cached = || store.repository().with_cache(CacheConfig::new(10));

    hammer(vec![cached(), cached(), cached(), cached()], id).await;

    assert_exact(&store.repository(), id).await;
    assert_exact(&cached(), id).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn increments_of_many_tasks_are_exact_on_sqlite() {
    let folder = plumberd_tests::TempFolder::new();
    let store = connect(&folder.sqlite_url("counter.db")).await.unwrap();
    let id = new_event_id();

    hammer(
        vec![
            store.repository().with_cache(CacheConfig::new(10)),
            store.repository().with_snapshots(SnapshotPolicy::every(50)),
        ],
        id,
    )
    .await;

    assert_exact(&store.repository(), id).await;
}
