//! What a repository promises, on the memory store.

use plumberd::{
    backend::memory::Memory,
    clock::Clock,
    event::{NewEvent, new_event_id},
    prelude::*,
    repository::PointInTime,
    retry::RetryPolicy,
};
use plumberd_testkit::mock::{Fault, Faulty};
use plumberd_tests::counter::{Add, Added, Counter, Refusal};
use std::{sync::Arc, time::Duration};

fn counters() -> (Memory, Repository<Counter>) {
    let store = Memory::new();
    (store.clone(), Store::new(store).repository())
}

#[tokio::test]
async fn a_created_aggregate_is_loaded_as_decided() {
    let (_, counters) = counters();

    let created = counters.create(|counter| counter.open("a")).await.unwrap();
    counters
        .execute(*created.id(), |counter| counter.add(5))
        .await
        .unwrap();
    let counter = counters.load(*created.id()).await.unwrap();

    assert_eq!((counter.name.as_deref(), counter.total), (Some("a"), 5));
    assert_eq!(counter.revision(), Some(Revision::new(1)));
}

#[tokio::test]
async fn an_executed_command_says_where_it_ended() {
    let (_, counters) = counters();
    let id = new_event_id();

    let first = counters
        .execute(id, |c| Ok::<_, Refusal>((c.open("a")?, c.add(1)?)))
        .await
        .unwrap();
    let second = counters.execute(id, |c| c.add(1)).await.unwrap();

    assert_eq!(
        (first.events(), first.revision()),
        (2, Some(Revision::new(1)))
    );
    assert_eq!(
        (second.events(), second.revision()),
        (1, Some(Revision::new(2)))
    );
    assert!(second.position() > first.position());
    assert_eq!((second.attempts(), second.is_already_applied()), (1, false));
}

#[tokio::test]
async fn a_rejection_is_the_callers_own_error_and_writes_nothing() {
    let (_, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.add(3)).await.unwrap();

    let refused = counters.execute(id, |c| c.add(-4)).await.unwrap_err();

    assert_eq!(
        refused.rejection(),
        Some(Refusal::TooLittle {
            total: 3,
            amount: 4
        })
    );
    assert_eq!(
        counters.load(id).await.unwrap().revision(),
        Some(Revision::FIRST)
    );
}

#[tokio::test]
async fn a_decision_without_events_writes_nothing() {
    let (_, counters) = counters();
    let id = new_event_id();

    let none = counters
        .execute(id, |_| Ok::<_, Refusal>(None::<Added>))
        .await
        .unwrap();

    assert_eq!(
        (none.events(), none.revision(), none.position()),
        (0, None, None)
    );
    assert!(!counters.exists(&id).await.unwrap());
}

#[tokio::test]
async fn a_command_is_handled_by_its_handler() {
    let (_, counters) = counters();
    let id = new_event_id();

    counters.handle(id, Add(7)).await.unwrap();

    assert_eq!(counters.load(id).await.unwrap().total, 7);
}

#[tokio::test]
async fn an_aggregate_is_created_once() {
    let (_, counters) = counters();
    let id = new_event_id();
    counters.create_with(id, |c| c.open("a")).await.unwrap();

    let again = counters.create_with(id, |c| c.add(1)).await.unwrap_err();

    assert!(
        matches!(
            again,
            ExecuteError::Repository(RepositoryError::AlreadyExists { .. })
        ),
        "got {again:?}"
    );
}

#[tokio::test]
async fn a_missing_aggregate_is_not_found_and_its_default_is_new() {
    let (_, counters) = counters();
    let id = new_event_id();

    let missing = counters.load(id).await.unwrap_err();
    let new = counters.load_or_default(id).await.unwrap();

    assert!(
        matches!(missing, RepositoryError::NotFound { .. }),
        "got {missing:?}"
    );
    assert_eq!((new.revision(), &*new), (None, &Counter::default()));
}

#[tokio::test]
async fn a_root_keeps_what_is_not_saved_and_loses_nothing_when_a_save_fails() {
    let faulty = Arc::new(Faulty::new(Memory::new()));
    let counters: Repository<Counter> = Repository::new(faulty.clone());
    let counters = counters.with_retry(RetryPolicy::NEVER);
    let mut root = Root::<Counter>::with_new_id();
    root.execute(|c| c.open("a")).unwrap();
    root.handle(Add(2)).unwrap();

    faulty.next_append(Fault::TimeOutAfterCommit);
    let unknown = counters.save(&mut root).await.unwrap_err();
    let ids: Vec<_> = root.pending().iter().map(NewEvent::id).collect();
    let saved = counters.save(&mut root).await.unwrap();

    assert!(unknown.is_transient(), "got {unknown:?}");
    assert_eq!(ids.len(), 2);
    assert!(
        saved.is_already_applied(),
        "the first save had been written"
    );
    assert_eq!(
        (root.pending().len(), root.revision()),
        (0, Some(Revision::new(1)))
    );
    let loaded = counters.load(*root.id()).await.unwrap();
    assert_eq!((loaded.events, loaded.total), (2, 2));
}

