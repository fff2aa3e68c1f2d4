use super::wire::*;
use bytes::Bytes;
use plumberd::event::new_event_id;
use plumberd_testkit::esdb::proto::{
    self,
    google::rpc,
    streams::{
        BatchAppendResp,
        batch_append_req::options::{DeadlineOption, ExpectedStreamPosition},
        batch_append_resp::{self, success},
    },
    wrong_expected_version::{CurrentStreamRevisionOption, ExpectedStreamPositionOption},
};
use prost::Message;

fn revision(answer: BatchAppendResp) -> Option<success::CurrentRevisionOption> {
    match answer.result {
        Some(batch_append_resp::Result::Success(success)) => success.current_revision_option,
        other => panic!("no success: {other:?}"),
    }
}

fn error(answer: BatchAppendResp) -> rpc::Status {
    match answer.result {
        Some(batch_append_resp::Result::Error(error)) => error,
        other => panic!("no error: {other:?}"),
    }
}

fn details<M: Message + Default>(error: rpc::Status, code: i32, name: &str) -> M {
    assert_eq!((error.code, error.message.as_str()), (code, name));
    let details = error.details.expect("details");
    assert_eq!(
        details.type_url,
        format!("type.googleapis.com/event_store.client.{name}")
    );
    M::decode(details.value.as_slice()).expect("details of their type")
}

#[tokio::test]
async fn a_batch_in_several_chunks_is_one_append() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut session = peer.batches().await?;
    let id = uuid_halves(new_event_id());
    let options = batch_options("Order-1", ExpectedStreamPosition::NoStream(()));
    let chunk = |options, last| batch(id.clone(), options, vec![proposed("Opened")], last);
    session.send(chunk(Some(options), false)).await;
    session.send(chunk(None, false)).await;
    session.send(chunk(None, true)).await;
    let answer = session.answer().await?;
    assert_eq!(answer.correlation_id, Some(id.clone()));
    assert_eq!(answer.stream_identifier, Some(identifier("Order-1")));
    assert_eq!(
        answer.expected_stream_position,
        Some(batch_append_resp::ExpectedStreamPosition::NoStream(()))
    );
    assert_eq!(
        revision(answer),
        Some(success::CurrentRevisionOption::CurrentRevision(2))
    );
    assert_eq!(peer.events(Read::stream("Order-1")).await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn chunks_of_several_batches_may_alternate() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut session = peer.batches().await?;
    let ids = [uuid_text(new_event_id()), uuid_halves(new_event_id())];
    for (id, stream) in ids.iter().zip(["Order-1", "Order-2"]) {
        let options = batch_options(stream, ExpectedStreamPosition::Any(()));
        let events = vec![proposed("Opened")];
        session
            .send(batch(id.clone(), Some(options), events, false))
            .await;
    }
    for id in &ids {
        let events = vec![proposed("Paid")];
        session.send(batch(id.clone(), None, events, true)).await;
        let answer = session.answer().await?;
        assert_eq!(answer.correlation_id.as_ref(), Some(id));
        assert_eq!(
            revision(answer),
            Some(success::CurrentRevisionOption::CurrentRevision(1))
        );
    }
    Ok(())
}

