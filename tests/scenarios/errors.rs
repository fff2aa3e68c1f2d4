//! What an application learns from an error: its kind, and the report.

use plumberd::{
    ErrorKind, Report,
    backend::memory::Memory,
    command::CommandFault,
    event::{EncodeError, NewEvent, new_event_id},
    repository::{ExecuteError, Repository, RepositoryError},
    store::{EventStore, IdempotencyReason, StoreError},
    stream::{ExpectedRevision, Revision, StreamName, TenantId},
};
use plumberd_testkit::mock::{Fault, Faulty};
use plumberd_tests::counter::{Counter, Opened, Refusal};
use std::sync::Arc;
use uuid::Uuid;

fn stream() -> StreamName {
    "Counter-1".parse().unwrap()
}

fn idempotency(reason: IdempotencyReason) -> StoreError {
    StoreError::Idempotency {
        stream: stream(),
        event_id: Uuid::nil(),
        reason,
    }
}

#[test]
fn the_kind_of_a_store_error_and_whether_it_passes_agree() {
    let backend = "a store";
    let source = || "why".into();
    for (error, kind) in [
        (
            StoreError::Conflict {
                stream: stream(),
                expected: ExpectedRevision::NoStream,
                actual: None,
            },
            ErrorKind::Conflict,
        ),
        (
            idempotency(IdempotencyReason::RepeatedInBatch),
            ErrorKind::Invalid,
        ),
        (
            idempotency(IdempotencyReason::OtherStream),
            ErrorKind::AlreadyExists,
        ),
        (
            StoreError::StreamDeleted { stream: stream() },
            ErrorKind::NotFound,
        ),
        (
            StoreError::ChangedWhileRead { stream: stream() },
            ErrorKind::Unavailable,
        ),
        (
            StoreError::EmptyAppend { stream: stream() },
            ErrorKind::Invalid,
        ),
        (StoreError::TenantRequired, ErrorKind::Invalid),
        (StoreError::TenantForbidden, ErrorKind::Forbidden),
        (
            StoreError::Unauthenticated {
                backend,
                source: source(),
            },
            ErrorKind::Unauthenticated,
        ),
        (
            StoreError::Forbidden {
                backend,
                source: source(),
            },
            ErrorKind::Forbidden,
        ),
        (
            StoreError::Unsupported {
                backend,
                what: "fly".into(),
            },
            ErrorKind::Unsupported,
        ),
        (
            StoreError::OutcomeUnknown {
                backend,
                stream: stream(),
                source: source(),
            },
            ErrorKind::OutcomeUnknown,
        ),
        (
            StoreError::Corrupt {
                backend,
                what: "all".into(),
            },
            ErrorKind::Unreadable,
        ),
        (StoreError::Closed { backend }, ErrorKind::Closed),
        (
            StoreError::Unavailable {
                backend,
                source: source(),
            },
            ErrorKind::Unavailable,
        ),
        (
            StoreError::Backend {
                backend,
                source: source(),
            },
            ErrorKind::Internal,
        ),
    ] {
        let passes = matches!(kind, ErrorKind::Unavailable | ErrorKind::OutcomeUnknown);
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(error.is_transient(), passes, "{error:?}");
        let error = RepositoryError::from(error);
        assert_eq!((error.kind(), error.is_transient()), (kind, passes));
    }
}

#[tokio::test]
async fn what_a_repository_says_has_the_kind_that_its_caller_answers() {
    let store = Faulty::new(Memory::new());
    let counters = Repository::<Counter>::new(Arc::new(store.clone()));
    let (known, other) = (new_event_id(), new_event_id());
    let open = |counter: &Counter| counter.open("a");
    counters.create_with(known, open).await.unwrap();

    let missing = counters.load(other).await.unwrap_err();
    let past = counters.load_at(known, Revision::new(7)).await.unwrap_err();
    let there = counters.create_with(known, open).await.unwrap_err();
    let rejected = counters.execute(known, open).await.unwrap_err();
    store.next_read(Fault::Unavailable);
    let away = counters.load(known).await.unwrap_err();
    store.next_append(Fault::Broken);
    let broken = counters.execute(other, open).await.unwrap_err();
    let mut one = counters.load(known).await.unwrap();
    let mut two = counters.load(known).await.unwrap();
    for root in [&mut one, &mut two] {
        root.execute(|counter| counter.add(1)).unwrap();
    }
    let late = two.execute(|counter| counter.add(-9)).unwrap_err();
    counters.save(&mut one).await.unwrap();
    let conflict = counters.save(&mut two).await.unwrap_err();

    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert_eq!(past.kind(), ErrorKind::NotFound);
    assert_eq!(there.kind(), ErrorKind::AlreadyExists);
    assert_eq!(rejected.kind(), ErrorKind::Rejected);
    assert_eq!(rejected.rejection(), Some(Refusal::AlreadyOpen));
    assert_eq!(late.kind(), ErrorKind::Rejected);
    assert_eq!(away.kind(), ErrorKind::Unavailable);
    assert_eq!(broken.kind(), ErrorKind::Internal);
    assert_eq!(conflict.kind(), ErrorKind::Conflict);
    assert!(
        conflict.is_transient(),
        "to load, decide and save again helps"
    );
    assert!(away.is_transient() && !missing.is_transient() && !there.is_transient());
}

#[test]
fn input_that_cannot_be_used_is_invalid_whatever_it_was_to_be() {
    let kinds = [
        "Counter".parse::<StreamName>().unwrap_err().kind(),
        TenantId::new("").unwrap_err().kind(),
        "".parse::<plumberd::event::EventType>().unwrap_err().kind(),
        "x".parse::<plumberd::stream::Position>()
            .unwrap_err()
            .kind(),
        EncodeError::new("Measured", "it is not a number").kind(),
        ExecuteError::<Refusal>::Raise(EncodeError::new("Measured", "NaN").into()).kind(),
    ];

    assert_eq!(kinds, [ErrorKind::Invalid; 6]);
}

#[test]
fn a_handlers_answer_is_of_the_kind_that_its_code_says() {
    for (code, kind) in [
        (400, ErrorKind::Invalid),
        (409, ErrorKind::Rejected),
        (7, ErrorKind::Rejected),
        (500, ErrorKind::Internal),
        (503, ErrorKind::Internal),
        (600, ErrorKind::Rejected),
    ] {
        assert_eq!(CommandFault::with_code(code, "no").kind(), kind, "{code}");
    }
}

#[tokio::test]
async fn main_that_fails_prints_what_happened_and_why_each_once() {
    async fn main(store: Faulty<Memory>) -> Result<(), Report> {
        let counters = Repository::<Counter>::new(Arc::new(store));
        counters.create(|counter| counter.open("a")).await?;
        Ok(())
    }
    let store = Faulty::new(Memory::new());
    store.next_append(Fault::Broken);

    let report = main(store).await.unwrap_err();

    let printed = format!("Error: {report:?}");
    assert_eq!(
        printed,
        "Error: faulty failed\n  caused by: the test wants it so: Broken"
    );
    assert!(report.as_error().is::<ExecuteError<Refusal>>());
}

#[tokio::test]
async fn an_append_that_may_be_written_has_an_unknown_outcome() {
    let event = NewEvent::encode(&Opened { name: "a".into() }).unwrap();
    let (store, stream) = (Faulty::new(Memory::new()), stream());
    store.next_append(Fault::TimeOutAfterCommit);

    let appended = store.append(&stream, ExpectedRevision::Any, vec![event]);
    let error = appended.await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}
