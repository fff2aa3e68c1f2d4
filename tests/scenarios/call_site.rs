//! What is said at the call of a command: which one it is, what it expects; and
//! what is told of it afterwards.

use plumberd::{
    backend::memory::Memory,
    event::new_event_id,
    prelude::*,
    repository::{CommandId, IntoCommandId, InvalidCommandId},
};
use plumberd_testkit::mock::{CallKind, Fault, Faulty};
use plumberd_tests::counter::{Add, Added, Counter, Refusal};
use std::sync::Arc;

fn counters() -> (Faulty<Memory>, Repository<Counter>) {
    let store = Faulty::new(Memory::new());
    (store.clone(), Repository::new(Arc::new(store)))
}

fn of_repository<T: std::fmt::Debug>(result: Result<T, ExecuteError<Refusal>>) -> RepositoryError {
    match result {
        Err(ExecuteError::Repository(error)) => error,
        other => panic!("no error of the repository: {other:?}"),
    }
}

#[tokio::test]
async fn a_command_that_expects_the_revision_that_is_there_is_carried_out() {
    let (_, counters) = counters();
    let id = new_event_id();

    let new = counters
        .execute(id, |c| c.add(1))
        .expecting(None::<Revision>);
    let first = new.await.unwrap();
    let second = counters
        .handle(id, Add(2))
        .expecting(Revision::FIRST)
        .await
        .unwrap();
    let third = counters.execute(id, |c| c.add(4));
    let third = third.expecting(second.revision()).await.unwrap();
    let exists = counters.execute(id, |c| c.add(8));
    exists
        .expecting(ExpectedRevision::StreamExists)
        .await
        .unwrap();
    let any = counters.execute(new_event_id(), |c| c.add(1));
    any.expecting(ExpectedRevision::Any).await.unwrap();

    assert_eq!(first.revision(), Some(Revision::FIRST));
    assert_eq!(third.revision(), Some(Revision::new(2)));
    assert_eq!(counters.load(id).await.unwrap().total, 15);
}

#[tokio::test]
async fn a_command_that_expects_another_revision_conflicts_before_it_is_decided() {
    let (store, plain) = counters();
    let cached = plain.clone().with_cache(CacheConfig::new(4));
    let snapshots = plain.clone().with_snapshots(SnapshotPolicy::every(1));
    for counters in [plain, cached, snapshots] {
        let (id, missing) = (new_event_id(), new_event_id());
        for _ in 0..2 {
            counters.execute(id, |c| c.add(1)).await.unwrap();
        }
        let before = store.calls(CallKind::Append);
        let at = |revision| ExpectedRevision::Exact(Revision::new(revision));

        for (id, expected, actual) in [
            (id, at(0), Some(Revision::new(1))),
            (id, at(2), Some(Revision::new(1))),
            (id, ExpectedRevision::NoStream, Some(Revision::new(1))),
            (missing, at(0), None),
            (missing, ExpectedRevision::StreamExists, None),
        ] {
            let mut decisions = 0;
            let stale = counters.execute(id, |c| {
                decisions += 1;
                c.add(1)
            });

            let error = of_repository(stale.expecting(expected).await);

            assert!(
                matches!(&error, RepositoryError::Conflict { expected: told, actual: found, attempts: 1, .. }
                    if *told == expected && *found == actual),
                "{error:?}"
            );
            assert_eq!(decisions, 0);
            // The same call would conflict again, unless something must only exist.
            let may_come = expected == ExpectedRevision::StreamExists;
            assert_eq!(error.is_transient(), may_come, "{error:?}");
        }
        assert_eq!(store.calls(CallKind::Append), before);
    }
}

