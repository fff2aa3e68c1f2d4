//! What the memory store promises beyond the port: shared reads, and order
//! under many writers.

use chrono::DateTime;
use futures_util::FutureExt;
use plumberd::{
    backend::memory::Memory,
    clock::Clock,
    event::{NewEvent, RecordedEvent, new_event_id},
    store::{
        EventStore, EventStoreExt, Filter, ReadFrom, ReadOptions, StoreError, SubscribeFrom,
        Subscription, SubscriptionMessage,
    },
    stream::{ExpectedRevision, Position, Revision, StreamMetadata, StreamName},
};
use std::{collections::HashMap, time::Duration};

fn stream(name: &str) -> StreamName {
    name.parse().unwrap()
}

fn event() -> NewEvent {
    NewEvent::new(new_event_id(), "Added".parse().unwrap(), "{}")
}

fn events(count: usize) -> Vec<NewEvent> {
    (0..count).map(|_| event()).collect()
}

async fn append(store: &Memory, name: &str, count: usize) -> Position {
    store
        .append(&stream(name), ExpectedRevision::Any, events(count))
        .await
        .unwrap()
        .position()
}

async fn revisions(store: &Memory, name: &str, options: ReadOptions<Revision>) -> Vec<u64> {
    let read = store.read_stream(&stream(name), options);
    let events = read.collect_all().await.unwrap();
    events.iter().map(|event| event.revision.as_u64()).collect()
}

async fn positions(store: &Memory, options: ReadOptions<Position>, filter: Filter) -> Vec<u64> {
    let events = store.read_all(options, filter).collect_all().await.unwrap();
    events.iter().map(|event| event.position.as_u64()).collect()
}

#[tokio::test]
async fn a_page_that_was_read_is_not_changed_by_later_appends() {
    let store = Memory::new();
    append(&store, "List-1", 3).await;
    let mut read = store.read_stream(&stream("List-1"), ReadOptions::forwards());
    let page = read.next_page().await.unwrap().unwrap();
    let before: Vec<RecordedEvent> = page.to_vec();
    append(&store, "List-1", 600).await;
    assert_eq!(page.to_vec(), before);
    let all = revisions(&store, "List-1", ReadOptions::forwards()).await;
    assert_eq!(all, (0..603).collect::<Vec<_>>());
}

#[tokio::test]
async fn two_reads_share_the_events_that_the_store_keeps() {
    let store = Memory::new();
    append(&store, "List-1", 100).await;
    let mut reads = Vec::new();
    for _ in 0..2 {
        let mut read = store.read_stream(&stream("List-1"), ReadOptions::forwards());
        reads.push(read.next_page().await.unwrap().unwrap());
    }
    assert_eq!(reads[0].len(), 100);
    assert!(std::ptr::eq(&raw const reads[0][0], &raw const reads[1][0]));
}

