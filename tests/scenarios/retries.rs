//! A store that is away for a while, or whose answers are lost: what is tried
//! again, how often, and what is said in the end.

use plumberd::{
    backend::memory::Memory,
    command::CommandBus,
    event::new_event_id,
    micro_plumberd::{Plumber, StateError},
    prelude::*,
    retry::RetryPolicy,
};
use plumberd_testkit::mock::{CallKind, Fault, Faulty};
use plumberd_tests::counter::{Added, Counter, Refusal};
use std::{error::Error, sync::Arc};

const RETRIES: u32 = 4;
const TRIES: u32 = RETRIES + 1;

fn counters(store: &Faulty<Memory>) -> Repository<Counter> {
    let policy = RetryPolicy::DEFAULT.with_retries(RETRIES);
    Repository::new(Arc::new(store.clone())).with_retry(policy)
}

/// What a command came to, and how often it was decided.
async fn decided(
    counters: &Repository<Counter>,
    id: Uuid,
) -> (Result<Executed<Counter>, ExecuteError<Refusal>>, u32) {
    let mut decisions = 0;
    let executed = counters
        .execute(id, |c| {
            decisions += 1;
            c.add(1)
        })
        .await;
    (executed, decisions)
}

fn in_store<T: std::fmt::Debug>(result: Result<T, ExecuteError<Refusal>>) -> RepositoryError {
    match result {
        Err(ExecuteError::Repository(error @ RepositoryError::Store { .. })) => error,
        other => panic!("no error of the store: {other:?}"),
    }
}

fn is_unknown(error: &RepositoryError) -> bool {
    let RepositoryError::Store { source } = error else {
        return false;
    };
    matches!(source, StoreError::OutcomeUnknown { .. })
}

fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[tokio::test(start_paused = true)]
async fn an_append_that_may_have_been_lost_is_made_again_with_the_same_events() {
    use Fault::{
        TimeOutAfterCommit as Answer, TimeOutBeforeCommit as Request, Unavailable as Away,
    };
    for faults in [
        vec![Away],
        vec![Request],
        vec![Answer],
        vec![Answer, Answer, Answer, Answer],
        vec![Request, Request, Answer, Request],
        vec![Away, Request, Away, Answer],
        vec![Request, Away, Away],
        vec![Answer, Away, Away, Away],
    ] {
        let store = Faulty::new(Memory::new());
        let (counters, id) = (counters(&store), new_event_id());
        for fault in faults.clone() {
            store.next_append(fault);
        }

        let (executed, decisions) = decided(&counters, id).await;

        let executed = executed.unwrap();
        assert_eq!(decisions, 1, "{faults:?}");
        assert_eq!(executed.attempts() as usize, faults.len() + 1, "{faults:?}");
        assert_eq!(executed.revision(), Some(Revision::FIRST), "{faults:?}");
        assert_eq!(executed.state().map(|c| c.total), Some(1));
        let loaded = counters.load(id).await.unwrap();
        assert_eq!((loaded.total, loaded.events), (1, 1), "{faults:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_away_is_given_up_and_said_to_be_unknown_or_not_written() {
    use Fault::{
        TimeOutAfterCommit as Answer, TimeOutBeforeCommit as Request, Unavailable as Away,
    };
    for (first, rest, unknown, written) in [
        (Away, Away, false, 0),
        (Request, Request, true, 0),
        (Answer, Answer, true, 1),
        (Answer, Away, true, 1),
        (Request, Away, true, 0),
        (Away, Answer, true, 1),
    ] {
        let store = Faulty::new(Memory::new());
        let (counters, id) = (counters(&store), new_event_id());
        store.next_append(first.clone());
        for _ in 1..TRIES {
            store.next_append(rest.clone());
        }

        let (executed, decisions) = decided(&counters, id).await;

        let error = in_store(executed);
        assert_eq!(
            is_unknown(&error),
            unknown,
            "{first:?}, {rest:?}: {error:?}"
        );
        assert!(error.is_transient());
        assert_eq!(error.attempts(), Some(TRIES));
        let told = chain(&error);
        assert!(told.contains("it was tried 5 times"), "{told}");
        assert_eq!(decisions, 1, "it was decided anew while that was unknown");
        assert_eq!(store.calls(CallKind::Append), TRIES as usize);
        let loaded = counters.load_or_default(id).await.unwrap();
        assert_eq!(loaded.events, written, "{first:?}, {rest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_made_anew_only_when_it_is_known_that_it_was_not_written() {
    let store = Faulty::new(Memory::new());
    let (counters, id) = (counters(&store), new_event_id());
    store
        .next_append(Fault::TimeOutBeforeCommit)
        .next_append(Fault::Unavailable)
        .next_append(Fault::Conflict);

    let (executed, decisions) = decided(&counters, id).await;

    assert_eq!((executed.unwrap().attempts(), decisions), (4, 2));
    assert_eq!(counters.load(id).await.unwrap().events, 1);
}

#[tokio::test(start_paused = true)]
async fn races_that_are_lost_and_a_store_that_is_away_share_the_retries() {
    let store = Faulty::new(Memory::new());
    let (counters, id) = (counters(&store), new_event_id());
    for fault in [Fault::Conflict, Fault::Unavailable, Fault::Conflict] {
        store.next_append(fault);
    }
    store.next_read(Fault::Unavailable);

    let enough = decided(&counters, id).await.0.unwrap();
    store.next_read(Fault::Unavailable);
    for _ in 0..RETRIES {
        store.next_append(Fault::Conflict);
    }
    let too_few = decided(&counters, id).await.0.unwrap_err();

    assert_eq!(enough.attempts(), TRIES);
    assert!(
        matches!(
            too_few,
            ExecuteError::Repository(RepositoryError::Conflict {
                attempts: TRIES,
                ..
            })
        ),
        "{too_few:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_not_tried_again_and_is_unknown_after_a_lost_answer() {
    let store = Faulty::new(Memory::new());
    let (counters, id) = (counters(&store), new_event_id());

    store.next_append(Fault::Broken);
    let broken = in_store(decided(&counters, id).await.0);
    let appends = store.calls(CallKind::Append);
    store
        .next_append(Fault::TimeOutAfterCommit)
        .next_append(Fault::Broken);
    let unknown = in_store(decided(&counters, id).await.0);
    store.next_read(Fault::Broken);
    let unread = in_store(decided(&counters, id).await.0);

    assert!(!broken.is_transient() && !is_unknown(&broken), "{broken:?}");
    assert_eq!((appends, broken.attempts()), (1, None));
    assert!(is_unknown(&unknown), "{unknown:?}");
    assert!(!unread.is_transient(), "{unread:?}");
    assert_eq!(counters.load(id).await.unwrap().events, 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_command_reads_is_asked_for_again() {
    for (kind, fault, attempts) in [
        (CallKind::ReadStream, Fault::Unavailable, 3),
        // One page of the snapshots is enough, and one of the events is not.
        (CallKind::ReadStream, Fault::FailAfter(1), 2),
        (CallKind::FindEvent, Fault::Unavailable, 3),
        (CallKind::StreamInfo, Fault::Unavailable, 3),
    ] {
        let store = Faulty::new(Memory::new());
        let snapshots = counters(&store).with_snapshots(SnapshotPolicy::every(1));
        let (id, command) = (new_event_id(), new_event_id());
        if kind != CallKind::StreamInfo {
            counters(&store).execute(id, |c| c.add(1)).await.unwrap();
            snapshots.execute(id, |c| c.add(1)).await.unwrap();
        }
        let events = snapshots.load_or_default(id).await.unwrap().events;
        let again = || snapshots.execute(id, |c| c.add(1)).command_id(command);

        store.next(kind, fault.clone()).next(kind, fault.clone());
        let executed = again().await.unwrap();
        let few = store.faults();
        // So that it is before the last snapshot.
        snapshots.execute(id, |c| c.add(1)).await.unwrap();
        let stays = fault.clone();
        store.plan(move |call, _| (call.kind() == kind).then(|| stays.clone()));
        let given_up = match (kind, fault) {
            // It is not asked for when there are events, and one page has them.
            (CallKind::StreamInfo, _) | (_, Fault::FailAfter(_)) => None,
            _ => Some(in_store(again().await)),
        };
        store.heal();

        assert!(!executed.is_already_applied() && few == 2, "{kind:?}");
        assert_eq!(executed.attempts(), attempts, "{kind:?}");
        if let Some(error) = given_up {
            assert!(error.is_transient() && !is_unknown(&error), "{error:?}");
            assert_eq!(error.attempts(), Some(TRIES), "{kind:?}");
        }
        assert!(again().await.unwrap().is_already_applied());
        assert_eq!(snapshots.load(id).await.unwrap().events, events + 2);
    }
}

#[tokio::test(start_paused = true)]
async fn without_retries_the_first_failure_is_final() {
    let store = Faulty::new(Memory::new());
    let (counters, id) = (counters(&store), new_event_id());
    for fault in [Fault::Unavailable, Fault::TimeOutBeforeCommit] {
        store.next_append(fault);

        let executed = counters.execute(id, |c| c.add(1)).retries(0).await;

        let error = in_store(executed);
        assert!(error.is_transient());
        assert_eq!(error.attempts(), None, "once is not again");
    }
    assert_eq!(store.calls(CallKind::Append), 2);
}

#[tokio::test(start_paused = true)]
async fn a_root_is_saved_although_answers_are_lost_and_keeps_its_events_when_it_is_given_up() {
    for fault in [
        Fault::Unavailable,
        Fault::TimeOutBeforeCommit,
        Fault::TimeOutAfterCommit,
    ] {
        let store = Faulty::new(Memory::new());
        let counters = counters(&store);
        let mut root = Root::<Counter>::with_new_id();
        root.execute(|c| c.add(1)).unwrap();
        let fail = |times: u32| {
            for _ in 0..times {
                store.next_append(fault.clone());
            }
        };

        fail(TRIES);
        let given_up = counters.save(&mut root).await.unwrap_err();
        let kept = root.pending().len();
        root.execute(|c| c.add(2)).unwrap();
        fail(RETRIES);
        let saved = counters.save(&mut root).await.unwrap();

        assert!(given_up.is_transient());
        assert_eq!(is_unknown(&given_up), fault != Fault::Unavailable);
        assert_eq!(given_up.attempts(), Some(TRIES));
        assert_eq!((kept, root.pending().len()), (1, 0));
        assert_eq!((saved.events(), saved.written().len()), (2, 2), "{fault:?}");
        assert_eq!(saved.attempts(), TRIES);
        let loaded = counters.load(*root.id()).await.unwrap();
        assert_eq!((loaded.total, loaded.events), (3, 2), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_and_a_state_by_convention_are_written_once_although_answers_are_lost() {
    let store = Faulty::new(Memory::new());
    let policy = RetryPolicy::DEFAULT.with_retries(2);
    let plumber = Plumber::new(store.clone()).with_retry(policy);
    let added = Added {
        amount: 1,
        before: 0,
    };
    let lose = |times: u32| {
        store.next_append(Fault::Unavailable);
        for _ in 1..times {
            store.next_append(Fault::TimeOutAfterCommit);
        }
    };

    lose(2);
    let event = plumber.append_event(&added, 7).await.unwrap();
    lose(2);
    let state = plumber.append_state(&added, 7, Some(-1)).await.unwrap();
    lose(3);
    let given_up = plumber.append_event(&added, 7).await.unwrap_err();

    assert_eq!(event.revision(), Revision::FIRST);
    assert_eq!(state.revision(), Revision::FIRST);
    assert!(
        matches!(
            given_up,
            StateError::Store(StoreError::OutcomeUnknown { .. })
        ),
        "{given_up:?}"
    );
    let all = ReadOptions::forwards();
    let all = store.read_all(all, Filter::new()).collect_all().await;
    assert_eq!(all.unwrap().len(), 3);
}

#[derive(plumberd::Event, Debug, Clone)]
struct Ring {}

impl plumberd::command::Command for Ring {
    type Fault = plumberd::command::NoFault;
}

#[tokio::test(start_paused = true)]
async fn a_command_is_posted_once_although_the_store_is_away_and_answers_are_lost() {
    let store = Faulty::new(Memory::new());
    let bus = CommandBus::new(Store::new(store.clone()));
    store
        .next_append(Fault::Unavailable)
        .next_append(Fault::TimeOutAfterCommit);
    bus.post("bell", Ring {}).await.unwrap();
    store
        .next_append(Fault::Unavailable)
        .next_append(Fault::TimeOutBeforeCommit)
        .next_append(Fault::TimeOutAfterCommit)
        .next_append(Fault::Unavailable);
    bus.post("bell", Ring {}).await.unwrap();

    let sent = plumberd::command::session_in(bus.session()).unwrap();
    let sent = store.read_stream(&sent, ReadOptions::forwards());
    assert_eq!(sent.collect_all().await.unwrap().len(), 2);
    assert_eq!(store.faults(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_aggregate_is_deleted_although_answers_are_lost() {
    use Fault::{
        TimeOutAfterCommit as Answer, TimeOutBeforeCommit as Request, Unavailable as Away,
    };
    for faults in [
        vec![Away],
        vec![Answer],
        vec![Request, Away],
        vec![Answer, Away, Away, Away],
    ] {
        let store = Faulty::new(Memory::new());
        let (counters, id) = (counters(&store), new_event_id());
        counters.execute(id, |c| c.add(1)).await.unwrap();
        for fault in faults.clone() {
            store.next(CallKind::Delete, fault);
        }

        let deleted = counters.delete(&id).await;
        let again = counters.delete(&id).await.unwrap_err();

        assert!(deleted.is_ok(), "{faults:?}: {deleted:?}");
        assert!(!counters.exists(&id).await.unwrap());
        assert!(
            matches!(again, RepositoryError::NotFound { .. }),
            "{again:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_is_given_up_says_whether_it_is_unknown() {
    for (first, unknown) in [
        (Fault::Unavailable, false),
        (Fault::TimeOutAfterCommit, true),
    ] {
        let store = Faulty::new(Memory::new());
        let (counters, id) = (counters(&store), new_event_id());
        counters.execute(id, |c| c.add(1)).await.unwrap();
        store.next(CallKind::Delete, first);
        for _ in 1..TRIES {
            store.next(CallKind::Delete, Fault::Unavailable);
        }

        let error = counters.delete(&id).await.unwrap_err();

        assert_eq!(is_unknown(&error), unknown, "{error:?}");
        assert_eq!(error.attempts(), Some(TRIES));
    }
}