#[tokio::test]
async fn batches_of_one_session_are_written_in_order_and_outlive_a_conflict() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut session = peer.batches().await?;
    let send = |expected| {
        let options = batch_options("Order-1", expected);
        batch(
            uuid_text(new_event_id()),
            Some(options),
            vec![proposed("Paid")],
            true,
        )
    };
    session
        .send(send(ExpectedStreamPosition::NoStream(())))
        .await;
    for last in 0..20 {
        session
            .send(send(ExpectedStreamPosition::StreamPosition(last)))
            .await;
    }
    session
        .send(send(ExpectedStreamPosition::StreamPosition(3)))
        .await;
    session
        .send(send(ExpectedStreamPosition::StreamExists(())))
        .await;
    for written in 0..=20 {
        assert_eq!(
            revision(session.answer().await?),
            Some(success::CurrentRevisionOption::CurrentRevision(written))
        );
    }
    let conflict: proto::WrongExpectedVersion =
        details(error(session.answer().await?), 6, "WrongExpectedVersion");
    assert_eq!(
        conflict.current_stream_revision_option,
        Some(CurrentStreamRevisionOption::CurrentStreamRevision(20))
    );
    assert_eq!(
        conflict.expected_stream_position_option,
        Some(ExpectedStreamPositionOption::ExpectedStreamPosition(3))
    );
    assert_eq!(
        revision(session.answer().await?),
        Some(success::CurrentRevisionOption::CurrentRevision(21))
    );
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_written_is_answered_with_its_details() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Gone-1", &["Opened"]).await?;
    peer.tombstone("Gone-1", Expectation::Any).await?;
    let mut session = peer.batches().await?;
    let any = || ExpectedStreamPosition::Any(());
    let send = |options, event| batch(uuid_text(new_event_id()), options, vec![event], true);

    let options = batch_options("Gone-1", any());
    session.send(send(Some(options), proposed("Paid"))).await;
    let gone: proto::StreamDeleted = details(error(session.answer().await?), 5, "StreamDeleted");
    assert_eq!(gone.stream_identifier, Some(identifier("Gone-1")));

    let mut large = proposed("Paid");
    large.data = vec![0; 1_048_577].into();
    session
        .send(send(Some(batch_options("Order-1", any())), large))
        .await;
    let limit: proto::MaximumAppendSizeExceeded = details(
        error(session.answer().await?),
        3,
        "MaximumAppendSizeExceeded",
    );
    assert_eq!(limit.max_append_size, 1_048_576);

    // No options, and no type.
    let mut nameless = proposed("Paid");
    nameless.metadata.remove("type");
    for (options, event) in [
        (None, proposed("Paid")),
        (Some(batch_options("Order-1", any())), nameless),
    ] {
        session.send(send(options, event)).await;
        let bad: proto::BadRequest = details(error(session.answer().await?), 3, "BadRequest");
        assert!(!bad.message.is_empty());
    }
    // The session goes on.
    let options = batch_options("Order-1", ExpectedStreamPosition::NoStream(()));
    session.send(send(Some(options), proposed("Opened"))).await;
    assert_eq!(
        revision(session.answer().await?),
        Some(success::CurrentRevisionOption::CurrentRevision(0))
    );
    Ok(())
}

#[tokio::test]
async fn a_deadline_that_has_passed_writes_nothing() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut session = peer.batches().await?;
    let late = [
        DeadlineOption::Deadline(prost_types::Duration {
            seconds: -1,
            nanos: 0,
        }),
        DeadlineOption::Deadline21100(prost_types::Timestamp {
            seconds: 1,
            nanos: 0,
        }),
    ];
    for deadline in late {
        let mut options = batch_options("Order-1", ExpectedStreamPosition::Any(()));
        options.deadline_option = Some(deadline);
        let id = uuid_text(new_event_id());
        session
            .send(batch(id, Some(options), vec![proposed("Paid")], true))
            .await;
        let _: proto::Timeout = details(error(session.answer().await?), 4, "Timeout");
    }
    assert!(peer.events(Read::all()).await?.is_empty());
    // One client writes the time of the calendar where a duration belongs.
    let mut options = batch_options("Order-1", ExpectedStreamPosition::Any(()));
    options.deadline_option = Some(DeadlineOption::Deadline(prost_types::Duration {
        seconds: i64::MAX,
        nanos: i32::MAX,
    }));
    let id = uuid_text(new_event_id());
    session
        .send(batch(id, Some(options), vec![proposed("Paid")], true))
        .await;
    revision(session.answer().await?);
    Ok(())
}

#[tokio::test]
async fn a_session_that_is_cut_leaves_nothing_of_what_it_had_begun() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut session = peer.batches().await?;
    let options = batch_options("Order-1", ExpectedStreamPosition::Any(()));
    let id = uuid_text(new_event_id());
    session
        .send(batch(id, Some(options), vec![proposed("Opened")], false))
        .await;
    let done = batch_options("Order-2", ExpectedStreamPosition::Any(()));
    let id = uuid_text(new_event_id());
    session
        .send(batch(id, Some(done), vec![proposed("Opened")], true))
        .await;
    session.answer().await?;
    let Batches {
        sender,
        mut answers,
    } = session;
    drop(sender);
    assert_eq!(in_time(answers.message()).await?, None);
    assert_eq!(words(&peer.read(Read::all()).await?), ["0@Order-2"]);
    Ok(())
}

