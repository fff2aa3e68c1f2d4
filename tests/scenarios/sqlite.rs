//! What the SQLite store promises beyond the port: shared commits, threads
//! that end, text of every kind.

use futures_util::{FutureExt, future::join_all};
use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig},
    event::{ContentType, NewEvent, RawMetadata, new_event_id},
    store::{
        Direction, EventStore, EventStoreExt, Filter, ReadFrom, ReadOptions, StoreError,
        SubscribeFrom, SubscriptionMessage,
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use plumberd_tests::TempFolder;
use std::time::Duration;

fn event() -> NewEvent {
    typed("Added")
}

fn typed(name: &str) -> NewEvent {
    NewEvent::new(new_event_id(), name.parse().unwrap(), "{}")
}

fn account(id: usize) -> StreamName {
    StreamName::new("Account", id).unwrap()
}

async fn open(folder: &TempFolder) -> Sqlite {
    Sqlite::open(SqliteConfig::new(folder.path().join("bank.db")))
        .await
        .unwrap()
}

async fn append(store: &dyn EventStore, stream: &StreamName, count: usize) -> Position {
    let events = (0..count).map(|_| event()).collect();
    let outcome = store.append(stream, ExpectedRevision::Any, events).await;
    outcome.unwrap().position()
}

async fn revisions(store: &Sqlite, name: &StreamName, options: ReadOptions<Revision>) -> Vec<u64> {
    let read = store.read_stream(name, options);
    let events = read.collect_all().await.unwrap();
    events.iter().map(|event| event.revision.as_u64()).collect()
}

async fn positions(store: &Sqlite, options: ReadOptions<Position>, filter: Filter) -> Vec<u64> {
    let events = store.read_all(options, filter).collect_all().await.unwrap();
    events.iter().map(|event| event.position.as_u64()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_share_commits() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let tasks = (0..64).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                append(&store, &account(task), 1).await;
            }
        })
    });

    for task in join_all(tasks).await {
        task.unwrap();
    }

    let stats = store.stats();
    assert_eq!((stats.calls, stats.events), (1280, 1280));
    assert!(stats.commits <= 1280 / 4, "{stats:?}");
    for task in 0..64 {
        let all: Vec<_> = (0..20).collect();
        assert_eq!(
            revisions(&store, &account(task), ReadOptions::forwards()).await,
            all
        );
    }
}

#[tokio::test]
async fn one_refused_append_harms_no_other_in_its_commit() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let known = typed("Known");
    store
        .append(&account(0), ExpectedRevision::NoStream, vec![known.clone()])
        .await
        .unwrap();

    let exact = ExpectedRevision::Exact(Revision::new(7));
    let appends = (0..40).map(|number| {
        let (store, known) = (&store, known.clone());
        async move {
            match number % 4 {
                // In a stream that does not exist, behind an event that is new.
                0 => {
                    let stream = account(100 + number);
                    let batch = vec![event(), known];
                    store.append(&stream, ExpectedRevision::Any, batch).await
                }
                1 => store.append(&account(1), exact, vec![event()]).await,
                2 => store.append(&account(0), exact, vec![known]).await,
                _ => {
                    let any = ExpectedRevision::Any;
                    store.append(&account(2), any, vec![event(), event()]).await
                }
            }
        }
    });
    let outcomes = join_all(appends).await;

    for (number, outcome) in outcomes.iter().enumerate() {
        let as_expected = match (number % 4, outcome) {
            (0, Err(StoreError::Idempotency { .. })) | (1, Err(StoreError::Conflict { .. })) => {
                true
            }
            (2, Ok(outcome)) => outcome.is_already_applied(),
            (3, Ok(outcome)) => !outcome.is_already_applied(),
            _ => false,
        };
        assert!(as_expected, "{number}: {outcome:?}");
    }
    let all: Vec<_> = (0..20).collect();
    assert_eq!(
        revisions(&store, &account(2), ReadOptions::forwards()).await,
        all
    );
    let everything = positions(&store, ReadOptions::forwards(), Filter::new()).await;
    assert_eq!(everything.len(), 21);
    assert!(!store.has_events(&account(100)).await.unwrap());
}

