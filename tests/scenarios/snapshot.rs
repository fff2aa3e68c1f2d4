//! Snapshots: a load from one is the load from the first event.

use plumberd::{
    EventValue, aggregate,
    backend::memory::Memory,
    clock::Clock,
    event::{Metadata, NewEvent, new_event_id},
    prelude::*,
};
use plumberd_tests::counter::{Added, Counter};
use std::time::Duration;

async fn with_events(count: i64) -> (Memory, Repository<Counter>, Uuid) {
    let store = Memory::new();
    let counters = Store::new(store.clone())
        .repository()
        .with_snapshots(SnapshotPolicy::every(10));
    let id = new_event_id();
    for _ in 0..count {
        counters.execute(id, |c: &Counter| c.add(1)).await.unwrap();
    }
    (store, counters, id)
}

fn snapshots_of(id: Uuid) -> StreamName {
    StreamName::new("CounterSnapshot", id).unwrap()
}

async fn snapshots(store: &Memory, id: Uuid) -> Vec<RecordedEvent> {
    store
        .read_stream(&snapshots_of(id), ReadOptions::forwards())
        .collect_all()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_snapshot_is_taken_every_so_many_events() {
    let (store, _, id) = with_events(25).await;

    let taken = snapshots(&store, id).await;

    let revisions: Vec<u64> = taken
        .iter()
        .map(|s| {
            s.metadata()
                .unwrap()
                .json()
                .get_as("SnapshotVersion")
                .unwrap()
                .unwrap()
        })
        .collect();
    assert_eq!(revisions, [9, 19]);
    assert_eq!(taken[0].event_type, "CounterSnapShotted");
}

#[tokio::test]
async fn a_load_from_a_snapshot_is_the_load_from_the_first_event() {
    for count in [1, 9, 10, 11, 19, 20, 21] {
        let (store, counters, id) = with_events(count).await;
        let plain = Store::new(store)
            .repository::<Counter>()
            .load(id)
            .await
            .unwrap();

        let loaded = counters.load(id).await.unwrap();

        assert_eq!(
            (&*loaded, loaded.revision()),
            (&*plain, plain.revision()),
            "of {count}"
        );
    }
}

#[tokio::test]
async fn a_snapshot_saves_reading_what_is_before_it() {
    let (store, counters, id) = with_events(25).await;
    let stream = counters.stream(&id).unwrap();
    // What a snapshot stands for may be truncated; a full replay would then be wrong.
    store
        .truncate_before(&stream, Revision::new(19))
        .await
        .unwrap();

    let loaded = counters.load(id).await.unwrap();

    assert_eq!(
        (loaded.total, loaded.revision()),
        (25, Some(Revision::new(24)))
    );
}

/// Replaces the last snapshot by one that differs from it in `data` or
/// metadata.
async fn replace_snapshot(
    store: &Memory,
    id: Uuid,
    change: impl FnOnce(&mut String, &mut Metadata),
) {
    let last = snapshots(store, id).await.pop().unwrap();
    let mut data = String::from_utf8(last.data.to_vec()).unwrap();
    let mut metadata = last.metadata().unwrap();
    change(&mut data, &mut metadata);
    let event = NewEvent::new(new_event_id(), last.event_type, data)
        .with_metadata(&metadata)
        .unwrap();
    store
        .append(&snapshots_of(id), ExpectedRevision::Any, vec![event])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_decoded_is_passed_over() {
    let (store, counters, id) = with_events(15).await;
    replace_snapshot(&store, id, |data, _| *data = "{\"Total\":".into()).await;

    let loaded = counters.load(id).await.unwrap();

    assert_eq!(
        (loaded.total, loaded.revision()),
        (15, Some(Revision::new(14)))
    );
}

#[tokio::test]
async fn a_snapshot_of_another_shape_is_passed_over() {
    let (store, counters, id) = with_events(15).await;
    replace_snapshot(&store, id, |data, metadata| {
        *data = data.replace("null", "\"forged\"");
        metadata
            .json_mut()
            .insert("Fingerprint", &Uuid::nil().to_string())
            .unwrap();
    })
    .await;

    let loaded = counters.load(id).await.unwrap();

    assert_eq!(
        loaded.name, None,
        "the state of a foreign snapshot was used"
    );
    assert_eq!(loaded.total, 15);
}

#[tokio::test]
async fn a_snapshot_of_another_version_of_the_fold_is_passed_over() {
    let (store, _, id) = with_events(15).await;
    replace_snapshot(&store, id, |data, _| {
        *data = data.replace("null", "\"kept\"");
    })
    .await;
    let repository = |version| {
        Store::new(store.clone())
            .repository::<Counter>()
            .with_snapshots(SnapshotPolicy::every(10).with_version(version))
    };

    let old = repository(1).load(id).await.unwrap();
    let new = repository(2).load(id).await.unwrap();

    assert_eq!(
        old.name.as_deref(),
        Some("kept"),
        "version 1 has taken the snapshot"
    );
    assert_eq!((new.name.as_deref(), new.total), (None, 15));
}

#[tokio::test]
async fn a_snapshot_of_a_former_life_is_passed_over() {
    let (store, counters, id) = with_events(10).await;
    let stream = counters.stream(&id).unwrap();

    // Deleted by a program that does not know of snapshots.
    store.delete(&stream, ExpectedRevision::Any).await.unwrap();
    let deleted = counters.load(id).await.unwrap_err();
    Store::new(store)
        .repository::<Counter>()
        .execute(id, |c| c.add(7))
        .await
        .unwrap();
    let reborn = counters.load(id).await.unwrap();

    assert!(
        matches!(deleted, RepositoryError::NotFound { .. }),
        "got {deleted:?}"
    );
    assert_eq!((reborn.total, reborn.events), (7, 1));
}

#[tokio::test]
async fn deleting_an_aggregate_deletes_its_snapshots() {
    let (store, counters, id) = with_events(10).await;

    counters.delete(&id).await.unwrap();

    assert_eq!(snapshots(&store, id).await.len(), 0);
}

#[tokio::test]
async fn an_older_state_is_not_loaded_from_a_later_snapshot() {
    let (_, counters, id) = with_events(25).await;

    for revision in [0, 8, 9, 10, 18, 19, 24] {
        let loaded = counters.load_at(id, Revision::new(revision)).await.unwrap();
        assert_eq!(loaded.events, revision + 1);
    }
}

#[tokio::test]
async fn a_state_of_a_time_is_not_loaded_from_a_snapshot_that_was_taken_later() {
    let (clock, hand) = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let counters: Repository<Counter> = Store::new(Memory::new().with_clock(clock)).repository();
    let counters = counters.with_snapshots(SnapshotPolicy::every(10));
    let id = new_event_id();
    let mut times = Vec::new();
    for _ in 0..25 {
        counters.execute(id, |c: &Counter| c.add(1)).await.unwrap();
        times.push(hand.now());
        hand.advance(Duration::from_secs(60));
    }

    for (before, time) in times.into_iter().enumerate() {
        let loaded = counters.load_at(id, time).await.unwrap();
        assert_eq!(loaded.revision(), Some(Revision::new(before as u64)));
        assert_eq!(loaded.events, before as u64 + 1);
    }
}

/// A state that has no stored form now and then.
#[derive(Debug, Default, EventValue)]
struct Ratio {
    value: f64,
}

#[aggregate]
impl Ratio {
    #[event_sourcing_handler]
    fn on_added(&mut self, _: &Added) {
        self.value = f64::NAN;
    }
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_taken_does_not_fail_the_command() {
    let ratios = Store::new(Memory::new())
        .repository::<Ratio>()
        .with_snapshots(SnapshotPolicy::every(1));
    let id = new_event_id();

    let executed = ratios
        .execute(id, |ratio| {
            assert!(ratio.value.abs() < f64::EPSILON);
            Ok::<_, std::convert::Infallible>(Added {
                amount: 1,
                before: 0,
            })
        })
        .await
        .unwrap();

    assert_eq!(executed.events(), 1);
}

#[derive(EventValue, Debug, Default, Clone, PartialEq)]
struct Shell {
    inner: Vec<Shell>,
}

/// Its state is one level deeper with each event.
#[derive(EventValue, Debug, Default, Clone, PartialEq)]
struct Doll {
    outer: Shell,
    shells: u32,
}

#[aggregate(category = "Doll")]
impl Doll {
    #[event_sourcing_handler]
    fn on_added(&mut self, _: &Added) {
        let inner = std::mem::take(&mut self.outer);
        self.outer.inner.push(inner);
        self.shells += 1;
    }
}

#[tokio::test]
async fn a_state_that_is_nested_too_deeply_gets_no_snapshot_and_is_saved_all_the_same() {
    let store = Memory::new();
    let plain = Store::new(store.clone()).repository::<Doll>();
    let dolls = plain.clone().with_snapshots(SnapshotPolicy::every(1));
    let (executed, saved) = (new_event_id(), new_event_id());
    let grow = |_: &Doll| {
        Ok::<_, std::convert::Infallible>(Added {
            amount: 1,
            before: 0,
        })
    };

    for _ in 0..80 {
        dolls.execute(executed, grow).await.unwrap();
        let mut root = dolls.load_or_default(saved).await.unwrap();
        root.execute(grow).unwrap();
        dolls.save(&mut root).await.unwrap();
    }

    for id in [executed, saved] {
        let taken = store.read_stream(
            &StreamName::new("DollSnapshot", id).unwrap(),
            ReadOptions::forwards(),
        );
        let taken = taken.collect_all().await.unwrap();
        // The state is three levels, and each event adds two: 63 are the last.
        assert_eq!(taken.len(), 30);
        let doll = dolls.load(id).await.unwrap();
        assert_eq!(
            (doll.shells, doll.revision()),
            (80, Some(Revision::new(79)))
        );
        assert_eq!(*doll, *plain.load(id).await.unwrap());
    }
}
