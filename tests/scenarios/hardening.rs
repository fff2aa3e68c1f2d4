//! Where a repository once gave a wrong answer, and must not again.

use plumberd::{
    Event, EventValue, aggregate, aggregate::GenerateId, backend::memory::Memory,
    event::new_event_id, prelude::*, retry::RetryPolicy, store::StoreError, stream::StreamMetadata,
};
use plumberd_testkit::mock::{CallKind, Fault, Faulty, MockStore};
use plumberd_tests::counter::{Counter, Opened, Refusal};
use std::{sync::Arc, time::Duration};

fn counters(store: impl EventStore) -> Repository<Counter> {
    Repository::new(Arc::new(store))
}

/// A store with one counter of four events, the first three hidden.
async fn truncated() -> (Memory, Uuid) {
    let store = Memory::new();
    let id = new_event_id();
    let counters = counters(store.clone());
    for _ in 0..4 {
        counters.execute(id, |c| c.add(1)).await.unwrap();
    }
    let stream = counters.stream(&id).unwrap();
    store
        .truncate_before(&stream, Revision::new(3))
        .await
        .unwrap();
    (store, id)
}

#[tokio::test]
async fn a_stream_whose_first_events_are_hidden_is_not_folded_onto_a_default_state() {
    let (store, id) = truncated().await;
    let counters = counters(store);

    let loaded = counters.load(id).await.unwrap_err();
    let executed = counters.execute(id, |c| c.open("a")).await.unwrap_err();

    let truncated = |error: &RepositoryError| matches!(error, RepositoryError::Truncated { first: Some(first), .. } if first.as_u64() == 3);
    assert!(truncated(&loaded), "got {loaded:?}");
    assert!(
        matches!(&executed, ExecuteError::Repository(error) if truncated(error)),
        "got {executed:?}"
    );
}

#[derive(Debug, Default, PartialEq)]
struct Last {
    amount: i64,
}

#[aggregate(category = "Counter")]
impl Last {
    #[event_sourcing_handler]
    fn on_added(&mut self, event: &plumberd_tests::counter::Added) {
        self.amount = event.amount;
    }
}

#[tokio::test]
async fn a_stream_whose_first_events_are_hidden_is_folded_on_request() {
    let (store, id) = truncated().await;
    let lasts: Repository<Last> = Repository::new(Arc::new(store)).folding_truncated_streams();

    let loaded = lasts.load(id).await.unwrap();

    assert_eq!(
        (loaded.amount, loaded.revision()),
        (1, Some(Revision::new(3)))
    );
}

#[tokio::test]
async fn a_replay_without_the_snapshot_that_stands_for_what_is_hidden_is_refused() {
    let store = Memory::new();
    let id = new_event_id();
    let with = |version| {
        counters(store.clone()).with_snapshots(SnapshotPolicy::every(10).with_version(version))
    };
    for _ in 0..10 {
        with(1).execute(id, |c| c.add(1)).await.unwrap();
    }
    let stream = with(1).stream(&id).unwrap();
    store
        .truncate_before(&stream, Revision::new(9))
        .await
        .unwrap();

    let from_snapshot = with(1).load(id).await.unwrap();
    let replayed = with(2).load(id).await.unwrap_err();

    assert_eq!(from_snapshot.events, 10);
    assert!(
        matches!(replayed, RepositoryError::Truncated { .. }),
        "got {replayed:?}"
    );
}

#[tokio::test]
async fn an_aggregate_that_was_deleted_and_truncated_in_its_new_life_is_not_whole() {
    let store = Memory::new();
    let id = new_event_id();
    let counters = counters(store.clone());
    counters.execute(id, |c| c.add(1)).await.unwrap();
    counters.delete(&id).await.unwrap();
    for amount in [1, 2] {
        counters.execute(id, |c| c.add(amount)).await.unwrap();
    }

    let whole = counters.load(id).await.unwrap();
    let stream = counters.stream(&id).unwrap();
    store
        .truncate_before(&stream, Revision::new(2))
        .await
        .unwrap();
    let truncated = counters.load(id).await.unwrap_err();

    assert_eq!((whole.total, whole.events), (3, 2));
    assert!(
        matches!(truncated, RepositoryError::Truncated { .. }),
        "got {truncated:?}"
    );
}