#[tokio::test]
async fn a_stored_event_is_recognised_anywhere_in_a_long_batch() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    for place in [0, 1, 15, 16, 31, 32, 39] {
        let stream = account(place);
        let mut batch: Vec<_> = (0..40).map(|_| event()).collect();
        let outcome = store
            .append(&stream, ExpectedRevision::NoStream, batch.clone())
            .await
            .unwrap();
        assert_eq!(outcome.revision(), Revision::new(39));
        let again = store
            .append(&stream, ExpectedRevision::NoStream, batch.clone())
            .await
            .unwrap();
        assert!(again.is_already_applied());
        assert_eq!(again.position(), outcome.position());

        let known = batch[place].clone();
        batch = (0..40).map(|_| event()).collect();
        batch[place] = known;
        let mixed = store.append(&stream, ExpectedRevision::Any, batch).await;

        assert!(
            matches!(mixed, Err(StoreError::Idempotency { .. })),
            "{place}: {mixed:?}"
        );
        let all: Vec<_> = (0..40).collect();
        assert_eq!(
            revisions(&store, &stream, ReadOptions::forwards()).await,
            all
        );
    }
}

#[tokio::test]
async fn every_cut_of_a_long_stream_is_read_alike() {
    const COUNT: u64 = 150;
    let folder = TempFolder::new();
    let config = SqliteConfig::new(folder.path().join("bank.db")).with_page_events(10);
    let store = Sqlite::open(config).await.unwrap();
    append(&store, &account(1), 150).await;
    for from in [0, 1, 9, 10, 11, 75, 148, 149, 150, 151, u64::MAX] {
        for limit in [0, 1, 9, 10, 11, 149, 150, 600] {
            let at = ReadFrom::At(Revision::new(from));
            let after = ReadFrom::After(Revision::new(from));
            let take = usize::try_from(limit).unwrap();
            let forwards = ReadOptions::forwards().limit(limit);
            let backwards = ReadOptions::backwards().limit(limit);
            let cuts: [(_, Vec<u64>); 4] = [
                (forwards.from(at), (from..COUNT).take(take).collect()),
                (
                    forwards.from(after),
                    (from.saturating_add(1)..COUNT).take(take).collect(),
                ),
                (
                    backwards.from(at),
                    (0..COUNT).rev().filter(|n| *n <= from).take(take).collect(),
                ),
                (
                    backwards.from(after),
                    (0..COUNT).rev().filter(|n| *n < from).take(take).collect(),
                ),
            ];
            for (options, expected) in cuts {
                let read = revisions(&store, &account(1), options).await;
                assert_eq!(read, expected, "{options:?}");
                // There is one stream, and positions begin at 1.
                let place = Position::new(from.saturating_add(1));
                let start = match options.from {
                    ReadFrom::At(_) => ReadFrom::At(place),
                    _ => ReadFrom::After(place),
                };
                let options = match options.direction {
                    Direction::Forwards => ReadOptions::forwards(),
                    Direction::Backwards => ReadOptions::backwards(),
                };
                let options = options.from(start).limit(limit);
                if from < u64::MAX {
                    let read = positions(&store, options, Filter::new()).await;
                    let expected: Vec<_> = expected.iter().map(|n| n + 1).collect();
                    assert_eq!(read, expected, "{options:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_filter_finds_the_same_events_however_many_streams_match() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let mut wanted = Vec::new();
    for number in 0..90 {
        // First few, then more than a query names.
        for (category, of_interest) in [("Order", true), ("Orderly", false), ("Account", false)] {
            let stream = StreamName::new(category, number).unwrap();
            let batch = vec![typed("Opened"), typed("Closed")];
            let outcome = store.append(&stream, ExpectedRevision::Any, batch).await;
            if of_interest {
                wanted.push(outcome.unwrap().position().as_u64());
            }
        }
        if [0, 50, 70, 89].contains(&number) {
            let filter = Filter::new().category("Order").unwrap();
            let filter = filter.event_type("Closed".parse().unwrap());
            let found = positions(&store, ReadOptions::forwards(), filter.clone()).await;
            assert_eq!(found, wanted, "{number}");
            let every = filter.clone().of_every_tenant();
            let mut found = positions(&store, ReadOptions::backwards(), every).await;
            found.reverse();
            assert_eq!(found, wanted, "{number}");
            let prefix = Filter::new()
                .stream_prefix("Order-")
                .event_type("Closed".parse().unwrap());
            assert_eq!(
                positions(&store, ReadOptions::forwards().limit(3), prefix).await,
                wanted.iter().copied().take(3).collect::<Vec<_>>()
            );
        }
    }
    let unknown = Filter::new().event_type("Never".parse().unwrap());
    assert!(
        positions(&store, ReadOptions::forwards(), unknown)
            .await
            .is_empty()
    );
    let first = Filter::new().stream("Order-1".parse().unwrap());
    let found = positions(&store, ReadOptions::forwards(), first).await;
    assert_eq!(found, [wanted[1] - 1, wanted[1]]);
}

#[tokio::test]
async fn text_of_every_kind_comes_back_as_it_was_written() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let names = [
        "It's-\"quoted\"; DROP TABLE events; --".to_owned(),
        "Größe-日本語 🦀".to_owned(),
        "Like-%_\\*?".to_owned(),
        format!("Long-{}", "x".repeat(StreamName::MAX_LEN - 5)),
        format!("Wide-{}", "\u{10ffff}".repeat(254)),
        " ".to_owned(),
    ];
    for name in &names {
        let stream = StreamName::raw(name.as_str()).unwrap();
        let written = NewEvent::new(new_event_id(), name_of_type(name), vec![0, 255, 0])
            .with_content_type(ContentType::new("text/'odd'"))
            .with_raw_metadata(RawMetadata::new(vec![b'{', 0, b'}'].into()));
        store
            .append(&stream, ExpectedRevision::NoStream, vec![written.clone()])
            .await
            .unwrap();

        let filter = Filter::new().stream_prefix(name.as_str());
        let all = store.read_all(ReadOptions::forwards(), filter);
        let one = store.read_stream(&stream, ReadOptions::forwards());
        let one = one.collect_all().await.unwrap();

        assert_eq!(all.collect_all().await.unwrap(), one);
        let event = &one[0];
        assert_eq!(event.stream, stream);
        assert_eq!(event.id, written.id());
        assert_eq!(event.event_type, *written.event_type());
        assert_eq!(event.content_type, *written.content_type());
        assert_eq!(event.data, *written.data());
        assert_eq!(event.metadata, *written.metadata());
        assert_eq!(event.shape_revision, written.shape_revision());
    }
}

fn name_of_type(text: &str) -> plumberd::event::EventType {
    text.chars().take(100).collect::<String>().parse().unwrap()
}

#[tokio::test]
async fn a_closed_store_is_closed_to_every_handle() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let clone = store.clone();
    let tenant = store.for_tenant(&TenantId::new("acme").unwrap()).unwrap();
    append(&store, &account(1), 1).await;
    let mut subscription = store
        .subscribe_all(SubscribeFrom::End, Filter::new())
        .await
        .unwrap();
    let caught_up = subscription.next_message().await.unwrap();
    assert_eq!(caught_up, Some(SubscriptionMessage::CaughtUp));

    store.close().await;
    store.close().await;

    let handles: [&dyn EventStore; 3] = [&store, &clone, tenant.as_ref()];
    for handle in handles {
        let errors = [
            handle
                .append(&account(1), ExpectedRevision::Any, vec![event()])
                .await
                .unwrap_err(),
            handle
                .read_stream(&account(1), ReadOptions::forwards())
                .next_event()
                .await
                .unwrap_err(),
            handle.stream_info(&account(1)).await.unwrap_err(),
            handle
                .delete(&account(1), ExpectedRevision::Any)
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, StoreError::Closed { .. }), "got {error:?}");
            assert!(!error.is_transient());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn closing_the_store_ends_its_subscriptions() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let of_all = store.subscribe_all(SubscribeFrom::Start, Filter::new());
    let stream = account(1);
    let of_one = store.subscribe_stream(&stream, SubscribeFrom::End);
    let mut waiting = Vec::new();
    for mut subscription in [of_all.await.unwrap(), of_one.await.unwrap()] {
        let first = subscription.next_message().await.unwrap();
        assert_eq!(first, Some(SubscriptionMessage::CaughtUp));
        // One of them is asked again only after the store is closed.
        waiting.push(subscription);
    }
    let mut late = waiting.pop().unwrap();
    let mut early = waiting.pop().unwrap();
    let early = tokio::spawn(async move { (early.next_message().await, early) });
    tokio::task::yield_now().await;

    store.close().await;

    let (ended, mut early) = tokio::time::timeout(Duration::from_secs(600), early)
        .await
        .expect("a subscription waits on")
        .unwrap();
    for ended in [ended, late.next_message().await] {
        assert!(matches!(ended, Err(StoreError::Closed { .. })), "{ended:?}");
    }
    assert_eq!(early.next_message().await.unwrap(), None);
}

#[tokio::test]
async fn what_was_queued_is_written_before_the_store_closes() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let appends = (0..50).map(|id| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .append(&account(id), ExpectedRevision::Any, vec![event()])
                .await
        })
    });
    let appends = join_all(appends);
    let (outcomes, ()) = tokio::join!(appends, store.close());

    let mut written = 0;
    for outcome in outcomes {
        match outcome.unwrap() {
            Ok(_) => written += 1,
            Err(StoreError::Closed { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    let store = open(&folder).await;
    let found = positions(&store, ReadOptions::forwards(), Filter::new()).await;
    assert_eq!(found.len(), written);
}

#[tokio::test]
async fn a_read_goes_on_when_the_last_handle_is_dropped() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    append(&store, &account(1), 300).await;
    let mut read = store.read_stream(&account(1), ReadOptions::forwards());
    let first = read.next_event().await.unwrap().unwrap();
    assert_eq!(first.revision, Revision::FIRST);

    drop(store);

    assert_eq!(read.collect_all().await.unwrap().len(), 299);
}

#[tokio::test]
async fn an_append_whose_caller_left_is_written_whole_or_not_at_all() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    for id in 0..30 {
        let stream = account(id);
        let events = vec![event(), event(), event()];
        let mut left = Box::pin(store.append(&stream, ExpectedRevision::NoStream, events));
        // Polled once: the command is queued, and no caller waits for it.
        assert!(left.as_mut().now_or_never().is_none());
        drop(left);
    }

    append(&store, &account(1000), 1).await;

    for id in 0..30 {
        let count = revisions(&store, &account(id), ReadOptions::forwards())
            .await
            .len();
        assert_eq!(count, 3, "the queue is in order, so it was written before");
    }
}

#[tokio::test]
async fn a_store_for_tenants_only_refuses_calls_without_one() {
    let folder = TempFolder::new();
    let config = SqliteConfig::new(folder.path().join("bank.db")).tenants_only();
    let store = Sqlite::open(config).await.unwrap();
    let acme = store.for_tenant(&TenantId::new("acme").unwrap()).unwrap();
    append(acme.as_ref(), &account(1), 1).await;

    let all = ReadOptions::forwards();
    let refused = [
        store
            .append(&account(1), ExpectedRevision::Any, vec![event()])
            .await
            .unwrap_err(),
        store
            .read_all(all, Filter::new())
            .next_event()
            .await
            .unwrap_err(),
        store
            .subscribe_stream(&account(1), SubscribeFrom::Start)
            .await
            .unwrap_err(),
        store.stream_info(&account(1)).await.unwrap_err(),
    ];

    for error in refused {
        assert!(matches!(error, StoreError::TenantRequired), "got {error:?}");
    }
}

#[tokio::test]
async fn a_locked_file_makes_an_append_unavailable_and_not_written() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    let config = SqliteConfig::new(&path).with_busy_timeout(Duration::from_millis(20));
    let store = Sqlite::open(config).await.unwrap();
    append(&store, &account(1), 1).await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let refused = store
        .append(&account(1), ExpectedRevision::Any, vec![event()])
        .await;

    let error = refused.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(error.is_transient());
    // Reads do not wait for writers.
    assert_eq!(
        revisions(&store, &account(1), ReadOptions::forwards()).await,
        [0]
    );
    other.execute_batch("COMMIT").unwrap();
    append(&store, &account(1), 1).await;
    assert_eq!(
        revisions(&store, &account(1), ReadOptions::forwards()).await,
        [0, 1]
    );
}

