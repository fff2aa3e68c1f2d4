//! What the errors of a repository say, and whether they pass.

use plumberd::{
    Event,
    aggregate::RaiseError,
    backend::memory::Memory,
    event::{EncodeError, new_event_id},
    prelude::*,
    repository::{CommandId, InvalidCommandId},
};
use plumberd_tests::counter::{Added, Counter, Refusal};
use std::{error::Error, sync::Arc};

fn stream() -> StreamName {
    StreamName::new("Counter", 7).unwrap()
}

fn of_store(source: StoreError) -> RepositoryError {
    source.into()
}

fn conflict(repeatable: bool) -> RepositoryError {
    RepositoryError::Conflict {
        stream: stream(),
        expected: ExpectedRevision::NoStream,
        actual: Some(Revision::FIRST),
        attempts: 3,
        repeatable,
    }
}

/// Errors, whether the same call may succeed later, and what they say.
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn errors() -> Vec<(RepositoryError, bool, &'static str)> {
    let command_id = CommandId::new(Uuid::from_u128(1)).unwrap();
    let unavailable = || StoreError::Unavailable {
        backend: "x",
        source: "away".into(),
    };
    let truncated = |first| RepositoryError::Truncated {
        stream: stream(),
        first,
    };
    vec![
        (
            RepositoryError::NotFound { stream: stream() },
            false,
            "`Counter-7` does not exist",
        ),
        (
            RepositoryError::AlreadyExists { stream: stream() },
            false,
            "`Counter-7` exists already",
        ),
        (
            conflict(true),
            true,
            "`Counter-7` was changed by others: it was expected not to exist and is at revision 0 \
             (attempts: 3)",
        ),
        (
            conflict(false),
            false,
            "`Counter-7` was expected not to exist and is at revision 0",
        ),
        (
            RepositoryError::Conflict {
                stream: stream(),
                expected: Revision::new(4).into(),
                actual: None,
                attempts: 3,
                repeatable: false,
            },
            false,
            "`Counter-7` was expected at revision 4 and does not exist",
        ),
        (
            RepositoryError::NoSuchRevision {
                stream: stream(),
                asked: Revision::new(9),
                last: Revision::new(2),
            },
            false,
            "`Counter-7` has no revision 9",
        ),
        (
            RepositoryError::Gap {
                stream: stream(),
                expected: Revision::new(2),
                found: Revision::new(4),
            },
            false,
            "`Counter-7` cannot be rebuilt: event 4 came where 2 was due",
        ),
        (
            truncated(Some(Revision::new(3))),
            false,
            "`Counter-7` cannot be rebuilt: its events before revision 3 are hidden",
        ),
        (
            truncated(None),
            false,
            "`Counter-7` cannot be rebuilt: its events before the next one are hidden",
        ),
        (
            RepositoryError::HalfChanged { stream: stream() },
            false,
            "`Counter-7` was left half changed by a decision that failed; load it again",
        ),
        (
            RepositoryError::Nested { stream: stream() },
            false,
            "a decision on `Counter-7` carries out another command on it; put both into one \
             decision, or run one after the other",
        ),
        (
            RepositoryError::CommandIdTaken {
                stream: stream(),
                command_id,
                given: None,
                stored: Some("credit".into()),
                asked: None,
                stored_types: [].into(),
                asked_types: [].into(),
            },
            false,
            "command 00000000-0000-0000-0000-000000000001 is `credit` in `Counter-7`, and cannot \
             be a command without a purpose too; give each command an id of its own",
        ),
        (
            RepositoryError::CommandIdTaken {
                stream: stream(),
                command_id,
                given: Some("order 17".into()),
                stored: None,
                asked: None,
                stored_types: ["Opened".into(), "Added".into()].into(),
                asked_types: ["Closed".into(), "Frozen".into()].into(),
            },
            false,
            "command `order 17` (00000000-0000-0000-0000-000000000001) is a command without a \
             purpose (it stored `Opened` and `Added`) in `Counter-7`, and cannot be a command without a \
             purpose (it stores `Closed` or `Frozen`) too; name them with `.purpose(…)`, or give \
             each command an id of its own",
        ),
        (
            RepositoryError::DeletedSince {
                stream: stream(),
                command_id,
                given: Some("order 17".into()),
                revision: Revision::FIRST,
            },
            false,
            "command `order 17` (00000000-0000-0000-0000-000000000001) was carried out on \
             `Counter-7`, which was deleted since",
        ),
        (
            InvalidCommandId::Nil.into(),
            false,
            "the command has no identity",
        ),
        (of_store(unavailable()), true, "x is unavailable"),
        (
            of_store(StoreError::OutcomeUnknown {
                backend: "x",
                stream: stream(),
                source: "late".into(),
            }),
            true,
            "it is unknown whether x wrote the append to `Counter-7`",
        ),
        (
            of_store(StoreError::ChangedWhileRead { stream: stream() }),
            true,
            "stream `Counter-7` was deleted or truncated while it was read",
        ),
        (
            of_store(StoreError::Closed { backend: "x" }),
            false,
            "x is closed",
        ),
        (
            of_store(StoreError::Conflict {
                stream: stream(),
                expected: ExpectedRevision::NoStream,
                actual: None,
            }),
            false,
            "stream `Counter-7` is not at no stream, it is at no stream",
        ),
    ]
}

