//! The cache: faster, and never another result.

use plumberd::{aggregate, backend::memory::Memory, event::new_event_id, prelude::*};
use plumberd_testkit::mock::{CallKind, Faulty};
use plumberd_tests::counter::{Added, Counter, Refusal};
use std::{sync::Arc, time::Duration};

struct Setup {
    store: Arc<Faulty<Memory>>,
    cached: Repository<Counter>,
    /// Another process: it shares the store and nothing else.
    other: Repository<Counter>,
    id: Uuid,
}

async fn setup(config: CacheConfig) -> Setup {
    let store = Arc::new(Faulty::new(Memory::new()));
    let cached = Repository::new(store.clone()).with_cache(config);
    let other = Repository::new(store.clone());
    let id = new_event_id();
    cached.execute(id, |c: &Counter| c.add(10)).await.unwrap();
    Setup {
        store,
        cached,
        other,
        id,
    }
}

#[tokio::test]
async fn a_command_on_a_cached_state_reads_nothing() {
    let Setup {
        store, cached, id, ..
    } = setup(CacheConfig::new(1)).await;
    let before = store.calls(CallKind::ReadStream);

    cached.execute(id, |c| c.add(1)).await.unwrap();

    assert_eq!(store.calls(CallKind::ReadStream), before);
}

#[tokio::test]
async fn a_command_on_an_old_state_is_decided_again_on_the_new_one() {
    let Setup {
        cached, other, id, ..
    } = setup(CacheConfig::new(1)).await;
    other.execute(id, |c| c.add(5)).await.unwrap();

    let executed = cached.execute(id, |c| c.add(1)).await.unwrap();

    assert_eq!(
        (executed.attempts(), executed.revision()),
        (2, Some(Revision::new(2)))
    );
    assert_eq!(other.load(id).await.unwrap().total, 16);
}

#[tokio::test]
async fn a_rejection_is_not_said_of_an_old_state() {
    let Setup {
        cached, other, id, ..
    } = setup(CacheConfig::new(1)).await;
    other.execute(id, |c| c.add(5)).await.unwrap();

    let executed = cached.execute(id, |c| c.add(-12)).await;

    executed
        .map_err(|error: ExecuteError<Refusal>| error.to_string())
        .unwrap();
    assert_eq!(other.load(id).await.unwrap().total, 3);
}

#[tokio::test]
async fn that_there_is_nothing_to_do_is_not_said_of_an_old_state() {
    let Setup {
        cached, other, id, ..
    } = setup(CacheConfig::new(1)).await;
    other.execute(id, |c| c.add(5)).await.unwrap();

    let executed = cached
        .execute(id, |c| (c.total == 15).then(|| c.add(1)).transpose())
        .await
        .unwrap();

    assert_eq!(executed.events(), 1);
}

#[tokio::test]
async fn a_load_sees_what_another_process_wrote() {
    let Setup {
        cached, other, id, ..
    } = setup(CacheConfig::new(1)).await;
    other.execute(id, |c| c.add(5)).await.unwrap();

    let loaded = cached.load(id).await.unwrap();

    assert_eq!(
        (loaded.total, loaded.revision()),
        (15, Some(Revision::new(1)))
    );
}

#[tokio::test]
async fn a_cached_state_does_not_outlive_a_delete_by_another_process() {
    let Setup {
        cached, other, id, ..
    } = setup(CacheConfig::new(1)).await;
    other.delete(&id).await.unwrap();

    let executed = cached.execute(id, |c| c.add(1)).await.unwrap();

    assert_eq!(executed.revision(), Some(Revision::new(1)));
    assert_eq!(
        other.load(id).await.unwrap().total,
        1,
        "the deleted state was decided on"
    );
}

#[tokio::test]
async fn a_cached_state_does_not_outlive_a_delete_and_a_new_life() {
    let Setup {
        cached, other, id, ..
    } = setup(CacheConfig::new(1)).await;
    other.delete(&id).await.unwrap();
    other.execute(id, |c| c.add(100)).await.unwrap();

    let loaded = cached.load(id).await.unwrap();
    cached.execute(id, |c| c.add(1)).await.unwrap();

    assert_eq!((loaded.total, loaded.events), (100, 1));
    assert_eq!(other.load(id).await.unwrap().total, 101);
}

