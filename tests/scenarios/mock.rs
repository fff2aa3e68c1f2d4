//! What a mock says, and what a faulty store does.

use plumberd::{
    backend::memory::Memory,
    event::{NewEvent, new_event_id},
    repository::Repository,
    store::{EventStore, EventStoreExt, ReadOptions, StoreError, SubscribeFrom},
    stream::{ExpectedRevision, Revision, StreamName},
};
use plumberd_testkit::mock::{Call, CallKind, Fault, Faulty, MockStore};
use plumberd_tests::counter::{Added, Counter, Opened};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

fn counters(store: impl EventStore) -> Repository<Counter> {
    Repository::new(Arc::new(store))
}

fn opened(name: &str) -> Opened {
    Opened { name: name.into() }
}

fn stream() -> StreamName {
    StreamName::new("Counter", new_event_id()).unwrap()
}

fn batch(count: usize) -> Vec<NewEvent> {
    let event = |_| NewEvent::encode(&opened("a")).unwrap();
    (0..count).map(event).collect()
}

/// What `act` says when it panics.
fn said(act: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(AssertUnwindSafe(act)).expect_err("it must panic");
    panic
        .downcast_ref::<String>()
        .expect("it says something")
        .clone()
}

/// What the task says when it panics.
async fn said_by(act: impl Future<Output = ()> + Send + 'static) -> String {
    let error = tokio::spawn(act).await.expect_err("it must panic");
    let panic = error.into_panic();
    panic
        .downcast_ref::<String>()
        .expect("it says something")
        .clone()
}

#[tokio::test]
async fn a_mock_is_content_with_the_calls_it_expects() {
    let (store, id) = (MockStore::new(), new_event_id());
    store.expect_read::<Counter>(&id).event(&opened("a"));
    store
        .expect_append::<Counter>(&id)
        .at(Revision::new(0))
        .event(&Added {
            amount: 3,
            before: 0,
        });

    let done = counters(store.clone())
        .execute(id, |counter| counter.add(3))
        .await
        .unwrap();

    assert_eq!(done.revision(), Some(Revision::new(1)));
    store.verify();
    let kinds: Vec<_> = store.calls().iter().map(Call::kind).collect();
    assert_eq!(kinds, [CallKind::ReadStream, CallKind::Append]);
}

#[tokio::test]
async fn another_event_than_expected_is_shown_as_a_diff() {
    let (store, stream) = (MockStore::new(), stream());
    store
        .expect_append_to(&stream)
        .expecting(ExpectedRevision::NoStream)
        .event(&opened("expected"));

    let act = {
        let (store, stream) = (store.clone(), stream.clone());
        async move {
            let _ = store.append(&stream, ExpectedRevision::Any, batch(1)).await;
        }
    };
    let said = said_by(act).await;

    for part in [
        "-  \"expected\": \"no stream\"",
        "+  \"expected\": \"any revision\"",
        "-        \"Name\": \"expected\"",
        "+        \"Name\": \"a\"",
        "mock.rs:",
    ] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    // The panic of a task is not lost, and what was expected did not come.
    let left = said_again(&store);
    assert!(left.contains(&said), "{left}");
    assert!(left.contains("expected calls that did not come"), "{left}");
    std::mem::forget(store);
}

fn said_again(store: &MockStore) -> String {
    said(|| store.verify())
}

#[tokio::test]
async fn a_call_that_is_not_expected_fails() {
    let (store, stream) = (MockStore::new(), stream());
    let act = {
        let store = store.clone();
        async move {
            let _ = store.append(&stream, ExpectedRevision::Any, batch(1)).await;
        }
    };

    let said = said_by(act).await;

    assert!(said.starts_with("an unexpected call"), "{said}");
    assert!(said.contains("\"type\": \"Opened\""), "{said}");
    std::mem::forget(store);
}

#[test]
fn an_expected_call_that_did_not_come_fails_at_the_end() {
    let store = MockStore::new();
    store.expect_read_of(&stream()).times(2);

    assert!(said_again(&store).contains("(2 times)"));
    let dropped = said(|| drop(store));

    assert!(
        dropped.contains("expected calls that did not come"),
        "{dropped}"
    );
    assert!(dropped.contains("read_stream"), "{dropped}");
}

#[tokio::test]
async fn a_mock_reads_what_it_was_given_from_where_it_is_asked() {
    let (store, stream) = (MockStore::new(), stream());
    store
        .expect_read_of(&stream)
        .event(&opened("a"))
        .event(&opened("b"))
        .event(&opened("c"));

    let last = store.read_stream(&stream, ReadOptions::backwards().limit(1));

    let last = last.collect_all().await.unwrap();
    assert_eq!(last[0].decode::<Opened>().unwrap(), opened("c"));
    assert_eq!(last[0].revision, Revision::new(2));
}

#[tokio::test]
async fn a_mock_conflicts_when_told_and_the_command_is_decided_again() {
    let (store, id) = (MockStore::new(), new_event_id());
    let stream = StreamName::new("Counter", id).unwrap();
    store.expect_read::<Counter>(&id).event(&opened("a"));
    store
        .expect_append::<Counter>(&id)
        .at(Revision::new(0))
        .fails(StoreError::Conflict {
            stream,
            expected: ExpectedRevision::Exact(Revision::new(0)),
            actual: Some(Revision::new(1)),
        });
    let other = Added {
        amount: 1,
        before: 0,
    };
    store
        .expect_read::<Counter>(&id)
        .event(&opened("a"))
        .event(&other);
    store
        .expect_append::<Counter>(&id)
        .at(Revision::new(1))
        .event(&Added {
            amount: 3,
            before: 1,
        });

    let done = counters(store.clone())
        .execute(id, |counter| counter.add(3))
        .await
        .unwrap();

    assert_eq!(done.attempts(), 2);
    store.verify();
}

