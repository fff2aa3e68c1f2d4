//! Servers that end and begin again, and stores that fail.

use crate::domain::{
    Accounts, Credit, Debit, answers, bus, every_store, memory, read, server, start,
    wait_for_answers,
};
use plumberd::{
    command::{FirstStart, SendError, ServerError, ServerStats},
    event::new_event_id,
    prelude::*,
    store::StoreError,
    stream::{Revision, StreamMetadata},
};
use plumberd_testkit::mock::{Call, CallKind, Fault, Faulty};
use plumberd_tests::TempFolder;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

#[tokio::test]
async fn a_first_start_begins_now_unless_it_is_told_to_begin_at_the_start() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let early = bus(&store);
    early.post(new_event_id(), Credit::number(1)).await.unwrap();

    let running = server(&store, &accounts).first_start(FirstStart::End);
    let running = running.start().await.unwrap();
    bus(&store)
        .send(new_event_id(), Credit::number(2))
        .await
        .unwrap();
    running.shutdown().await.unwrap();

    assert_eq!(accounts.runs(), 1);
    assert!(answers(&store, early.session()).await.is_empty());
}

#[tokio::test]
async fn what_was_sent_between_two_starts_is_done_by_the_second() {
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let running = server(&store, &accounts).first_start(FirstStart::End);
        // Ended at once, as by a crash.
        drop(running.start().await.unwrap());
        let bus = bus(&store);
        bus.post(new_event_id(), Credit::number(1)).await.unwrap();

        let running = server(&store, &accounts).first_start(FirstStart::End);
        let running = running.start().await.unwrap();

        wait_for_answers(&store, bus.session(), 1).await;
        running.shutdown().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_dropped_does_nothing_any_more() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    drop(start(&store, &accounts).await);

    let bus = bus(&store);
    let sent = bus.send(new_event_id(), Credit::number(1)).await;

    assert!(matches!(sent, Err(SendError::TimedOut { .. })), "{sent:?}");
    assert_eq!(accounts.runs(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_dropped_leaves_what_it_runs_to_the_next_start() {
    let (store, _) = memory().await;
    let gate = Arc::new(Semaphore::new(0));
    let accounts = Accounts {
        gate: Some(gate.clone()),
        ..Accounts::new(&store)
    };
    let running = start(&store, &accounts).await;
    let (bus, to) = (bus(&store), new_event_id());
    bus.post(to, Credit::number(1)).await.unwrap();
    accounts.seen(1).await;

    drop(running);
    // The clock stands until there is nothing more to do.
    tokio::time::sleep(Duration::from_secs(1)).await;
    gate.add_permits(1);
    tokio::time::sleep(Duration::from_secs(1)).await;

    assert_eq!(gate.available_permits(), 1, "the handler went on");
    assert!(answers(&store, bus.session()).await.is_empty());
    let next = start(&store, &accounts).await;
    wait_for_answers(&store, bus.session(), 1).await;
    assert_eq!(next.shutdown().await.unwrap().executed, 1);
    assert_eq!(accounts.runs(), 2);
    let stream = accounts.repository.stream(&to).unwrap();
    assert_eq!(read(&store, &stream).await.len(), 1);
}

#[tokio::test]
async fn a_shutdown_finishes_what_runs_and_leaves_the_rest_to_the_next_start() {
    for (store, _folder) in every_store().await {
        let gate = Arc::new(Semaphore::new(0));
        let mut accounts = Accounts::new(&store);
        accounts.gate = Some(Arc::clone(&gate));
        let (bus, to) = (bus(&store), new_event_id());
        for number in 0..5 {
            bus.post(to, Credit::number(number)).await.unwrap();
        }
        let running = start(&store, &accounts).await;
        accounts.seen(1).await;

        let shutdown = tokio::spawn(running.shutdown());
        gate.add_permits(5);
        let first = shutdown.await.unwrap().unwrap();
        let between = answers(&store, bus.session()).await.len();
        let running = start(&store, &accounts).await;
        wait_for_answers(&store, bus.session(), 5).await;
        let second = running.shutdown().await.unwrap();

        assert!(first.executed >= 1);
        assert_eq!(u64::try_from(between).unwrap(), first.executed);
        assert_eq!(first.executed + second.executed, 5);
        assert_eq!(second.answered_before, 0, "the checkpoint was kept");
        assert_eq!(accounts.runs(), 5);
    }
}

#[tokio::test]
async fn a_command_that_was_answered_before_a_crash_is_not_run_again() {
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let bus = bus(&store);
        for number in 0..3 {
            bus.post(new_event_id(), Credit::number(number))
                .await
                .unwrap();
        }
        let running = start(&keeping_no_checkpoint(&store), &accounts).await;
        wait_for_answers(&store, bus.session(), 3).await;
        drop(running);

        let running = start(&store, &accounts).await;
        bus.send(new_event_id(), Credit::number(9)).await.unwrap();
        let stats = running.shutdown().await.unwrap();

        assert_eq!((stats.answered_before, stats.executed), (3, 1));
        assert_eq!(accounts.runs(), 4);
    }
}

/// The store for a server that crashes before it has kept a checkpoint,
/// however long it lives: only the one that it begins with is written.
fn keeping_no_checkpoint(store: &Store) -> Store {
    let faulty = Faulty::new(store.clone());
    let mut kept = 0;
    faulty.plan(move |call, _| {
        kept += u32::from(keeps_a_checkpoint(call));
        (keeps_a_checkpoint(call) && kept > 1).then_some(Fault::Unavailable)
    });
    Store::new(faulty)
}

fn keeps_a_checkpoint(call: &Call) -> bool {
    let of_checkpoints = |stream: &StreamName| stream.as_str() == ">SessionInCheckpoint-Bank";
    call.kind() == CallKind::Append && call.stream().is_some_and(of_checkpoints)
}

#[tokio::test]
async fn a_command_that_was_answered_is_not_run_again_though_other_answers_cannot_be_read() {
    let folder = TempFolder::new();
    let url = folder.sqlite_url("bank.db");
    let store = plumberd::connect(&url).await.unwrap();
    let accounts = Accounts::new(&store);
    let (sender, to) = (bus(&store), new_event_id());
    let session = sender.session();
    let running = start(&store, &accounts).await;
    // The checkpoint is past the first one's answer.
    for number in 1..=2 {
        sender.send(to, Credit::number(number)).await.unwrap();
    }
    running.shutdown().await.unwrap();
    let running = start(&keeping_no_checkpoint(&store), &accounts).await;
    sender.send(to, Credit::number(3)).await.unwrap();
    drop((running, sender));
    let first = answers(&store, session).await.swap_remove(0);
    drop(store);
    let file = rusqlite::Connection::open(folder.path().join("bank.db")).unwrap();
    let damage = "UPDATE events SET data = x'7b7d' WHERE position = ?1";
    let damaged = file.execute(damage, [first.position.as_u64().cast_signed()]);
    assert_eq!(damaged.unwrap(), 1);
    file.close().unwrap();

    let store = plumberd::connect(&url).await.unwrap();
    let again = Accounts::new(&store);
    let running = start(&store, &again).await;
    bus(&store).send(to, Credit::number(4)).await.unwrap();

    let stats = running.shutdown().await.unwrap();
    assert_eq!((stats.answered_before, stats.executed), (1, 1));
    assert_eq!((accounts.runs(), again.runs()), (3, 1));
}

#[tokio::test]
async fn a_crash_between_the_events_and_the_answer_leaves_one_of_each() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let (bus, to) = (bus(&store), new_event_id());
    let mut command = Credit::number(1);
    command.id = new_event_id();
    // What the handler had appended when its process was killed.
    let context = MessageContext::new();
    accounts
        .repository
        .execute(to, |_| {
            Ok::<_, ()>(crate::domain::Credited {
                amount: dec!(1),
                command: 1,
            })
        })
        .command_id(command.id)
        .context(context)
        .await
        .unwrap();
    bus.post(to, command).await.unwrap();

    let running = start(&store, &accounts).await;
    wait_for_answers(&store, bus.session(), 1).await;
    running.shutdown().await.unwrap();

    let stream = StreamName::new("Account", to).unwrap();
    assert_eq!(read(&store, &stream).await.len(), 1);
    let answer = answers(&store, bus.session()).await.remove(0);
    assert_eq!(answer.event_type.as_str(), "CreditExecuted");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_unknown_outcome_is_written_once() {
    let (inner, _) = memory().await;
    let faulty = Faulty::new(inner.clone());
    let store = Store::new(faulty.clone());
    let accounts = Accounts::new(&inner);
    let mut answered = 0;
    faulty.plan(move |call, _| {
        let answers = call.stream()?.as_str().starts_with(">SessionOut-");
        if call.kind() != CallKind::Append || !answers {
            return None;
        }
        answered += 1;
        match answered {
            1 => Some(Fault::Unavailable),
            2 => Some(Fault::TimeOutBeforeCommit),
            3 => Some(Fault::TimeOutAfterCommit),
            _ => None,
        }
    });
    let bus = bus(&inner);
    bus.post(new_event_id(), Credit::number(1)).await.unwrap();

    let running = start(&store, &accounts).await;
    wait_for_answers(&inner, bus.session(), 1).await;
    running.shutdown().await.unwrap();

    assert_eq!(faulty.faults(), 3);
    assert_eq!(accounts.runs(), 1);
    assert_eq!(answers(&inner, bus.session()).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_store_that_passes_leaves_no_command_unanswered() {
    let (inner, _) = memory().await;
    let faulty = Faulty::new(inner.clone());
    let store = Store::new(faulty.clone());
    let accounts = Accounts::new(&inner);
    let broken = [CallKind::ReadStream, CallKind::Append];
    let mut met = Vec::new();
    faulty.plan(move |call, _| {
        let answers = call.stream()?.as_str().starts_with(">SessionOut-");
        let kind = call.kind();
        if !answers || !broken.contains(&kind) || met.contains(&kind) {
            return None;
        }
        met.push(kind);
        Some(Fault::Broken)
    });
    let bus = bus(&inner);
    bus.post(new_event_id(), Credit::number(1)).await.unwrap();

    let running = start(&store, &accounts).await;
    let answered = wait_for_answers(&inner, bus.session(), 1);
    let answered = tokio::time::timeout(Duration::from_secs(60), answered).await;
    let stats = running.shutdown().await.unwrap();

    assert!(answered.is_ok(), "it was never answered");
    assert_eq!(faulty.faults(), 2);
    assert_eq!((stats.executed, stats.skipped), (1, 0));
    assert_eq!(accounts.runs(), 1);
}

/// A store that refuses whatever `refused` says of a call to a stream of answers.
fn refusing(
    inner: &Store,
    refused: impl Fn(&Call) -> bool + Send + 'static,
) -> (Faulty<Store>, Store) {
    let faulty = Faulty::new(inner.clone());
    faulty.plan(move |call, _| {
        let answers = call.stream()?.as_str().starts_with(">SessionOut-");
        (answers && refused(call)).then_some(Fault::Broken)
    });
    (faulty.clone(), Store::new(faulty))
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_the_store_refuses_is_given_without_its_data() {
    let (inner, _) = memory().await;
    let (_, store) = refusing(&inner, |call| {
        let Call::Append { events, .. } = call else {
            return false;
        };
        let answers = events.iter().map(|event| event.event_type().as_str());
        answers.filter(|name| name.contains('<')).count() > 0
    });
    let accounts = Accounts::new(&inner);
    let running = start(&store, &accounts).await;
    let (bus, to) = (bus(&inner), new_event_id());

    let refused = bus.send(to, Debit::refused_with("fault")).await;
    bus.send(to, Credit::number(1)).await.unwrap();

    assert_eq!(refused.unwrap_err().code(), Some(500));
    let stats = running.shutdown().await.unwrap();
    assert_eq!((stats.executed, stats.failed), (1, 1));
    assert_eq!(accounts.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_answers_the_store_refuses_holds_up_no_other_for_ever() {
    for refused in [
        &[CallKind::Append][..],
        &[CallKind::ReadStream, CallKind::FindEvent],
        &[CallKind::Append, CallKind::ReadStream, CallKind::FindEvent],
    ] {
        let (inner, _) = memory().await;
        let (early, to) = (bus(&inner), new_event_id());
        let of_early = plumberd::command::session_out(early.session()).unwrap();
        let (_, store) = refusing(&inner, move |call| {
            call.stream() == Some(&of_early) && refused.contains(&call.kind())
        });
        let accounts = Accounts::new(&inner);
        early.post(to, Credit::number(1)).await.unwrap();
        let running = server(&store, &accounts).concurrency(1);
        let running = running.start().await.unwrap();

        let later = bus(&inner);
        let other = later.send(to, Credit::number(2));
        other.timeout(Duration::from_secs(600)).await.unwrap();

        let stats = running.shutdown().await.unwrap();
        assert_eq!(accounts.runs(), 2);
        let answered = !refused.contains(&CallKind::Append);
        assert_eq!(stats.skipped, u64::from(!answered));
        let again = start(&inner, &accounts).await.shutdown().await;
        assert_eq!(again.unwrap(), ServerStats::default(), "it was passed");
        let answers = answers(&inner, early.session()).await;
        assert_eq!(answers.len(), usize::from(answered));
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_hidden_is_an_error_and_one_that_was_deleted_is_not() {
    for (store, kept) in every_store().await {
        if !kept.forgets() {
            continue;
        }
        let accounts = Accounts::new(&store);
        let running = start(&store, &accounts).await;
        let sent = bus(&store).send(new_event_id(), Credit::number(1)).await;
        sent.unwrap();
        running.shutdown().await.unwrap();
        let checkpoint = StreamName::raw(">SessionInCheckpoint-Bank").unwrap();
        let mut hidden = StreamMetadata::default();
        hidden.truncate_before = Some(Revision::new(1_000));
        store
            .set_stream_metadata(&checkpoint, ExpectedRevision::Any, &hidden)
            .await
            .unwrap();

        let error = server(&store, &accounts).start().await.unwrap_err();
        store
            .delete(&checkpoint, ExpectedRevision::Any)
            .await
            .unwrap();
        let anew = start(&store, &accounts).await.shutdown().await;

        assert!(
            matches!(&error, ServerError::Checkpoint { stream, .. } if *stream == checkpoint),
            "{error:?}"
        );
        anew.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_checkpoint_is_refused_fails_and_the_server_before_goes_on() {
    let (inner, _) = memory().await;
    let faulty = Faulty::new(inner.clone());
    let store = Store::new(faulty.clone());
    let accounts = Accounts::new(&inner);
    let mut before = start(&inner, &accounts).await;
    for fault in [Fault::Unavailable, Fault::Broken] {
        let met = faulty.faults();
        let mut first = Some(fault);
        faulty.plan(move |call, _| keeps_a_checkpoint(call).then(|| first.take())?);

        let error = server(&store, &accounts).start().await.unwrap_err();

        let ServerError::Store(error) = error else {
            panic!("{error:?}");
        };
        assert!(!matches!(error, StoreError::OutcomeUnknown { .. }));
        assert_eq!(faulty.faults(), met + 1, "{error:?}");
        let sent = bus(&inner).send(new_event_id(), Credit::number(1)).await;
        sent.unwrap();
        assert!(before.is_running());
    }

    // The next one is not refused.
    let after = start(&store, &accounts).await;

    assert!(matches!(before.ended().await, Err(ServerError::Replaced)));
    after.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_subscription_fails_follows_on_after_what_it_read() {
    let (inner, _) = memory().await;
    let faulty = Faulty::new(inner.clone());
    let store = Store::new(faulty.clone());
    let accounts = Accounts::new(&inner);
    let mut begun = 0;
    faulty.plan(move |call, _| {
        if call.kind() != CallKind::SubscribeAll {
            return None;
        }
        begun += 1;
        match begun {
            1 => Some(Fault::FailAfter(3)),
            2 => Some(Fault::Unavailable),
            3 => Some(Fault::FailAfter(0)),
            _ => None,
        }
    });

    let running = start(&store, &accounts).await;
    let bus = bus(&inner);
    for number in 1..=5 {
        let sent = bus.send(new_event_id(), Credit::number(number)).await;
        sent.unwrap();
    }

    assert!(running.is_running());
    assert_eq!(faulty.faults(), 3);
    let stats = running.shutdown().await.unwrap();
    assert_eq!((stats.executed, stats.skipped), (5, 0));
    assert_eq!(accounts.runs(), 5);
}

#[tokio::test]
async fn a_server_says_when_its_store_is_closed() {
    let (store, _folder) = every_store().await.remove(1);
    let accounts = Accounts::new(&store);
    let mut running = start(&store, &accounts).await;
    assert!(running.is_running());

    store.close().await;

    let error = running.ended().await.unwrap_err();
    assert!(!running.is_running());
    assert!(
        matches!(&error, ServerError::Store(StoreError::Closed { .. })),
        "{error:?}"
    );
    let error = bus(&store).send("r", Credit::number(1)).await.unwrap_err();
    assert!(matches!(error, SendError::Store(StoreError::Closed { .. })));
}
