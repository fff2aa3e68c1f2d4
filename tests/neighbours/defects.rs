//! What goes wrong in the .NET bus, and does not here.

use crate::{
    domain::{
        Accounts, Credit, Debit, answers, bus, every_store, memory, read, server, start,
        wait_for_answers,
    },
    python,
};
use plumberd::{
    command::{SendError, session_in, session_out},
    event::{NewEvent, new_event_id},
    prelude::*,
};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_command_that_timed_out_can_be_sent_again() {
    // .NET: "This command is being executed."
    let (store, _) = memory().await;
    let bus = bus(&store);
    let mut command = Credit::number(1);
    command.id = new_event_id();
    let to = new_event_id();
    let quick = bus
        .send(to, command.clone())
        .timeout(Duration::from_secs(1));
    assert!(matches!(quick.await, Err(SendError::TimedOut { .. })));
    assert_eq!(bus.pending(), 0);
    let accounts = Accounts::new(&store);

    let _server = start(&store, &accounts).await;

    bus.send(to, command).await.unwrap();
    assert_eq!(accounts.runs(), 1);
}

#[tokio::test]
async fn a_send_that_is_dropped_leaves_no_entry() {
    let (store, _) = memory().await;
    let bus = bus(&store);

    let sending = std::future::IntoFuture::into_future(bus.send("r", Credit::number(1)));
    let polled = tokio::time::timeout(Duration::ZERO, sending).await;

    assert!(polled.is_err());
    assert_eq!(bus.pending(), 0);
}