#[tokio::test]
async fn a_faulty_append_fails_before_anything_is_written() {
    let (store, stream) = (Faulty::new(Memory::new()), stream());
    store
        .next_append(Fault::Unavailable)
        .next_append(Fault::Broken)
        .next_append(Fault::TimeOutBeforeCommit)
        .next_append(Fault::Conflict);
    let append = || store.append(&stream, ExpectedRevision::NoStream, batch(1));

    assert!(matches!(
        append().await,
        Err(StoreError::Unavailable { .. })
    ));
    assert!(matches!(append().await, Err(StoreError::Backend { .. })));
    assert!(matches!(
        append().await,
        Err(StoreError::OutcomeUnknown { .. })
    ));
    assert!(append().await.is_err_and(|error| error.is_conflict()));

    assert!(
        !store.has_events(&stream).await.unwrap(),
        "a fault wrote something"
    );
    append().await.unwrap();
    assert_eq!((store.calls(CallKind::Append), store.faults()), (5, 4));
}

#[tokio::test]
async fn an_append_that_times_out_after_the_commit_is_written_once() {
    let (store, stream, batch) = (Faulty::new(Memory::new()), stream(), batch(2));
    store.next_append(Fault::TimeOutAfterCommit);

    let first = store
        .append(&stream, ExpectedRevision::NoStream, batch.clone())
        .await;
    let again = store
        .append(&stream, ExpectedRevision::NoStream, batch)
        .await
        .unwrap();

    assert!(
        matches!(first, Err(StoreError::OutcomeUnknown { .. })),
        "got {first:?}"
    );
    assert!(again.is_already_applied());
    assert_eq!(again.revision(), Revision::new(1));
}

#[tokio::test]
async fn an_append_that_conflicts_by_itself_is_not_called_unknown() {
    let (store, stream) = (Faulty::new(Memory::new()), stream());
    store.next_append(Fault::TimeOutAfterCommit);

    let refused = store
        .append(&stream, ExpectedRevision::StreamExists, batch(1))
        .await;

    assert!(refused.is_err_and(|error| error.is_conflict()));
}

#[tokio::test]
async fn a_read_fails_at_the_page_it_is_told() {
    let (store, stream) = (Faulty::new(Memory::new()), stream());
    for _ in 0..4 {
        store
            .append(&stream, ExpectedRevision::Any, batch(500))
            .await
            .unwrap();
    }
    store.next_read(Fault::FailAfter(1));

    let mut read = store.read_stream(&stream, ReadOptions::forwards());
    let first = read.next_page().await.unwrap().expect("there is a page");
    let second = read.next_page().await;

    assert_eq!(first[0].revision, Revision::FIRST);
    assert!(
        matches!(second, Err(StoreError::Unavailable { .. })),
        "got {second:?}"
    );
    assert!(
        read.next_page().await.unwrap().is_none(),
        "a read goes on after its error"
    );
}

#[tokio::test]
async fn a_subscription_fails_after_the_message_it_is_told() {
    let (store, stream) = (Faulty::new(Memory::new()), stream());
    store
        .append(&stream, ExpectedRevision::Any, batch(2))
        .await
        .unwrap();
    store.next(CallKind::SubscribeStream, Fault::FailAfter(1));

    let mut followed = store
        .subscribe_stream(&stream, SubscribeFrom::Start)
        .await
        .unwrap();

    assert!(followed.next_event().await.unwrap().is_some());
    assert!(followed.next_event().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_delayed_call_does_what_it_was_asked_in_the_end() {
    let (store, stream) = (Faulty::new(Memory::new()), stream());
    let delay = Duration::from_secs(60);
    store
        .next_append(Fault::Delay(delay))
        .next_read(Fault::Delay(delay));
    let start = tokio::time::Instant::now();

    store
        .append(&stream, ExpectedRevision::Any, batch(1))
        .await
        .unwrap();
    assert_eq!(start.elapsed(), delay);
    let read = store
        .read_stream(&stream, ReadOptions::forwards())
        .collect_all()
        .await
        .unwrap();

    assert_eq!((read.len(), start.elapsed()), (1, delay * 2));
}

#[tokio::test]
async fn a_plan_chooses_faults_by_the_call_and_its_number() {
    let (store, sick) = (Faulty::new(Memory::new()), stream());
    let of = sick.clone();
    store.plan(move |call, number| {
        let hit = call.stream() == Some(&of) && number % 2 == 0;
        hit.then_some(Fault::Unavailable)
    });

    let append = |stream: StreamName| {
        let store = store.clone();
        async move { store.append(&stream, ExpectedRevision::Any, batch(1)).await }
    };

    assert!(append(sick.clone()).await.is_err());
    assert!(append(sick.clone()).await.is_ok());
    assert!(append(stream()).await.is_ok());
    store.heal();
    assert!(append(sick).await.is_ok());
}

#[tokio::test]
async fn a_command_survives_every_fault_that_passes() {
    let store = Faulty::new(Memory::new());
    let (accounts, id) = (counters(store.clone()), new_event_id());
    accounts
        .execute(id, |counter| counter.open("a"))
        .await
        .unwrap();
    store
        .next_append(Fault::Conflict)
        .next_append(Fault::TimeOutAfterCommit);

    let done = accounts
        .execute(id, |counter| counter.add(3))
        .await
        .unwrap();

    assert!(done.attempts() > 1);
    let counter = accounts.load(id).await.unwrap();
    assert_eq!(
        (counter.total, counter.events),
        (3, 2),
        "an event was lost or written twice"
    );
}
