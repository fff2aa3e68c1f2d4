//! The cache: faster, and never another result.

use plumberd::{backend::memory::Memory, event::new_event_id, prelude::*};
use plumberd_testkit::mock::{CallKind, Faulty};
use plumberd_tests::counter::{Counter, Refusal};
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