#[tokio::test]
async fn the_cache_keeps_the_states_used_last() {
    let Setup {
        store, cached, id, ..
    } = setup(CacheConfig::new(2)).await;
    let second = new_event_id();
    cached.execute(second, |c| c.add(1)).await.unwrap();
    cached.execute(id, |c| c.add(1)).await.unwrap();
    cached.execute(new_event_id(), |c| c.add(1)).await.unwrap();

    let before = store.calls(CallKind::ReadStream);
    cached.execute(id, |c| c.add(1)).await.unwrap();
    let kept = store.calls(CallKind::ReadStream) - before;
    cached.execute(second, |c| c.add(1)).await.unwrap();
    let evicted = store.calls(CallKind::ReadStream) - before;

    assert_eq!(kept, 0);
    assert!(evicted > 0, "the state used least recently was kept");
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_not_used_for_long_is_let_go() {
    let time = Duration::from_secs(60);
    let Setup {
        store, cached, id, ..
    } = setup(CacheConfig::new(9).with_time_to_live(time)).await;

    tokio::time::advance(time / 2).await;
    cached.execute(id, |c| c.add(1)).await.unwrap();
    let before = store.calls(CallKind::ReadStream);
    tokio::time::advance(time).await;
    cached.execute(id, |c| c.add(1)).await.unwrap();

    assert!(
        store.calls(CallKind::ReadStream) > before,
        "a state was kept past its time"
    );
}

#[tokio::test]
async fn a_repeated_command_is_recognised_on_a_cached_state() {
    let Setup { cached, id, .. } = setup(CacheConfig::new(1)).await;
    let command = new_event_id();
    cached
        .execute(id, |c| c.add(1))
        .command_id(command)
        .await
        .unwrap();
    cached.execute(id, |c| c.add(1)).await.unwrap();

    let again = cached
        .execute(id, |c| c.add(1))
        .command_id(command)
        .await
        .unwrap();

    assert!(again.is_already_applied());
    assert_eq!(cached.load(id).await.unwrap().total, 12);
}

#[tokio::test]
async fn whether_a_command_was_carried_out_before_is_asked_for_once() {
    let Setup {
        store, cached, id, ..
    } = setup(CacheConfig::new(1)).await;
    let snapshots = Repository::new(store.clone()).with_snapshots(SnapshotPolicy::every(1));
    snapshots.execute(id, |c: &Counter| c.add(1)).await.unwrap();
    for counters in [cached, snapshots] {
        let command = new_event_id();
        let again = || counters.execute(id, |c| c.add(1)).command_id(command);
        let mut asked = Vec::new();
        for _ in 0..2 {
            let before = store.calls(CallKind::FindEvent);
            again().await.unwrap();
            asked.push(store.calls(CallKind::FindEvent) - before);
            // So that it is before the last snapshot.
            counters.execute(id, |c| c.add(1)).await.unwrap();
        }

        assert_eq!(asked, [1, 1], "{counters:?}");
    }
}

thread_local! {
    /// How many states of [`Live`] there are.
    static LIVING: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
    /// What the next handler of [`Live`] does first.
    static FIRST: std::cell::RefCell<Option<Box<dyn FnOnce()>>> =
        const { std::cell::RefCell::new(None) };
}

/// A state that can be counted.
struct Live {
    total: i64,
}

impl Default for Live {
    fn default() -> Self {
        LIVING.set(LIVING.get() + 1);
        Self { total: 0 }
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        LIVING.set(LIVING.get() + 1);
        Self { total: self.total }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVING.set(LIVING.get() - 1);
    }
}

#[aggregate(category = "Counter")]
impl Live {
    #[event_sourcing_handler]
    fn on_added(&mut self, event: &Added) {
        if let Some(first) = FIRST.take() {
            first();
        }
        self.total += event.amount;
    }
}

fn added(live: &Live) -> Result<Added, Refusal> {
    Ok(Added {
        amount: 1,
        before: live.total,
    })
}

#[tokio::test]
async fn the_cache_holds_as_many_states_as_it_is_told_and_never_more() {
    for (capacity, held) in [(0, 1), (1, 1), (2, 2), (3, 3), (10, 6)] {
        let lives: Repository<Live> = Repository::new(Arc::new(Memory::new()));
        let lives = lives.with_cache(CacheConfig::new(capacity));

        for _ in 0..6 {
            lives.execute(new_event_id(), added).await.unwrap();
        }

        assert_eq!(LIVING.get(), held, "of {capacity}");
        drop(lives);
        assert_eq!(LIVING.get(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_cache_lets_go_of_old_states_one_with_each_that_comes() {
    let time = Duration::from_secs(60);
    let lives: Repository<Live> = Repository::new(Arc::new(Memory::new()));
    let lives = lives.with_cache(CacheConfig::new(100).with_time_to_live(time));
    for _ in 0..3 {
        lives.execute(new_event_id(), added).await.unwrap();
    }

    tokio::time::advance(Duration::from_millis(59_999)).await;
    lives.execute(new_event_id(), added).await.unwrap();
    let young = LIVING.get();
    tokio::time::advance(Duration::from_millis(1)).await;
    lives.execute(new_event_id(), added).await.unwrap();
    let old = LIVING.get();

    assert_eq!((young, old), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_state_is_used_up_to_its_time_and_each_use_renews_it() {
    let time = Duration::from_secs(60);
    let config = CacheConfig::new(9).with_time_to_live(time);
    let Setup {
        store, cached, id, ..
    } = setup(config).await;
    let reads = async |after: Duration| {
        tokio::time::advance(after).await;
        let before = store.calls(CallKind::ReadStream);
        cached
            .execute(id, |_| {
                Ok::<_, Refusal>(Added {
                    amount: 0,
                    before: 10,
                })
            })
            .await
            .unwrap();
        store.calls(CallKind::ReadStream) - before
    };

    let almost = Duration::from_millis(59_999);
    assert_eq!(reads(almost).await, 0);
    assert_eq!(reads(almost).await, 0);
    assert_eq!(reads(time).await, 1);
}

#[tokio::test]
async fn a_state_whose_append_failed_is_not_decided_on_again() {
    use plumberd_testkit::mock::Fault;
    let Setup {
        store, cached, id, ..
    } = setup(CacheConfig::new(1)).await;
    let mut root = cached.load(id).await.unwrap();
    root.execute(|c| c.add(1)).unwrap();

    for save in [false, true] {
        cached.execute(id, |c| c.add(0)).await.unwrap();
        store.next_append(Fault::Broken);
        if save {
            cached.save(&mut root).await.unwrap_err();
        } else {
            cached.execute(id, |c| c.add(1)).await.unwrap_err();
        }
        let before = store.calls(CallKind::ReadStream);

        cached.execute(id, |c| c.add(1)).await.unwrap();

        assert!(store.calls(CallKind::ReadStream) > before, "save: {save}");
    }
}

#[tokio::test]
async fn a_deleted_aggregate_is_not_in_the_cache() {
    let lives: Repository<Live> = Repository::new(Arc::new(Memory::new()));
    let lives = lives.with_cache(CacheConfig::new(9));
    let id = new_event_id();
    lives.execute(id, added).await.unwrap();
    let before = LIVING.get();

    lives.delete(&id).await.unwrap();

    assert_eq!((before, LIVING.get()), (1, 0));
}

#[tokio::test]
async fn a_load_that_was_slow_does_not_replace_a_later_state() {
    let store = Memory::new();
    let lives: Repository<Live> = Repository::new(Arc::new(store));
    let cached = lives.clone().with_cache(CacheConfig::new(9));
    let id = new_event_id();
    lives.execute(id, added).await.unwrap();
    let quick = cached.clone();
    let execute = move || {
        let execute = quick.execute(id, added).into_future();
        futures_util::FutureExt::now_or_never(execute)
            .unwrap()
            .unwrap();
    };
    FIRST.set(Some(Box::new(execute)));

    cached.load(id).await.unwrap();
    let executed = cached.execute(id, added).await.unwrap();

    // On the older one it would have lost.
    assert_eq!(executed.attempts(), 1);
    assert_eq!(lives.load(id).await.unwrap().total, 3);
}