#[test]
fn each_error_says_what_happened_and_whether_it_passes() {
    for (error, passes, says) in errors() {
        assert_eq!(error.to_string(), says);
        assert_eq!(error.is_transient(), passes, "{error:?}");

        let executed = ExecuteError::<Refusal>::from(error);

        assert_eq!(executed.to_string(), says);
        assert_eq!(executed.is_transient(), passes, "{executed:?}");
        assert_eq!(executed.rejection(), None);
    }
}

#[test]
fn how_often_it_was_tried_is_told_where_it_is_known() {
    for (error, ..) in errors() {
        let known = matches!(error, RepositoryError::Conflict { .. });
        assert_eq!(error.attempts(), known.then_some(3), "{error:?}");
    }
}

#[tokio::test]
async fn a_stored_event_that_cannot_be_applied_does_not_pass() {
    #[derive(Event, Debug, Clone)]
    struct Unheard {}

    let store = Memory::new();
    let counters: Repository<Counter> = Repository::new(Arc::new(store.clone()));
    let id = new_event_id();
    let unheard = plumberd::event::NewEvent::encode(&Unheard {}).unwrap();
    let stream = counters.stream(&id).unwrap();
    store
        .append(&stream, ExpectedRevision::Any, vec![unheard])
        .await
        .unwrap();

    let error = counters.load(id).await.unwrap_err();

    assert!(matches!(error, RepositoryError::Apply { .. }), "{error:?}");
    assert!(!error.is_transient());
    assert!(
        error
            .source()
            .is_some_and(|e| e.to_string().contains("Unheard"))
    );
}

#[test]
fn a_rejection_and_what_cannot_be_raised_do_not_pass_and_only_one_is_the_callers() {
    let mut root = Root::<Counter>::with_new_id();
    let rejected = root.execute(|c| c.add(-1)).unwrap_err();
    let refusal = Refusal::TooLittle {
        total: 0,
        amount: 1,
    };
    let raised = || RaiseError::Encode(EncodeError::new("Added", "it has no stored form"));

    assert_eq!(rejected.to_string(), refusal.to_string());
    let executed = ExecuteError::from(rejected);
    assert!(!executed.is_transient());
    assert_eq!(executed.rejection(), Some(refusal.clone()));
    assert_eq!(
        DecideError::Rejected(refusal.clone()).rejection(),
        Some(refusal)
    );

    let unraised: ExecuteError<Refusal> = DecideError::Raise(raised()).into();
    assert!(!unraised.is_transient());
    assert_eq!(unraised.rejection(), None);
    assert_eq!(DecideError::<Refusal>::Raise(raised()).rejection(), None);
}

#[tokio::test]
async fn an_aggregate_exists_from_its_first_event_to_its_delete() {
    let store = Memory::new();
    let counters: Repository<Counter> = Repository::new(Arc::new(store.clone()));
    let id = new_event_id();
    let mut seen = vec![counters.exists(&id).await.unwrap()];

    counters
        .execute(id, |_| Ok::<_, Refusal>(None::<Added>))
        .await
        .unwrap();
    seen.push(counters.exists(&id).await.unwrap());
    counters.execute(id, |c| c.add(1)).await.unwrap();
    seen.push(counters.exists(&id).await.unwrap());
    counters.delete(&id).await.unwrap();
    seen.push(counters.exists(&id).await.unwrap());
    counters.execute(id, |c| c.add(1)).await.unwrap();
    seen.push(counters.exists(&id).await.unwrap());
    let stream = counters.stream(&id).unwrap();
    store
        .tombstone(&stream, ExpectedRevision::Any)
        .await
        .unwrap();
    seen.push(counters.exists(&id).await.unwrap());

    assert_eq!(seen, [false, false, true, false, true, false]);
}

#[tokio::test]
async fn that_the_store_cannot_tell_is_not_said_to_be_that_nothing_exists() {
    use plumberd_testkit::mock::{Fault, Faulty};
    let store = Faulty::new(Memory::new());
    let counters: Repository<Counter> = Repository::new(Arc::new(store.clone()));
    for fault in [Fault::Unavailable, Fault::Broken] {
        store.next_read(fault.clone());

        let told = counters.exists(&new_event_id()).await;

        assert!(
            matches!(told, Err(RepositoryError::Store { .. })),
            "{fault:?}: {told:?}"
        );
    }
}