#[tokio::test]
async fn a_session_cannot_begin_appends_without_end() -> TestResult {
    let mut peer = Peer::start().await?;
    let Batches {
        sender,
        mut answers,
    } = peer.batches().await?;
    let writer = tokio::spawn(async move {
        for _ in 0..2_000 {
            let mut event = proposed("Opened");
            event.data = Bytes::from_static(&[0; 64]);
            let options = batch_options("Order-1", ExpectedStreamPosition::Any(()));
            let id = uuid_text(new_event_id());
            if sender
                .send(batch(id, Some(options), vec![event], false))
                .await
                .is_err()
            {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    let refused = in_time(answers.message()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    writer.abort();
    assert!(peer.events(Read::all()).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn names_of_unfinished_appends_are_not_kept_without_end() -> TestResult {
    let mut peer = Peer::start().await?;
    let Batches {
        sender,
        mut answers,
    } = peer.batches().await?;
    let writer = tokio::spawn(async move {
        let name = "x".repeat(1_000_000);
        for _ in 0..100 {
            let options = batch_options(&name, ExpectedStreamPosition::Any(()));
            let id = uuid_text(new_event_id());
            let begun = batch(id, Some(options), Vec::new(), false);
            if sender.send(begun).await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    let refused = in_time(answers.message()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    writer.abort();
    Ok(())
}

#[tokio::test]
async fn events_of_no_bytes_are_not_kept_without_end() -> TestResult {
    let mut peer = Peer::start().await?;
    let Batches {
        sender,
        mut answers,
    } = peer.batches().await?;
    let writer = tokio::spawn(async move {
        // Nothing but the type of each, which is kept as well.
        let mut event = proposed(&"x".repeat(500));
        event.id = Some(uuid_halves(new_event_id()));
        event.data = Bytes::new();
        event.custom_metadata = Bytes::new();
        for _ in 0..10 {
            let id = uuid_text(new_event_id());
            for chunk in 0..8 {
                let options = batch_options("Order-1", ExpectedStreamPosition::Any(()));
                let options = (chunk == 0).then_some(options);
                let begun = batch(id.clone(), options, vec![event.clone(); 2_000], false);
                if sender.send(begun).await.is_err() {
                    return;
                }
            }
        }
        std::future::pending::<()>().await;
    });
    let refused = in_time(answers.message()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted, "{refused}");
    writer.abort();
    Ok(())
}

#[tokio::test]
async fn ten_thousand_events_of_the_largest_append_are_one_message() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut session = peer.batches().await?;
    let events = (0..10_000)
        .map(|_| {
            let mut event = proposed("A");
            event.custom_metadata = Bytes::new();
            event.data = Bytes::from_static(&[b'1'; 104]);
            event
        })
        .collect();
    let options = batch_options("Order-1", ExpectedStreamPosition::NoStream(()));
    let whole = batch(uuid_text(new_event_id()), Some(options), events, true);
    session.send(whole).await;
    assert_eq!(
        revision(session.answer().await?),
        Some(success::CurrentRevisionOption::CurrentRevision(9_999))
    );
    Ok(())
}

#[tokio::test]
async fn many_sessions_together_keep_no_more_than_a_few() -> TestResult {
    let mut peer = Peer::start().await?;
    let mut sessions = Vec::new();
    let name = "x".repeat(1_000_000);
    // Each keeps what a session may.
    let refused = 'refused: loop {
        assert!(sessions.len() < 5, "no session is refused");
        let mut session = peer.batches().await?;
        for _ in 0..55 {
            let options = batch_options(&name, ExpectedStreamPosition::Any(()));
            let id = uuid_text(new_event_id());
            let begun = batch(id, Some(options), Vec::new(), false);
            if session.sender.send(begun).await.is_err() {
                break 'refused session.answer().await.unwrap_err();
            }
        }
        // When this is answered, what was sent before is there.
        let options = batch_options("Order-1", ExpectedStreamPosition::Any(()));
        let whole = batch(uuid_text(new_event_id()), Some(options), Vec::new(), true);
        if session.sender.send(whole).await.is_err() {
            break session.answer().await.unwrap_err();
        }
        match session.answer().await {
            Ok(_) => sessions.push(session),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted, "{refused}");
    // What was kept is given back with its session.
    drop(sessions);
    in_time(async {
        loop {
            let one = peer.append("Order-1", any(), vec![proposed("A")]).await;
            if one.is_ok() {
                return;
            }
        }
    })
    .await;
    Ok(())
}
