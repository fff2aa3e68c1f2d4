//! Several servers of one name, and handlers that do not come back.

use crate::domain::{
    Accounts, Credit, Debit, answers, bus, every_store, memory, server, start, wait_for_answers,
};
use plumberd::{command::ServerError, event::new_event_id, prelude::*};
use plumberd_testkit::mock::{CallKind, Fault, Faulty};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

const CHECKPOINT: &str = ">SessionInCheckpoint-Bank";

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_that_was_started_last_takes_over_and_the_one_before_ends() {
    for (store, _kept) in every_store().await {
        let (earlier, later) = (Accounts::new(&store), Accounts::new(&store));
        let bus = bus(&store);
        let mut first = start(&store, &earlier).await;
        bus.send(new_event_id(), Credit::number(0)).await.unwrap();

        let second = start(&store, &later).await;
        let sends = (0..50).map(|number| bus.send(new_event_id(), Credit::number(number)));
        let sent = futures_util::future::join_all(sends.map(IntoFuture::into_future)).await;
        let ended = tokio::time::timeout(PATIENCE, first.ended()).await.unwrap();

        assert!(sent.iter().all(Result::is_ok));
        assert!(matches!(ended, Err(ServerError::Replaced)), "{ended:?}");
        assert!(!first.is_running());
        // None was written before the second one was there.
        assert_eq!((earlier.runs(), later.runs()), (1, 50));
        assert_eq!(first.stats().executed, 1);
        second.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_replaced_finishes_what_it_runs() {
    let (store, _) = memory().await;
    let gate = Arc::new(Semaphore::new(0));
    let mut earlier = Accounts::new(&store);
    earlier.gate = Some(Arc::clone(&gate));
    let (bus, to) = (bus(&store), new_event_id());
    let mut first = start(&store, &earlier).await;
    bus.post(to, Credit::number(1)).await.unwrap();
    earlier.seen(1).await;

    let later = Accounts::new(&store);
    let second = start(&store, &later).await;
    wait_for_answers(&store, bus.session(), 1).await;
    gate.add_permits(1);
    let ended = first.ended().await;

    assert!(matches!(ended, Err(ServerError::Replaced)), "{ended:?}");
    assert_eq!(first.stats().executed, 1);
    second.shutdown().await.unwrap();
    assert_eq!((earlier.runs(), later.runs()), (1, 1));
    // Its command id makes the second run harmless.
    let account = StreamName::new("Account", to).unwrap();
    assert_eq!(crate::domain::read(&store, &account).await.len(), 1);
    assert_eq!(answers(&store, bus.session()).await.len(), 1);
}

#[tokio::test]
async fn a_server_that_follows_a_stream_is_replaced_when_it_next_keeps_its_checkpoint() {
    let (store, _) = memory().await;
    let app = StreamName::raw(">Bank").unwrap();
    let begin = async |accounts: &Accounts| {
        let server = server(&store, accounts).follow_stream(app.clone());
        server.start().await.unwrap()
    };
    let accounts = Accounts::new(&store);
    let mut first = begin(&accounts).await;
    let second = begin(&accounts).await;
    let bus = bus(&store);
    bus.post(new_event_id(), Credit::number(1)).await.unwrap();
    let sent = plumberd::command::session_in(bus.session()).unwrap();
    let sent = crate::domain::read(&store, &sent).await;

    store
        .append_link(&app, ExpectedRevision::Any, &sent[0])
        .await
        .unwrap();

    // One of them keeps its checkpoint first; it must be the second's that stays.
    let ended = tokio::time::timeout(PATIENCE, first.ended()).await.unwrap();
    assert!(matches!(ended, Err(ServerError::Replaced)), "{ended:?}");
    assert!(second.is_running());
    second.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_of_unknown_outcome_is_not_taken_for_another_server_s() {
    let (inner, _) = memory().await;
    let faulty = Faulty::new(inner.clone());
    let store = Store::new(faulty.clone());
    let accounts = Accounts::new(&inner);
    let bus = bus(&inner);
    let running = start(&store, &accounts).await;
    let mut kept = 0;
    faulty.plan(move |call, _| {
        let checkpoint = call.stream()?.as_str() == CHECKPOINT;
        if call.kind() != CallKind::Append || !checkpoint {
            return None;
        }
        kept += 1;
        match kept {
            1 | 5 => Some(Fault::TimeOutAfterCommit),
            2 => Some(Fault::Unavailable),
            3 => Some(Fault::TimeOutBeforeCommit),
            _ => None,
        }
    });

    for number in 0..10 {
        bus.send(new_event_id(), Credit::number(number))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    assert!(running.is_running());
    assert_eq!(faulty.faults(), 4);
    running.shutdown().await.unwrap();
    let again = start(&inner, &accounts).await;
    again.shutdown().await.unwrap();
    assert_eq!(accounts.runs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_does_not_hear_of_its_first_checkpoint_takes_over_all_the_same() {
    for lost in [1, 2, 4] {
        let (inner, _) = memory().await;
        let (earlier, later) = (Accounts::new(&inner), Accounts::new(&inner));
        let mut first = start(&inner, &earlier).await;
        let faulty = Faulty::new(inner.clone());
        let mut appends = 0;
        faulty.plan(move |call, _| {
            let checkpoint = call.stream()?.as_str() == CHECKPOINT;
            if call.kind() != CallKind::Append || !checkpoint {
                return None;
            }
            appends += 1;
            match appends {
                1 => Some(Fault::TimeOutAfterCommit),
                // And then it is away for a while.
                _ if appends <= lost => Some(Fault::Unavailable),
                _ => None,
            }
        });

        let second = start(&Store::new(faulty.clone()), &later).await;
        let ended = tokio::time::timeout(PATIENCE, first.ended()).await.unwrap();
        let sent = bus(&inner).send(new_event_id(), Credit::number(1)).await;

        assert!(matches!(ended, Err(ServerError::Replaced)), "{ended:?}");
        sent.unwrap();
        assert_eq!((earlier.runs(), later.runs()), (0, 1));
        assert_eq!(faulty.faults(), lost);
        second.shutdown().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_leaves_the_server_before_it_at_work() {
    let (inner, _) = memory().await;
    let accounts = Accounts::new(&inner);
    let first = start(&inner, &accounts).await;
    let faulty = Faulty::new(inner.clone());
    faulty.next(CallKind::SubscribeAll, Fault::Broken);

    let failed = server(&Store::new(faulty), &accounts).start().await;
    bus(&inner)
        .send(new_event_id(), Credit::number(1))
        .await
        .unwrap();

    assert!(matches!(failed, Err(ServerError::Store(_))), "{failed:?}");
    assert_eq!(first.shutdown().await.unwrap().executed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_ended_and_holds_up_no_other_for_ever() {
    let (store, _) = memory().await;
    let mut accounts = Accounts::new(&store);
    // It stays closed.
    accounts.gate = Some(Arc::new(Semaphore::new(0)));
    let (bus, hanging, other) = (bus(&store), new_event_id(), new_event_id());
    // Far more than wait in memory.
    for number in 0..200 {
        bus.post(hanging, Credit::number(number)).await.unwrap();
    }
    bus.post(other, Debit::refused_with("code")).await.unwrap();

    let limit = Duration::from_secs(30);
    let running = server(&store, &accounts)
        .concurrency(2)
        .handler_timeout(limit);
    let running = running.start().await.unwrap();
    wait_for_answers(&store, bus.session(), 201).await;

    let answers = answers(&store, bus.session()).await;
    let (timed_out, answered): (Vec<_>, Vec<_>) = answers
        .iter()
        .map(|answer| serde_json::from_slice::<serde_json::Value>(&answer.data).unwrap())
        .partition(|body| body["Code"] == 500);
    assert_eq!((timed_out.len(), answered.len()), (200, 1));
    let message = timed_out[0]["Message"].as_str().unwrap();
    assert!(message.contains("time-out of 30s"), "{message}");
    assert_eq!(answered[0]["Code"], 402);
    assert_eq!(running.shutdown().await.unwrap().failed, 201);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_no_longer_than_a_handler_may_take() {
    let (store, _) = memory().await;
    let mut accounts = Accounts::new(&store);
    accounts.gate = Some(Arc::new(Semaphore::new(0)));
    let bus = bus(&store);
    // With the limit that it has by itself.
    let running = start(&store, &accounts).await;
    bus.post(new_event_id(), Credit::number(1)).await.unwrap();
    accounts.seen(1).await;

    let day = Duration::from_secs(24 * 60 * 60);
    let shutdown = tokio::time::timeout(day, running.shutdown()).await;

    assert_eq!(shutdown.expect("it waits for ever").unwrap().failed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_take_as_long_as_it_likes_where_that_is_asked_for() {
    let (store, _) = memory().await;
    let gate = Arc::new(Semaphore::new(0));
    let mut accounts = Accounts::new(&store);
    accounts.gate = Some(Arc::clone(&gate));
    let bus = bus(&store);
    let running = server(&store, &accounts).handler_timeout(Duration::MAX);
    let running = running.start().await.unwrap();
    bus.post(new_event_id(), Credit::number(1)).await.unwrap();
    accounts.seen(1).await;

    tokio::time::sleep(Duration::from_secs(7 * 24 * 60 * 60)).await;
    gate.add_permits(1);

    assert_eq!(running.shutdown().await.unwrap().executed, 1);
}