#[tokio::test]
async fn an_aggregate_whose_events_are_all_hidden_is_refused_or_written_on_request() {
    let (store, id) = truncated().await;
    let stream = counters(store.clone()).stream(&id).unwrap();
    store
        .truncate_before(&stream, Revision::new(100))
        .await
        .unwrap();
    let counters = counters(store);

    let loaded = counters.load(id).await.unwrap_err();
    let executed = counters.execute(id, |c| c.add(1)).await.unwrap_err();
    let folding = counters.folding_truncated_streams();
    let written = folding.execute(id, |c| c.add(1)).await.unwrap();
    let mut root = folding.load_or_default(id).await.unwrap();
    root.execute(|c| c.add(1)).unwrap();
    let saved = folding.save(&mut root).await.unwrap();

    assert!(
        matches!(loaded, RepositoryError::Truncated { first: None, .. }),
        "got {loaded:?}"
    );
    assert!(
        matches!(
            executed,
            ExecuteError::Repository(RepositoryError::Truncated { .. })
        ),
        "got {executed:?}"
    );
    assert_eq!(written.revision(), Some(Revision::new(4)));
    assert_eq!(saved.revision(), Some(Revision::new(5)));
}

#[tokio::test]
async fn an_unknown_outcome_stays_unknown_when_the_repetition_cannot_tell() {
    let store = Faulty::new(Memory::new());
    store
        .next_append(Fault::TimeOutAfterCommit)
        .next_append(Fault::Unavailable);

    let once_more = counters(store).with_retry(RetryPolicy::DEFAULT.with_retries(1));
    let executed = once_more.execute(new_event_id(), |c| c.add(1)).await;

    let error = executed.unwrap_err();
    assert!(
        matches!(
            &error,
            ExecuteError::Repository(RepositoryError::Store {
                source: StoreError::OutcomeUnknown { .. }
            })
        ),
        "got {error:?}"
    );
}

#[tokio::test]
async fn a_repeated_save_is_known_again_when_what_it_wrote_is_hidden() {
    for hide in ["maxCount", "delete", "tombstone"] {
        let store = Faulty::new(Memory::new());
        let counters = counters(store.clone()).with_retry(RetryPolicy::NEVER);
        let mut root = Root::<Counter>::with_new_id();
        let stream = counters.stream(root.id()).unwrap();
        root.execute(|c| c.add(1)).unwrap();
        root.execute(|c| c.add(2)).unwrap();
        store.next_append(Fault::TimeOutAfterCommit);
        counters.save(&mut root).await.unwrap_err();

        match hide {
            "maxCount" => {
                let mut one = StreamMetadata::default();
                one.max_count = Some(1);
                let set = store.set_stream_metadata(&stream, ExpectedRevision::Any, &one);
                set.await.map(drop)
            }
            "delete" => store.delete(&stream, ExpectedRevision::Any).await,
            _ => store.tombstone(&stream, ExpectedRevision::Any).await,
        }
        .unwrap();
        let saved = counters.save(&mut root).await;

        assert!(saved.unwrap().is_already_applied(), "{hide}");
        assert_eq!(root.pending().len(), 0, "{hide}");
    }
}

/// An event that comes with its id.
#[derive(Event, Debug, Clone, PartialEq)]
struct Noted {
    #[event(id)]
    id: Uuid,
    text: String,
}

#[tokio::test]
async fn an_append_that_was_repeated_and_cannot_be_compared_is_not_said_to_be_unwritten() {
    let store = Faulty::new(Memory::new());
    let plumber = plumberd::micro_plumberd::Plumber::new(store.clone());
    let stream = StreamName::new("Note", 1).unwrap();
    let noted = Noted {
        id: new_event_id(),
        text: "x".into(),
    };
    let append = || plumber.append_event_to(&stream, ExpectedRevision::Any, &noted);
    append().await.unwrap();
    store.next_read(Fault::Unavailable);

    let unknown = append().await.unwrap_err();
    let known = append().await.unwrap();

    assert!(
        matches!(
            &unknown,
            plumberd::micro_plumberd::StateError::Store(StoreError::OutcomeUnknown { .. })
        ),
        "got {unknown:?}"
    );
    assert!(known.is_already_applied());
}

