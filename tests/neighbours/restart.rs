//! Servers that end and begin again, and stores that fail.

use crate::domain::{
    Accounts, Credit, answers, bus, every_store, memory, read, server, start, wait_for_answers,
};
use plumberd::{command::FirstStart, event::new_event_id, prelude::*, store::StoreError};
use plumberd_testkit::mock::{CallKind, Fault, Faulty};
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
        let running = start(&store, &accounts).await;
        wait_for_answers(&store, bus.session(), 3).await;
        // Before the checkpoint is kept.
        drop(running);

        let running = start(&store, &accounts).await;
        bus.send(new_event_id(), Credit::number(9)).await.unwrap();
        let stats = running.shutdown().await.unwrap();

        assert_eq!((stats.answered_before, stats.executed), (3, 1));
        assert_eq!(accounts.runs(), 4);
    }
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
        matches!(
            &error,
            plumberd::command::ServerError::Store(StoreError::Closed { .. })
        ),
        "{error:?}"
    );
    let error = bus(&store).send("r", Credit::number(1)).await.unwrap_err();
    assert!(matches!(
        error,
        plumberd::command::SendError::Store(StoreError::Closed { .. })
    ));
}