#[tokio::test]
async fn a_page_of_links_holds_no_more_than_a_page_of_events() {
    const BIG: usize = 900_000;
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let (target, list) = (account(1), account(2));
    let big = |_| NewEvent::new(new_event_id(), "Big".parse().unwrap(), vec![b'x'; BIG]);
    for number in 0..16 {
        let outcome = store.append(&target, ExpectedRevision::Any, vec![big(number)]);
        outcome.await.unwrap();
    }
    let read = store.read_stream(&target, ReadOptions::forwards());
    for event in read.collect_all().await.unwrap() {
        let link = store.append_link(&list, ExpectedRevision::Any, &event);
        link.await.unwrap();
    }

    let forwards = ReadOptions::forwards().resolve_links();
    let backwards = ReadOptions::backwards().resolve_links();
    let all = ReadOptions::forwards().resolve_links();
    let links = Filter::new().stream(list.clone()).with_system_events();
    for (read, from_the_end) in [
        (store.read_stream(&list, forwards), false),
        (store.read_stream(&list, backwards), true),
        (store.read_all(all, links), false),
    ] {
        let mut revisions = Vec::new();
        let mut read = read;
        while let Some(page) = read.next_page().await.unwrap() {
            let bytes: usize = page.iter().map(|event| event.data.len()).sum();
            assert!(bytes <= (4 << 20) + BIG, "a page of {bytes} bytes");
            revisions.extend(page.iter().map(|event| event.read_revision().as_u64()));
        }
        if from_the_end {
            revisions.reverse();
        }
        assert_eq!(revisions, (0..16).collect::<Vec<_>>());
    }
    let mut follower = store
        .subscribe_stream(&list, SubscribeFrom::Start)
        .await
        .unwrap();
    for revision in 0..16 {
        let event = follower.next_event().await.unwrap().unwrap();
        assert_eq!(event.read_revision().as_u64(), revision);
    }
}