#[tokio::test]
async fn fire_and_forget_leaves_no_entry() {
    let (store, _) = memory().await;
    let bus = bus(&store);

    for number in 0..100 {
        bus.post("r", Credit::number(number)).await.unwrap();
    }

    assert_eq!(bus.pending(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_comes_too_early_to_be_heard() {
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let server = start(&store, &accounts).await;
        let sends = (0..200).map(|number| {
            let store = store.clone();
            // A session each: the first answer is the one that is lost.
            async move {
                bus(&store)
                    .send(new_event_id(), Credit::number(number))
                    .await
            }
        });

        let answered = futures_util::future::join_all(sends).await;

        assert!(answered.iter().all(Result::is_ok));
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_failure_without_a_fault_is_answered_once_and_not_run_for_ever() {
    // .NET: a `FaultException` without data is run again every 30 s.
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let server = start(&store, &accounts).await;
    let bus = bus(&store);

    let error = bus.send(new_event_id(), Debit::refused_with("code")).await;
    bus.send(new_event_id(), Credit::number(1)).await.unwrap();

    assert_eq!(error.unwrap_err().code(), Some(402));
    assert_eq!(accounts.runs(), 2);
    assert_eq!(server.shutdown().await.unwrap().failed, 1);
}

#[tokio::test]
async fn a_fault_that_the_command_does_not_name_is_no_time_out() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let _server = start(&store, &accounts).await;

    let error = bus(&store)
        .send(new_event_id(), Debit::refused_with("surprise"))
        .await
        .unwrap_err();

    let SendError::UnknownFault {
        fault, data, code, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (fault.as_str(), data.as_str(), code),
        ("Surprise", r#"{"Text":"pot"}"#, 418)
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_cut() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let _server = start(&store, &accounts).await;
    let bus = bus(&store);

    let huge = bus.send(new_event_id(), Debit::refused_with("huge")).await;
    let long = bus.send(new_event_id(), Debit::refused_with("long")).await;

    assert_eq!(huge.unwrap_err().code(), Some(500));
    let long = long.unwrap_err();
    assert_eq!(long.code(), Some(400));
    assert!(long.to_string().len() < 10_000);
}

#[tokio::test]
async fn a_poison_command_is_answered_once_and_blocks_no_other() {
    // .NET: run again every 30 s, for ever.
    for (store, _folder) in every_store().await {
        let accounts = Accounts::new(&store);
        let server = start(&store, &accounts).await;
        let (session, to) = (new_event_id(), new_event_id().to_string());
        let ids: Vec<_> = (0..5).map(|_| new_event_id()).collect();
        let good = |id| format!("{{\"Id\":\"{id}\",\"Amount\":1,\"Number\":1}}");
        let no_recipient = format!("{{\"SessionId\":\"{session}\"}}");
        let full = |id| python::metadata(id, session, &to);
        for (data, metadata) in [
            (good(ids[0]), no_recipient),
            (format!("{{\"Id\":\"{}\"}}", ids[1]), full(ids[1])),
            ("not JSON".to_owned(), full(ids[2])),
            (String::new(), full(ids[3])),
            ("{\"Amount\":1,\"Number\":1}".to_owned(), full(ids[4])),
            (good(new_event_id()), "no metadata".to_owned()),
        ] {
            python::send(&store, session, "Credit", data, metadata).await;
        }
        let last = new_event_id();
        python::send(&store, session, "Credit", good(last), full(last)).await;

        wait_for_answers(&store, session, 7).await;
        let stats = server.shutdown().await.unwrap();
        let again = start(&store, &accounts).await;
        again.shutdown().await.unwrap();

        assert_eq!((stats.executed, stats.failed), (1, 6));
        assert_eq!(accounts.runs(), 1);
        let answers = answers(&store, session).await;
        assert_eq!(answers.len(), 7);
        let codes = answers.iter().map(|answer| {
            let body: serde_json::Value = serde_json::from_slice(&answer.data).unwrap();
            body["Code"].as_i64()
        });
        assert_eq!(codes.filter(|code| *code == Some(400)).count(), 6);
    }
}

#[tokio::test]
async fn a_command_of_no_session_is_passed_over_once() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let app = StreamName::raw(">Bank").unwrap();
    let id = new_event_id();
    let unaddressed = NewEvent::new(id, "Credit".parse().unwrap(), "{}");
    store
        .append(&app, ExpectedRevision::Any, vec![unaddressed])
        .await
        .unwrap();

    let running = server(&store, &accounts).follow_stream(app).start().await;
    let running = running.unwrap();
    wait_until(&store, ">SessionInCheckpoint-Bank", r#"{"Revision":0}"#).await;

    assert_eq!(running.shutdown().await.unwrap().skipped, 1);
}

#[tokio::test]
async fn events_without_a_handler_are_passed_and_not_kept_open() {
    // .NET's persistent subscription never acknowledges them.
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let app = StreamName::raw(">Bank").unwrap();
    let other = || NewEvent::new(new_event_id(), "Other".parse().unwrap(), "{}");
    store
        .append(&app, ExpectedRevision::Any, vec![other(), other()])
        .await
        .unwrap();

    let running = server(&store, &accounts).follow_stream(app).start().await;
    wait_until(&store, ">SessionInCheckpoint-Bank", r#"{"Revision":1}"#).await;

    running.unwrap().shutdown().await.unwrap();
}

#[tokio::test]
async fn commands_can_come_by_links_as_from_a_join_projection() {
    for (store, kept) in every_store().await {
        if !kept.forgets() {
            continue;
        }
        let accounts = Accounts::new(&store);
        let app = StreamName::raw(">Bank").unwrap();
        let running = server(&store, &accounts).follow_stream(app.clone());
        let running = running.start().await.unwrap();
        let bus = bus(&store);
        let to = new_event_id();
        bus.post(to, Credit::number(1)).await.unwrap();
        let sent = read(&store, &session_in(bus.session()).unwrap()).await;

        store
            .append_link(&app, ExpectedRevision::Any, &sent[0])
            .await
            .unwrap();

        wait_for_answers(&store, bus.session(), 1).await;
        assert_eq!(running.shutdown().await.unwrap().executed, 1);
    }
}

#[tokio::test]
async fn a_session_that_is_gone_for_ever_blocks_no_other() {
    let (store, _) = memory().await;
    let accounts = Accounts::new(&store);
    let gone = bus(&store);
    let to = new_event_id();
    gone.post(to, Credit::number(1)).await.unwrap();
    let answers = session_out(gone.session()).unwrap();
    store
        .tombstone(&answers, ExpectedRevision::Any)
        .await
        .unwrap();

    let running = start(&store, &accounts).await;
    bus(&store).send(to, Credit::number(2)).await.unwrap();

    let stats = running.shutdown().await.unwrap();
    assert_eq!((stats.executed, stats.skipped), (1, 1));
}

/// Waits until the last event of a stream has this data.
async fn wait_until(store: &Store, stream: &str, data: &str) {
    let stream = StreamName::raw(stream).unwrap();
    let mut events = store
        .subscribe_stream(&stream, SubscribeFrom::Start)
        .await
        .unwrap();
    while let Some(event) = events.next_event().await.unwrap() {
        if event.data == data {
            return;
        }
    }
}