#[tokio::test]
async fn an_old_cached_state_costs_no_retry() {
    let store = Memory::new();
    let id = new_event_id();
    let cached = counters(store.clone())
        .with_cache(CacheConfig::new(1))
        .with_retry(RetryPolicy::NEVER);
    cached.execute(id, |c| c.add(1)).await.unwrap();
    counters(store).execute(id, |c| c.add(1)).await.unwrap();

    let executed = cached.execute(id, |c| c.add(1)).await.unwrap();

    assert_eq!(
        (executed.revision(), executed.attempts()),
        (Some(Revision::new(2)), 2)
    );
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Seen {
    at: DateTime<Utc>,
    #[event(skip)]
    note: String,
}

#[derive(Debug, Default, Clone, PartialEq)]
struct Watch {
    last: Option<(DateTime<Utc>, String)>,
}

#[aggregate]
impl Watch {
    #[event_sourcing_handler]
    fn on_seen(&mut self, event: &Seen) {
        self.last = Some((event.at, event.note.clone()));
    }
}

#[tokio::test]
async fn what_is_raised_is_what_a_replay_sees() {
    let store = Memory::new();
    let plain: Repository<Watch> = Repository::new(Arc::new(store));
    let cached = plain.clone().with_cache(CacheConfig::new(1));
    let id = new_event_id();
    let seen = Seen {
        at: DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap(),
        note: "not stored".into(),
    };
    let mut root = Root::<Watch>::new(id);
    root.execute(|_| Ok::<_, Refusal>(seen.clone())).unwrap();

    cached
        .execute(id, |_| Ok::<_, Refusal>(seen.clone()))
        .await
        .unwrap();

    let replayed = plain.load(id).await.unwrap();
    assert_eq!(*cached.load(id).await.unwrap(), *replayed);
    assert_eq!(*root, *replayed);
}

#[derive(EventValue, Debug, Clone, PartialEq, Default)]
struct Node {
    next: Option<Box<Node>>,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Nested {
    node: Node,
}

#[derive(Default)]
struct Tree {
    events: u64,
}

#[aggregate]
impl Tree {
    #[event_sourcing_handler]
    fn on_nested(&mut self, _: &Nested) {
        self.events += 1;
    }
}

#[tokio::test]
async fn an_event_that_could_not_be_read_back_is_not_stored() {
    let trees: Repository<Tree> = Repository::new(Arc::new(Memory::new()));
    let id = new_event_id();
    let mut node = Node::default();
    for _ in 0..200 {
        node = Node {
            next: Some(Box::new(node)),
        };
    }

    let executed = trees
        .execute(id, |_| Ok::<_, Refusal>(Nested { node: node.clone() }))
        .await;

    assert!(
        matches!(executed, Err(ExecuteError::Raise(_))),
        "got {executed:?}"
    );
    assert!(!trees.exists(&id).await.unwrap());
}

/// Two repetitions of a command at once: one is held up between its look for
/// the first outcome and its read, and the other one is carried out meanwhile.
async fn overtaken<F, D>(decide: F, create: bool) -> (Executed<Counter>, Executed<Counter>)
where
    F: Fn(&Counter) -> Result<D, Refusal> + Copy + Send,
    D: plumberd::aggregate::IntoEvents<Counter>,
{
    let store = Memory::new();
    let slow = Faulty::new(store.clone());
    slow.next(CallKind::ReadStream, Fault::Delay(Duration::from_secs(60)));
    let (id, command) = (new_event_id(), new_event_id());
    let (first, second) = (counters(store), counters(slow));
    let run = async |counters: &Repository<Counter>| {
        let execute = if create {
            counters.create_with(id, decide)
        } else {
            counters.execute(id, decide)
        };
        execute.command_id(command).await.unwrap()
    };
    tokio::join!(
        async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            run(&first).await
        },
        run(&second)
    )
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_finds_the_aggregate_created_gives_the_first_outcome() {
    let (first, second) = overtaken(|c| c.add(1), true).await;

    assert_eq!(second.revision(), first.revision());
    assert!(second.is_already_applied());
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_would_be_refused_by_then_gives_the_first_outcome() {
    let (first, second) = overtaken(|c| c.open("a"), false).await;

    assert_eq!(second.revision(), first.revision());
    assert!(second.is_already_applied());
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_would_do_nothing_by_then_gives_the_first_outcome() {
    let open_once = |c: &Counter| match c.name {
        None => c.open("a").map(Some),
        Some(_) => Ok(None::<Opened>),
    };

    let (first, second) = overtaken(open_once, false).await;

    assert_eq!((second.events(), second.revision()), (1, first.revision()));
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_would_do_less_by_then_gives_the_first_outcome() {
    let open_and_add = |c: &Counter| {
        let opened = match c.name {
            None => Some(c.open("a")?),
            Some(_) => None,
        };
        Ok((opened, c.add(1)?))
    };

    let (first, second) = overtaken(open_and_add, false).await;

    assert_eq!(
        (second.events(), second.revision()),
        (first.events(), first.revision())
    );
}

#[tokio::test]
async fn a_repeated_creation_gives_the_first_outcome_and_its_made_up_id() {
    let counters = counters(Memory::new());
    let command = new_event_id();

    let first = counters
        .create(|c| c.add(1))
        .command_id(command)
        .await
        .unwrap();
    let again = counters
        .create(|c| c.add(1))
        .command_id(command)
        .await
        .unwrap();
    let other = counters.create(|c| c.add(1)).await.unwrap();

    assert_eq!((again.id(), again.is_already_applied()), (first.id(), true));
    assert_eq!(first.id(), &Uuid::from_command(command));
    assert_ne!(other.id(), first.id());
}

#[tokio::test]
async fn a_root_that_decided_on_after_an_unknown_save_is_saved_whole() {
    for fault in [Fault::TimeOutAfterCommit, Fault::TimeOutBeforeCommit] {
        let store = Faulty::new(Memory::new());
        let counters = counters(store.clone()).with_retry(RetryPolicy::NEVER);
        let mut root = Root::<Counter>::with_new_id();
        root.execute(|c| c.add(1)).unwrap();
        store.next_append(fault);
        counters.save(&mut root).await.unwrap_err();

        root.execute(|c| c.add(2)).unwrap();
        let saved = counters.save(&mut root).await.unwrap();

        assert_eq!((saved.events(), root.pending().len()), (2, 0));
        let loaded = counters.load(*root.id()).await.unwrap();
        assert_eq!(
            (loaded.total, loaded.events, loaded.revision()),
            (3, 2, root.revision())
        );
    }
}

#[tokio::test]
async fn a_tombstone_on_the_snapshots_does_not_stop_the_aggregate() {
    let store = Memory::new();
    let counters = counters(store.clone()).with_snapshots(SnapshotPolicy::every(1));
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();
    let snapshots = StreamName::new("CounterSnapshot", id).unwrap();
    store
        .tombstone(&snapshots, ExpectedRevision::Any)
        .await
        .unwrap();

    counters.execute(id, |c| c.add(1)).await.unwrap();

    assert_eq!(counters.load(id).await.unwrap().total, 2);
    counters.delete(&id).await.unwrap();
}

#[tokio::test]
async fn a_delete_that_failed_half_way_may_be_repeated_and_leaves_no_snapshot() {
    let store = Faulty::new(Memory::new());
    let counters = counters(store.clone()).with_retry(RetryPolicy::NEVER);
    let counters = counters.with_snapshots(SnapshotPolicy::every(1));
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();
    store.plan(|call, number| {
        let counter = matches!(call, plumberd_testkit::mock::Call::Delete { stream, .. }
            if stream.category() == Some("Counter"));
        (counter && number < 3).then_some(Fault::Unavailable)
    });

    counters.delete(&id).await.unwrap_err();
    store.heal();
    counters.delete(&id).await.unwrap();

    let snapshots = StreamName::new("CounterSnapshot", id).unwrap();
    assert!(!store.has_events(&snapshots).await.unwrap());
    assert!(!counters.exists(&id).await.unwrap());
}

#[derive(Debug, Default)]
struct Fragile {
    events: u32,
}

#[aggregate(category = "Fragile")]
impl Fragile {
    #[event_sourcing_handler]
    fn on_added(&mut self, event: &plumberd_tests::counter::Added) {
        assert!(event.amount > 0, "a handler with a bug");
        self.events += 1;
    }
}

#[tokio::test]
async fn a_root_whose_handler_panicked_half_way_is_not_saved() {
    let fragiles: Repository<Fragile> = Repository::new(Arc::new(Memory::new()));
    let mut root = Root::<Fragile>::with_new_id();
    let added = |amount| plumberd_tests::counter::Added { amount, before: 0 };

    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        root.execute(|_| Ok::<_, Refusal>([added(1), added(-1)]))
    }));
    let saved = fragiles.save(&mut root).await.unwrap_err();

    assert!(panicked.is_err());
    assert!(
        matches!(saved, RepositoryError::HalfChanged { .. }),
        "got {saved:?}"
    );
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_closed_sqlite_store_is_one_file() {
    let folder = plumberd_tests::TempFolder::new();
    let url = folder.sqlite_url("one.db") + "?readers=8";
    let id = new_event_id();
    // Threads that close their connections at once may leave what one would not.
    for _ in 0..30 {
        let store = connect(&url).await.unwrap();
        let counters = store.repository::<Counter>();
        counters.execute(id, |c| c.add(1)).await.unwrap();

        store.close().await;

        let files: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(files, ["one.db"]);
        let after = counters.execute(id, |c| c.add(1)).await.unwrap_err();
        assert!(
            matches!(
                after,
                ExecuteError::Repository(RepositoryError::Store {
                    source: StoreError::Closed { .. }
                })
            ),
            "got {after:?}"
        );
    }
}

#[tokio::test]
async fn a_url_that_names_no_store_says_what_there_is() {
    let said = async |url: &str| connect(url).await.unwrap_err().to_string();

    assert_eq!(
        said("bogus://x").await,
        "no store has the scheme `bogus:`; there are `memory:`, `sqlite:`, `esdb:`, \
         `esdb+discover:`, `kurrentdb:`, `kurrentdb+discover:`, `eventstore+http:`, \
         `eventstore+https:`"
    );
    assert_eq!(
        said("bank.db").await,
        "the store URL is wrong: it has no scheme; a file is `sqlite://shop.db` or, from the root, \
         `sqlite:///var/lib/shop.db`, a store in memory is `memory:`"
    );
    assert_eq!(
        said("postgres://joe:secret@db/bank").await,
        "this version of plumberd has no backend for Postgres"
    );
    #[cfg(not(feature = "eventstoredb"))]
    for scheme in ["esdb", "esdb+discover", "kurrentdb", "kurrentdb+discover"] {
        assert_eq!(
            said(&format!("{scheme}://joe:secret@db")).await,
            format!(
                "`{scheme}:` needs the feature `eventstoredb` of plumberd: \
                 `cargo add plumberd --features eventstoredb`"
            )
        );
    }
    #[cfg(not(feature = "eventstore-v1"))]
    for scheme in ["eventstore+http", "eventstore+https"] {
        assert_eq!(
            said(&format!("{scheme}://joe:secret@db")).await,
            format!(
                "`{scheme}:` needs the feature `eventstore-v1` of plumberd: \
                 `cargo add plumberd --features eventstore-v1`"
            )
        );
    }
    assert_eq!(
        said("memory:bank").await,
        "the store URL is wrong: nothing may follow `memory:`, a store in memory has no name and \
         no options"
    );
}

#[derive(EventValue, Debug, Default, Clone, PartialEq)]
struct Indexed {
    total: i64,
    #[event(skip)]
    index: u32,
}

#[aggregate(category = "Indexed")]
impl Indexed {
    #[event_sourcing_handler]
    fn on_added(&mut self, event: &plumberd_tests::counter::Added) {
        self.total += event.amount;
        self.index += 1;
    }
}

#[tokio::test]
async fn a_state_with_a_field_that_is_not_stored_is_replayed_in_full() {
    let store = Memory::new();
    let plain: Repository<Indexed> = Repository::new(Arc::new(store));
    let snapshots = plain.clone().with_snapshots(SnapshotPolicy::every(1));
    let id = new_event_id();
    for before in 0..3 {
        let added = plumberd_tests::counter::Added { amount: 1, before };
        snapshots
            .execute(id, |_| Ok::<_, Refusal>(added.clone()))
            .await
            .unwrap();
    }

    assert_eq!(
        *snapshots.load(id).await.unwrap(),
        *plain.load(id).await.unwrap()
    );
}

#[tokio::test]
async fn a_state_that_has_no_snapshots_is_loaded_without_a_look_at_them() {
    let store = Faulty::new(Memory::new());
    let indexed: Repository<Indexed> = Repository::new(Arc::new(store.clone()));
    let indexed = indexed.with_snapshots(SnapshotPolicy::every(1));
    let id = new_event_id();
    let added = plumberd_tests::counter::Added {
        amount: 1,
        before: 0,
    };
    let executed = indexed.execute(id, |_| Ok::<_, Refusal>(added.clone()));
    executed.await.unwrap();
    let reads = store.calls(CallKind::ReadStream);

    indexed.load(id).await.unwrap();

    assert_eq!(store.calls(CallKind::ReadStream), reads + 1);
    assert_eq!(store.calls(CallKind::Append), 1);
}

#[tokio::test]
async fn an_aggregate_that_is_deleted_while_it_is_read_is_not_half_of_it() {
    let store = Memory::new();
    let id = new_event_id();
    let plain = counters(store.clone());
    for _ in 0..600 {
        plain.execute(id, |c| c.add(1)).await.unwrap();
    }
    // The delete comes between two pages: the first one is folded by then.
    let (slow, other) = (Faulty::new(store.clone()), plain.clone());
    let reader = counters(slow);
    let mut history = reader.history(&id).unwrap();
    let first = history.next_page().await.unwrap().unwrap();
    other.delete(&id).await.unwrap();
    let rest = history.next_page().await;
    let loaded = reader.load(id).await.unwrap_err();

    assert!(first.len() < 600);
    assert!(
        matches!(&rest, Err(error @ StoreError::ChangedWhileRead { .. }) if error.is_transient()),
        "got {rest:?}"
    );
    assert!(
        matches!(loaded, RepositoryError::NotFound { .. }),
        "got {loaded:?}"
    );
}

thread_local! {
    /// What a fold finds changed after its first event.
    static SABOTAGE: std::cell::RefCell<Option<(Memory, StreamName)>> =
        const { std::cell::RefCell::new(None) };
}

#[derive(Debug, Default)]
struct Sabotaged {
    events: u32,
}

#[aggregate(category = "Counter")]
impl Sabotaged {
    #[event_sourcing_handler]
    fn on_added(&mut self, _: &plumberd_tests::counter::Added) {
        self.events += 1;
        if let Some((store, stream)) = SABOTAGE.take() {
            let deleted = store.delete(&stream, ExpectedRevision::Any);
            futures_util::FutureExt::now_or_never(deleted)
                .unwrap()
                .unwrap();
        }
    }
}

#[tokio::test]
async fn an_aggregate_that_is_deleted_under_its_fold_is_read_again() {
    let store = Memory::new();
    let id = new_event_id();
    let plain = counters(store.clone());
    for _ in 0..600 {
        plain.execute(id, |c| c.add(1)).await.unwrap();
    }
    let sabotaged: Repository<Sabotaged> = Repository::new(Arc::new(store.clone()));
    SABOTAGE.set(Some((store, plain.stream(&id).unwrap())));

    let loaded = sabotaged.load(id).await.unwrap_err();

    assert!(SABOTAGE.take().is_none(), "nothing was deleted");
    assert!(
        matches!(loaded, RepositoryError::NotFound { .. }),
        "got {loaded:?}"
    );
}

#[tokio::test]
async fn a_load_gives_up_on_a_stream_that_changes_under_every_read() {
    let (store, id) = (MockStore::new(), new_event_id());
    let stream = StreamName::new("Counter", id).unwrap();
    // One read more than these panics.
    for _ in 0..9 {
        let stream = stream.clone();
        let read = store.expect_read_of(&stream);
        read.fails(StoreError::ChangedWhileRead { stream });
    }

    let error = counters(store.clone()).load(id).await.unwrap_err();

    assert!(error.is_transient(), "{error:?}");
    let RepositoryError::Store { source } = error else {
        panic!("{error:?}");
    };
    assert!(matches!(source, StoreError::ChangedWhileRead { .. }));
    store.verify();
}
