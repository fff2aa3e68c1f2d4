//! Events that a newer program wrote, on every store.

use crate::domain::every_store;
use plumberd::{aggregate::ApplyError, event::new_event_id, prelude::*};
use std::convert::Infallible;

#[derive(Event, Debug, Clone, PartialEq)]
struct Counted {
    by: u32,
}

/// What this program does not know.
#[derive(Event, Debug, Clone, PartialEq)]
struct Explained {
    text: String,
}

#[derive(Debug, Default, Clone, EventValue)]
struct Tally {
    count: u32,
    events: u32,
}

#[aggregate(category = "Tally", unknown_events = "skip")]
impl Tally {
    #[event_sourcing_handler]
    fn on_counted(&mut self, event: &Counted) {
        self.count += event.by;
        self.events += 1;
    }
}

/// As the newer program has it.
#[derive(Debug, Default)]
struct Newer;

#[aggregate(category = "Tally")]
impl Newer {
    #[event_sourcing_handler]
    fn on_counted(&mut self, _event: &Counted) {}

    #[event_sourcing_handler]
    fn on_explained(&mut self, _event: &Explained) {}
}

/// Which refuses what it does not know.
#[derive(Debug, Default)]
struct Strict;

#[aggregate(category = "Tally")]
impl Strict {
    #[event_sourcing_handler]
    fn on_counted(&mut self, _event: &Counted) {}
}

const fn counted(by: u32) -> Counted {
    Counted { by }
}

/// Three events of the newer program; the last two are unknown to others.
async fn written(store: &Store, id: Uuid) {
    let explained = |text: &str| Explained { text: text.into() };
    let newer = store.repository::<Newer>();
    let events = (counted(1), explained("a"), explained("b"));
    let written = newer.execute(id, |_| Ok::<_, Infallible>(events.clone()));
    written.await.unwrap();
}

#[tokio::test]
async fn an_unknown_event_that_is_skipped_counts_for_loads_saves_and_commands() {
    for (store, _kept) in every_store().await {
        let id = new_event_id();
        written(&store, id).await;
        let tallies = store.repository::<Tally>();

        let mut loaded = tallies.load(id).await.unwrap();
        assert_eq!((loaded.count, loaded.events), (1, 1));
        assert_eq!(loaded.revision(), Some(Revision::new(2)));
        loaded
            .execute(|_| Ok::<_, Infallible>(counted(10)))
            .unwrap();
        // With a revision that is one too low these would be conflicts.
        tallies.save(&mut loaded).await.unwrap();
        assert_eq!(loaded.revision(), Some(Revision::new(3)));
        written(&store, id).await;
        let executed = tallies
            .execute(id, |tally| {
                assert_eq!(tally.count, 12);
                Ok::<_, Infallible>(counted(100))
            })
            .retries(0)
            .await
            .unwrap();

        assert_eq!(
            (executed.revision(), executed.attempts()),
            (Some(Revision::new(7)), 1)
        );
        assert_eq!(tallies.load(id).await.unwrap().count, 112);
        let before = tallies.load_at(id, Revision::new(2)).await.unwrap();
        assert_eq!(
            (before.count, before.revision()),
            (1, Some(Revision::new(2)))
        );
    }
}

#[tokio::test]
async fn an_unknown_event_that_is_skipped_counts_for_snapshots_and_the_cache() {
    for (store, _kept) in every_store().await {
        let id = new_event_id();
        let tallies = store
            .repository::<Tally>()
            .with_snapshots(SnapshotPolicy::every(2))
            .with_cache(CacheConfig::new(10));
        for round in 0..4 {
            written(&store, id).await;

            let executed = tallies
                .execute(id, |_| Ok::<_, Infallible>(counted(1)))
                .await
                .unwrap();

            let expected = Revision::new(round * 4 + 3);
            assert_eq!(executed.revision(), Some(expected));
            let anew = store.repository::<Tally>();
            let anew = anew.with_snapshots(SnapshotPolicy::every(2));
            let loaded = anew.load(id).await.unwrap();
            assert_eq!(u64::from(loaded.events), (round + 1) * 2);
            assert_eq!(loaded.revision(), Some(expected));
        }
    }
}

#[tokio::test]
async fn an_unknown_event_is_an_error_that_names_it_unless_it_is_to_be_skipped() {
    for (store, _kept) in every_store().await {
        let id = new_event_id();
        written(&store, id).await;
        let strict = store.repository::<Strict>();

        let loaded = strict.load(id).await.map(drop).unwrap_err();
        let executed = strict.execute(id, |_| Ok::<_, Infallible>(counted(1)));
        let executed = executed.await.map(drop).unwrap_err();

        let ExecuteError::Repository(executed) = executed else {
            panic!("{executed:?}");
        };
        for error in [loaded, executed] {
            let RepositoryError::Apply { source, .. } = &error else {
                panic!("{error:?}");
            };
            let ApplyError::UnknownEvent {
                revision,
                event_type,
                ..
            } = source
            else {
                panic!("{source:?}");
            };
            assert_eq!((*revision, &**event_type), (Revision::new(1), "Explained"));
        }
    }
}