#[tokio::test]
async fn a_root_that_another_writer_overtook_conflicts_and_keeps_its_events() {
    let (_, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();
    let mut root = counters.load(id).await.unwrap();
    root.execute(|c| c.add(10)).unwrap();

    counters.execute(id, |c| c.add(100)).await.unwrap();
    let conflict = counters.save(&mut root).await.unwrap_err();

    assert!(
        matches!(conflict, RepositoryError::Conflict { .. }),
        "got {conflict:?}"
    );
    assert_eq!(root.pending().len(), 1);
    assert_eq!(counters.load(id).await.unwrap().total, 101);
}

#[tokio::test]
async fn a_new_root_of_an_id_that_exists_is_refused() {
    let (_, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();
    let mut root = Root::<Counter>::new(id);
    root.execute(|c| c.add(1)).unwrap();

    let refused = counters.save(&mut root).await.unwrap_err();

    assert!(
        matches!(refused, RepositoryError::AlreadyExists { .. }),
        "got {refused:?}"
    );
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_applied_once() {
    let faulty = Arc::new(Faulty::new(Memory::new()));
    let counters: Repository<Counter> = Repository::new(faulty.clone());
    let id = new_event_id();

    faulty.next_append(Fault::TimeOutAfterCommit);
    let executed = counters.execute(id, |c| c.add(5)).await.unwrap();

    assert_eq!(executed.revision(), Some(Revision::FIRST));
    assert_eq!(counters.load(id).await.unwrap().total, 5);
}

#[tokio::test]
async fn a_repeated_command_is_carried_out_once_and_gives_the_first_outcome() {
    let (_, counters) = counters();
    let id = new_event_id();
    let command = new_event_id();
    let deposit = |c: &Counter| {
        Ok::<_, Refusal>([
            c.add(1)?,
            Added {
                amount: 2,
                before: c.total + 1,
            },
        ])
    };

    let first = counters
        .execute(id, deposit)
        .command_id(command)
        .await
        .unwrap();
    counters.execute(id, |c| c.add(10)).await.unwrap();
    // The same command would now decide otherwise, or even be refused.
    let again = counters
        .execute(id, |_| Err::<Added, _>(Refusal::AlreadyOpen))
        .command_id(command)
        .await
        .unwrap();

    assert!(again.is_already_applied() && !first.is_already_applied());
    assert_eq!(
        (again.revision(), again.position(), again.events()),
        (first.revision(), first.position(), 2)
    );
    assert_eq!(counters.load(id).await.unwrap().total, 13);
}

#[tokio::test]
async fn a_command_repeated_at_the_same_time_is_carried_out_once() {
    let (_, counters) = counters();
    let id = new_event_id();
    let command = new_event_id();

    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let counters = counters.clone();
            tokio::spawn(async move {
                counters
                    .execute(id, |c| c.add(1))
                    .command_id(command)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut fresh = 0;
    for task in tasks {
        let executed = task.await.unwrap();
        assert_eq!(executed.revision(), Some(Revision::FIRST));
        fresh += usize::from(!executed.is_already_applied());
    }

    assert_eq!(counters.load(id).await.unwrap().total, 1);
    assert_eq!(fresh, 1, "one of them was first");
}

#[tokio::test]
async fn conflicts_are_given_up_after_the_retries() {
    let (store, counters) = counters();
    let id = new_event_id();
    let stream = counters.stream(&id).unwrap();
    let rival = Store::new(store).repository::<Counter>();
    let mut decisions = 0;

    let lost = counters
        .execute(id, |c| {
            decisions += 1;
            // A rival that is always faster.
            futures_util::FutureExt::now_or_never(async {
                rival.execute(id, |c| c.add(1)).await.unwrap();
            })
            .unwrap();
            c.add(1)
        })
        .retries(3)
        .await;

    let error = lost.unwrap_err();
    assert!(
        matches!(
            &error,
            ExecuteError::Repository(RepositoryError::Conflict { attempts: 4, stream: s, .. })
                if *s == stream
        ),
        "got {error:?}"
    );
    assert!(error.is_transient());
    assert_eq!(decisions, 4);
}

#[tokio::test]
async fn an_aggregate_can_be_loaded_as_it_was() {
    let (clock, hand) = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let counters: Repository<Counter> = Store::new(Memory::new().with_clock(clock)).repository();
    let id = new_event_id();
    let mut times = Vec::new();
    for amount in 1..=3 {
        counters.execute(id, |c| c.add(amount)).await.unwrap();
        times.push(hand.now());
        hand.advance(Duration::from_secs(60));
    }

    let by_revision = counters.load_at(id, Revision::new(1)).await.unwrap();
    let by_time = counters
        .load_at(id, times[1] + Duration::from_secs(1))
        .await
        .unwrap();
    let too_early = counters
        .load_at(id, times[0] - Duration::from_secs(1))
        .await
        .unwrap_err();
    let too_late = counters
        .load_at(id, PointInTime::Revision(Revision::new(9)))
        .await
        .unwrap_err();

    assert_eq!(
        (by_revision.total, by_revision.revision()),
        (3, Some(Revision::new(1)))
    );
    assert_eq!(
        (by_time.total, by_time.revision()),
        (3, Some(Revision::new(1)))
    );
    assert!(
        matches!(too_early, RepositoryError::NotFound { .. }),
        "got {too_early:?}"
    );
    assert!(
        matches!(too_late, RepositoryError::NoSuchRevision { .. }),
        "got {too_late:?}"
    );
}

#[tokio::test]
async fn a_deleted_aggregate_is_gone_and_may_be_created_again() {
    let (_, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();

    counters.delete(&id).await.unwrap();
    let gone = counters.exists(&id).await.unwrap();
    let twice = counters.delete(&id).await.unwrap_err();
    counters.create_with(id, |c| c.add(10)).await.unwrap();
    let reborn = counters.load(id).await.unwrap();

    assert!(!gone);
    assert!(
        matches!(twice, RepositoryError::NotFound { .. }),
        "got {twice:?}"
    );
    assert_eq!(
        (reborn.total, reborn.events, reborn.revision()),
        (10, 1, Some(Revision::new(1)))
    );
}

#[tokio::test]
async fn history_is_every_event_in_order() {
    let (_, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.open("a")).await.unwrap();
    counters.execute(id, |c| c.add(1)).await.unwrap();

    let events = counters.history(&id).unwrap().collect_all().await.unwrap();

    let types: Vec<_> = events
        .iter()
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(types, ["Opened", "Added"]);
}

#[tokio::test]
async fn an_event_that_cannot_be_decoded_is_an_error_that_names_it() {
    let (store, counters) = counters();
    let id = new_event_id();
    counters.execute(id, |c| c.add(1)).await.unwrap();
    let stream = counters.stream(&id).unwrap();
    let broken = NewEvent::new(
        new_event_id(),
        "Added".parse().unwrap(),
        r#"{"Amount":"x"}"#,
    );
    store
        .append(&stream, ExpectedRevision::Any, vec![broken])
        .await
        .unwrap();

    let error = counters.load(id).await.unwrap_err();

    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        format!("event 1 of stream `{stream}`, `Added`, cannot be decoded")
    );
}

#[tokio::test]
async fn an_unknown_event_in_the_stream_is_an_error() {
    let (store, counters) = counters();
    let id = new_event_id();
    let stream = counters.stream(&id).unwrap();
    let unknown = NewEvent::new(new_event_id(), "Renamed".parse().unwrap(), "{}");
    store
        .append(&stream, ExpectedRevision::Any, vec![unknown])
        .await
        .unwrap();

    let error = counters.load(id).await.unwrap_err();

    assert!(
        matches!(error, RepositoryError::Apply { .. }),
        "got {error:?}"
    );
}

#[tokio::test]
async fn an_empty_id_is_refused() {
    let (_, counters) = counters();
    let _ = counters;
    let names: Repository<Named> = Store::new(Memory::new()).repository();

    let error = names.load(String::new()).await.unwrap_err();

    assert!(matches!(error, RepositoryError::Id { .. }), "got {error:?}");
}

#[derive(Default)]
struct Named {
    events: u64,
}

#[plumberd::aggregate(id = String)]
impl Named {
    #[event_sourcing_handler]
    fn on_added(&mut self, _: &Added) {
        self.events += 1;
    }
}