#[tokio::test]
async fn every_cut_of_a_stream_is_read_alike_across_chunks() {
    const COUNT: u64 = 520;
    let store = Memory::new();
    append(&store, "List-1", 520).await;
    for from in (0..=COUNT + 1).filter(|n| n % 64 < 2 || *n >= COUNT - 1) {
        for limit in [0, 1, 255, 256, 257, 600] {
            let at = ReadFrom::At(Revision::new(from));
            let after = ReadFrom::After(Revision::new(from));
            let cut = |numbers: Vec<u64>| -> Vec<u64> {
                numbers
                    .into_iter()
                    .take(usize::try_from(limit).unwrap())
                    .collect()
            };
            let forwards = ReadOptions::forwards().limit(limit);
            let backwards = ReadOptions::backwards().limit(limit);
            let expected = [
                (forwards.from(at), cut((from..COUNT).collect())),
                (forwards.from(after), cut((from + 1..COUNT).collect())),
                (
                    backwards.from(at),
                    cut((0..COUNT).rev().filter(|n| *n <= from).collect()),
                ),
                (
                    backwards.from(after),
                    cut((0..COUNT).rev().filter(|n| *n < from).collect()),
                ),
            ];
            for (options, expected) in expected {
                let read = revisions(&store, "List-1", options).await;
                assert_eq!(read, expected, "{options:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_filter_finds_the_same_events_with_and_without_an_index() {
    let store = Memory::new();
    let mut wanted = Vec::new();
    let mut other = Vec::new();
    for round in 0..900 {
        let category = ["Account", "Order", "Invoice"][round % 3];
        let last = append(&store, &format!("{category}-{}", round % 7), 1 + round % 4).await;
        let count = 1 + round as u64 % 4;
        let written = last.as_u64() + 1 - count..=last.as_u64();
        if category == "Invoice" {
            other.extend(written);
        } else {
            wanted.extend(written);
        }
    }
    // A beginning without a dash has no index.
    let scanned = Filter::new().stream_prefix("Acc").stream_prefix("Ord");
    let indexed = Filter::new()
        .category("Account")
        .and_then(|filter| filter.category("Order"))
        .unwrap();
    let few = Filter::new().category("Invoice").unwrap();
    let options = ReadOptions::forwards();
    assert_eq!(positions(&store, options, scanned.clone()).await, wanted);
    assert_eq!(positions(&store, options, indexed.clone()).await, wanted);
    assert_eq!(positions(&store, options, few.clone()).await, other);

    let every = indexed.clone().of_every_tenant();
    assert_eq!(positions(&store, options, every).await, wanted);

    wanted.reverse();
    other.reverse();
    let options = ReadOptions::backwards();
    assert_eq!(positions(&store, options, scanned).await, wanted);
    assert_eq!(positions(&store, options, indexed).await, wanted);
    assert_eq!(positions(&store, options, few).await, other);
}

#[tokio::test]
async fn a_filter_that_few_events_pass_gets_past_the_many_others() {
    let store = Memory::new();
    let first = append(&store, "Rare-1", 1).await;
    append(&store, "Common-1", 5_000).await;
    let second = append(&store, "Rare-1", 1).await;
    // Two events in five thousand, and no category to look them up by.
    let filter = Filter::new().stream_prefix("Ra");
    let expected = vec![first.as_u64(), second.as_u64()];
    let forwards = positions(&store, ReadOptions::forwards(), filter.clone()).await;
    assert_eq!(forwards, expected);

    let mut subscription = store
        .subscribe_all(SubscribeFrom::Start, filter)
        .await
        .unwrap();
    let mut checkpoints = 0;
    for position in [first, second] {
        let event = loop {
            match subscription.next_message().await.unwrap().unwrap() {
                SubscriptionMessage::Event(event) => break event,
                SubscriptionMessage::Checkpoint(at) => {
                    assert!(first < at && at < second);
                    checkpoints += 1;
                }
                other => panic!("{other:?} before everything was read"),
            }
        };
        assert_eq!(event.position, position);
    }
    assert!(checkpoints >= 3, "{checkpoints}");
    let caught_up = subscription.next_message().await.unwrap();
    assert_eq!(caught_up, Some(SubscriptionMessage::CaughtUp));
}

#[tokio::test]
async fn time_does_not_run_backwards_in_a_store() {
    let late = DateTime::from_timestamp(2_000, 0).unwrap();
    let early = DateTime::from_timestamp(1_000, 0).unwrap();
    let store = Memory::new().with_clock(Clock::manual(late).0);
    append(&store, "List-1", 1).await;
    let slow = store.clone().with_clock(Clock::manual(early).0);
    append(&slow, "List-1", 1).await;
    let events = store
        .read_stream(&stream("List-1"), ReadOptions::forwards())
        .collect_all()
        .await
        .unwrap();
    assert!(events.iter().all(|event| event.recorded_at == late));
}

#[tokio::test]
async fn an_age_hides_the_events_in_front_of_it_only() {
    let (clock, hand) = Clock::manual(DateTime::from_timestamp(10_000, 0).unwrap());
    let store = Memory::new().with_clock(clock);
    let mut metadata = StreamMetadata::default();
    metadata.max_age = Some(Duration::from_secs(300));
    store
        .set_stream_metadata(&stream("List-1"), ExpectedRevision::NoStream, &metadata)
        .await
        .unwrap();
    for _ in 0..300 {
        append(&store, "List-1", 1).await;
        hand.advance(Duration::from_secs(1));
    }
    for hidden in [0, 1, 2, 255, 256, 300] {
        let visible = revisions(&store, "List-1", ReadOptions::forwards()).await;
        assert!(visible.iter().copied().eq(300 - visible.len() as u64..300));
        let now = 300 + hidden;
        // Event n was recorded at second n and is shown before second n + 300.
        let store = store
            .clone()
            .with_clock(Clock::manual(DateTime::from_timestamp(10_000 + now, 0).unwrap()).0);
        let visible = revisions(&store, "List-1", ReadOptions::forwards()).await;
        let first = u64::try_from(hidden + 1).unwrap().min(300);
        assert_eq!(visible, (first..300).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_store_for_tenants_only_answers_no_call_without_one() {
    let store = Memory::new().tenants_only();
    let name = stream("List-1");
    let refused = |error: StoreError| assert!(matches!(error, StoreError::TenantRequired));
    refused(
        store
            .append(&name, ExpectedRevision::Any, events(1))
            .await
            .unwrap_err(),
    );
    let read = store.read_stream(&name, ReadOptions::forwards());
    refused(read.collect_all().await.unwrap_err());
    let every = Filter::new().of_every_tenant();
    let read = store.read_all(ReadOptions::forwards(), every.clone());
    refused(read.collect_all().await.unwrap_err());
    refused(
        store
            .subscribe_stream(&name, SubscribeFrom::Start)
            .await
            .unwrap_err(),
    );
    refused(
        store
            .subscribe_all(SubscribeFrom::Start, every)
            .await
            .unwrap_err(),
    );
    refused(store.stream_info(&name).await.unwrap_err());
    refused(store.find_event(&name, new_event_id()).await.unwrap_err());
    refused(
        store
            .delete(&name, ExpectedRevision::Any)
            .await
            .unwrap_err(),
    );
    refused(
        store
            .tombstone(&name, ExpectedRevision::Any)
            .await
            .unwrap_err(),
    );

    let tenant = store.for_tenant(&"acme".parse().unwrap()).unwrap();
    tenant
        .append(&name, ExpectedRevision::NoStream, events(1))
        .await
        .unwrap();
}

const WRITERS: usize = 64;
const APPENDS: usize = 25;
const STREAMS: usize = 8;

/// Everything a reader of all has seen, once there were so many events.
async fn take(subscription: &mut Subscription, count: usize) -> Vec<RecordedEvent> {
    let mut seen = Vec::with_capacity(count);
    while seen.len() < count {
        seen.push(subscription.next_event().await.unwrap().unwrap());
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_many_writers_commit_is_contiguous_and_delivered_once_in_order() {
    let store = Memory::new();
    let total: usize = (0..WRITERS * APPENDS).map(|n| 1 + n % 3).sum();

    let tailing = {
        let mut subscription = store
            .subscribe_all(SubscribeFrom::Start, Filter::new())
            .await
            .unwrap();
        tokio::spawn(async move { take(&mut subscription, total).await })
    };
    let restarting = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut seen: Vec<RecordedEvent> = Vec::new();
            while seen.len() < total {
                let from = match seen.last() {
                    Some(last) => SubscribeFrom::After(last.position),
                    None => SubscribeFrom::Start,
                };
                let mut subscription = store.subscribe_all(from, Filter::new()).await.unwrap();
                let count = (1 + seen.len() % 97).min(total - seen.len());
                seen.extend(take(&mut subscription, count).await);
            }
            seen
        })
    };
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..APPENDS {
                    let number = writer * APPENDS + n;
                    append(
                        &store,
                        &format!("List-{}", number % STREAMS),
                        1 + number % 3,
                    )
                    .await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut late = store
        .subscribe_all(SubscribeFrom::Start, Filter::new())
        .await
        .unwrap();
    let late = take(&mut late, total).await;

    let committed = store
        .read_all(ReadOptions::forwards(), Filter::new())
        .collect_all()
        .await
        .unwrap();
    assert_eq!(committed.len(), total);
    assert!(
        committed
            .windows(2)
            .all(|pair| pair[0].position < pair[1].position)
    );
    let mut next: HashMap<StreamName, Revision> = HashMap::new();
    for event in &committed {
        let expected = next.entry(event.stream.clone()).or_insert(Revision::FIRST);
        assert_eq!(event.revision, *expected, "{}", event.stream);
        *expected = expected.next();
    }
    assert_eq!(late, committed);
    assert_eq!(tailing.await.unwrap(), committed);
    assert_eq!(restarting.await.unwrap(), committed);
}

#[tokio::test]
async fn a_filter_that_nothing_passes_does_not_keep_others_waiting() {
    let store = Memory::new();
    append(&store, "Account-1", 5_000).await;
    let nothing = Filter::new().event_type("Never".parse().unwrap());
    let mut read = store.read_all(ReadOptions::forwards(), nothing);

    let at_once = read.next_page().now_or_never();

    assert!(at_once.is_none(), "it looked at everything in one go");
    assert!(read.next_page().await.unwrap().is_none());
}

#[tokio::test]
async fn truncating_never_shows_what_was_hidden() {
    let store = Memory::new();
    let name = stream("Account-1");
    append(&store, "Account-1", 5).await;
    store
        .truncate_before(&name, Revision::new(3))
        .await
        .unwrap();

    store
        .truncate_before(&name, Revision::new(1))
        .await
        .unwrap();
    let left = revisions(&store, "Account-1", ReadOptions::forwards()).await;
    assert_eq!(left, [3, 4]);

    store.delete(&name, ExpectedRevision::Any).await.unwrap();
    store
        .truncate_before(&name, Revision::new(4))
        .await
        .unwrap();
    let info = store.stream_info(&name).await.unwrap();
    assert!(info.deleted, "a deleted stream came back");
    assert!(!store.has_events(&name).await.unwrap());
}