#[tokio::test]
async fn a_subscription_says_how_far_it_has_come_past_events_that_do_not_pass_its_filter() {
    let folder = TempFolder::new();
    let store = open(&folder).await;
    let rare = StreamName::new("Rare", 1).unwrap();
    let first = append(&store, &rare, 1).await;
    let mut last = first;
    for _ in 0..3 {
        last = append(&store, &account(1), 500).await;
    }
    let filter = Filter::new().stream_prefix("Ra");

    let from_start = store.subscribe_all(SubscribeFrom::Start, filter.clone());
    let mut subscription = from_start.await.unwrap();
    let mut next = async || subscription.next_message().await.unwrap().unwrap();
    let event = next().await;
    assert!(
        matches!(&event, SubscriptionMessage::Event(event) if event.position == first),
        "{event:?}"
    );
    assert_eq!(next().await, SubscriptionMessage::Checkpoint(last));
    assert_eq!(next().await, SubscriptionMessage::CaughtUp);

    // From there it goes on.
    let from_there = store.subscribe_all(SubscribeFrom::After(last), filter);
    let mut resumed = from_there.await.unwrap();
    let next = append(&store, &rare, 1).await;
    let event = resumed.next_event().await.unwrap().unwrap();
    assert_eq!(event.position, next);
}