#[tokio::test]
async fn a_command_that_expects_a_revision_does_not_try_again_when_another_writer_is_first() {
    let (store, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();
    let rival = Store::new(store.inner().clone()).repository::<Counter>();
    let mut decisions = 0;

    let lost = counters
        .execute(id, |c| {
            decisions += 1;
            futures_util::FutureExt::now_or_never(rival.execute(id, |c| c.add(1)).into_future())
                .unwrap()
                .unwrap();
            c.add(10)
        })
        .expecting(Revision::FIRST)
        .await;

    let error = of_repository(lost);
    assert!(
        matches!(
            error,
            RepositoryError::Conflict {
                attempts: 1,
                repeatable: false,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(decisions, 1);
    assert_eq!(counters.load(id).await.unwrap().total, 2);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_expects_a_revision_outlasts_a_store_that_is_away() {
    let (store, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();
    store.next_read(Fault::Unavailable);
    store
        .next_append(Fault::Unavailable)
        .next_append(Fault::TimeOutAfterCommit);

    let executed = counters
        .execute(id, |c| c.add(1))
        .expecting(Revision::FIRST);
    let executed = executed.await.unwrap();

    assert_eq!(executed.revision(), Some(Revision::new(1)));
    assert_eq!(counters.load(id).await.unwrap().events, 2);
}

#[tokio::test]
async fn a_repeated_command_gets_its_first_outcome_whatever_revision_it_expects() {
    let (_, plain) = counters();
    let cached = plain.clone().with_cache(CacheConfig::new(4));
    for counters in [plain, cached] {
        let id = new_event_id();
        let command = new_event_id();
        let run = || {
            let new = counters.execute(id, |c| c.add(1)).command_id(command);
            new.expecting(None::<Revision>)
        };
        run().await.unwrap();
        counters.execute(id, |c| c.add(1)).await.unwrap();

        let again = run().await.unwrap();

        assert!(again.is_already_applied());
        assert_eq!(again.revision(), Some(Revision::FIRST));
    }
}

#[tokio::test]
async fn a_deleted_aggregate_is_at_no_revision() {
    let (_, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();
    counters.delete(&id).await.unwrap();

    let stale = counters
        .execute(id, |c| c.add(1))
        .expecting(Revision::FIRST);
    let stale = of_repository(stale.await);
    let new = counters.execute(id, |c| c.add(1));
    let new = new.expecting(ExpectedRevision::NoStream).await.unwrap();

    assert!(
        matches!(stale, RepositoryError::Conflict { actual: None, .. }),
        "{stale:?}"
    );
    assert_eq!(new.revision(), Some(Revision::new(1)));
}

fn id_of(id: impl IntoCommandId) -> Result<Option<CommandId>, InvalidCommandId> {
    id.into_command_id()
}

#[test]
fn the_text_of_a_uuid_is_that_command_id_and_any_other_text_makes_one() {
    let uuid = Uuid::parse_str("3fa85f64-5717-4562-b3fc-2c963f66afa6").unwrap();
    let of_text = |text: &str| {
        let made = Uuid::new_v5(&CommandId::NAMESPACE, text.as_bytes());
        CommandId::new(made).map(Some)
    };

    for same in [
        "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "3FA85F64-5717-4562-B3FC-2C963F66AFA6",
        "3fa85f6457174562b3fc2c963f66afa6",
        "{3fa85f64-5717-4562-b3fc-2c963f66afa6}",
    ] {
        assert_eq!(id_of(same), CommandId::new(uuid).map(Some), "{same}");
        let owned = same.to_owned();
        assert_eq!(id_of(&owned), id_of(uuid));
        assert_eq!(id_of(owned), id_of(uuid));
    }
    for other in [
        "order 17",
        " order 17",
        "3fa85f64",
        "3fa85f64-5717-4562-b3fc-2c963f66afa6 ",
        "0",
        "ключ",
    ] {
        assert_eq!(id_of(other), of_text(other), "{other}");
        let owned = other.to_owned();
        assert_eq!(id_of(&owned), of_text(other));
        assert_eq!(id_of(owned), of_text(other));
        assert_eq!(other.parse(), of_text(other).map(Option::unwrap));
    }
    assert_eq!(id_of(None::<Uuid>), Ok(None));
    assert_eq!(id_of(None::<&str>), Ok(None));
    assert_eq!(id_of(Some("order 17")), of_text("order 17"));
    assert_eq!(id_of(CommandId::new(uuid).unwrap()), id_of(uuid));
    assert_eq!(Uuid::from(CommandId::try_from(uuid).unwrap()), uuid);
}

#[test]
fn no_text_and_the_nil_uuid_are_no_command_id() {
    for empty in ["", " ", "\t\n"] {
        assert_eq!(id_of(empty), Err(InvalidCommandId::Empty), "{empty:?}");
        assert_eq!(id_of(Some(empty)), Err(InvalidCommandId::Empty));
    }
    let nil = Uuid::nil();
    assert_eq!(id_of(nil), Err(InvalidCommandId::Nil));
    assert_eq!(id_of(nil.to_string()), Err(InvalidCommandId::Nil));
}

#[tokio::test]
async fn a_command_without_a_usable_identity_is_refused_and_nothing_is_asked_of_the_store() {
    let (store, counters) = counters();
    let id = new_event_id();
    let run = || counters.execute(id, |c| c.add(1));
    let long = "p".repeat(201);

    for refused in [
        run().command_id("").await,
        run().command_id(Some(String::new())).await,
        run().command_id(Uuid::nil()).await,
        run().command_id("key").purpose("").await,
        run().command_id("key").purpose(" ").await,
        run().command_id("key").purpose("a\nb").await,
        run().command_id("key").purpose(long.clone()).await,
        run().purpose("").await,
    ] {
        let error = of_repository(refused);
        assert!(
            matches!(error, RepositoryError::CommandId { .. }),
            "{error:?}"
        );
        assert!(!error.is_transient());
    }
    assert_eq!(store.calls(CallKind::ReadStream), 0);
    run()
        .command_id("key")
        .purpose("p".repeat(200))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_last_command_id_that_is_given_counts_and_none_is_none() {
    let (_, counters) = counters();

    let made_up = counters.create(|c| c.add(1)).command_id("key");
    let made_up = made_up.command_id(None::<Uuid>).await.unwrap();
    let first = counters.create(|c| c.add(1)).command_id("key");
    let first = first.await.unwrap();
    let again = counters.create(|c| c.add(1)).command_id("other");
    let again = again.command_id("key").await.unwrap();

    let key = CommandId::from_text("key").unwrap().as_uuid();
    let of_key = plumberd::aggregate::GenerateId::from_command(key);
    assert_ne!(*made_up.id(), of_key);
    assert_eq!((*first.id(), *again.id()), (of_key, of_key));
    assert!(again.is_already_applied());
}

#[tokio::test]
async fn an_executed_command_tells_its_events_and_the_state_they_led_to() {
    let (_, plain) = counters();
    let cached = plain.clone().with_cache(CacheConfig::new(4));
    let snapshots = plain.clone().with_snapshots(SnapshotPolicy::every(1));
    for counters in [plain, cached, snapshots] {
        let id = new_event_id();
        for (run, total) in [1, 3].into_iter().enumerate() {
            let added = |c: &Counter| {
                let before = c.total + 1;
                Ok::<_, Refusal>([c.add(1)?, Added { amount: 1, before }])
            };

            let executed = counters.execute(id, added).await.unwrap();

            assert_eq!(executed.state(), Some(&*counters.load(id).await.unwrap()));
            assert_eq!(executed.state().map(|c| c.total), Some(total + 1));
            let stored = counters.history(&id).unwrap().collect_all().await.unwrap();
            let stored: Vec<_> = stored[2 * run..].iter().map(|event| event.id).collect();
            let told = executed.written().iter();
            assert_eq!(
                told.map(plumberd::event::NewEvent::id).collect::<Vec<_>>(),
                stored
            );
            let told: Added = executed.written()[1].decode_as(0).unwrap();
            assert_eq!(
                told,
                Added {
                    amount: 1,
                    before: total
                }
            );
            assert_eq!(executed.clone().state(), executed.state());
        }
        let nothing = counters.execute(id, |_| Ok::<_, Refusal>(()));
        let nothing = nothing.await.unwrap();
        assert_eq!(nothing.state().map(|c| c.total), Some(4));
        assert_eq!(nothing.written(), []);
    }
}

#[tokio::test]
async fn a_saved_root_keeps_the_state_and_gives_it_in_the_end() {
    let (_, counters) = counters();
    let mut root = Root::<Counter>::with_new_id();
    root.execute(|c| c.add(3)).unwrap();

    let saved = counters.save(&mut root).await.unwrap();
    let state: Counter = root.into_inner();

    assert_eq!((saved.written().len(), saved.state()), (1, None));
    assert_eq!(state.total, 3);
}
