//! Bad answers of a server, and what becomes of them.

use crate::{
    clients::port,
    connect::Log,
    faults::*,
    proxy::Proxy,
    scripted::{Answer, Script, Scripted},
};
use plumberd::{
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig, EventStoreDbError},
    store::{EventStore, ReadOptions, StoreError, SubscribeFrom},
    stream::Revision,
};
use plumberd_testkit::esdb::{
    EsdbServer, EsdbServerConfig, Fault, Status,
    proto::{
        Empty,
        streams::{
            AppendResp,
            append_resp::{
                Position, Result as Appended, Success, WrongExpectedVersion,
                success::{CurrentRevisionOption, PositionOption},
                wrong_expected_version::{
                    CurrentRevisionOption as CurrentRevision, ExpectedRevisionOption as Expected,
                },
            },
        },
    },
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::time::timeout;

const SHORT: Duration = Duration::from_secs(4);

async fn over(server: &Scripted) -> EventStoreDb {
    connect_at_last(&server.config().with_deadline(SHORT)).await
}

fn written() -> AppendResp {
    AppendResp {
        result: Some(Appended::Success(Success {
            current_revision_option: Some(CurrentRevisionOption::CurrentRevision(7)),
            position_option: Some(PositionOption::Position(Position {
                commit_position: 70,
                prepare_position: 70,
            })),
        })),
    }
}

/// Two nodes: the first one says of every call that the second one is the
/// leader, from now on; and a store that is connected to the first.
async fn nodes() -> (EsdbServer, EsdbServer, EventStoreDb) {
    let (follower, leader) = (
        EsdbServer::start().await.unwrap(),
        EsdbServer::start().await.unwrap(),
    );
    let store = store(&follower).await;
    let faults = follower.faults();
    faults.answer_not_leader(usize::MAX, "127.0.0.1", port(&leader));
    (follower, leader, store)
}

#[tokio::test]
async fn a_batch_that_went_wrong_somehow_may_be_what_is_in_the_way_of_its_repetition() {
    for code in [2, 13, 15] {
        let mut script = Script::new(|_| Answer::Status(Status::unavailable("not now")));
        script.batch_code = Some(code);
        *script.append.lock().unwrap() = Ok(AppendResp {
            result: Some(Appended::WrongExpectedVersion(WrongExpectedVersion {
                current_revision_option: Some(CurrentRevision::CurrentRevision(7)),
                expected_revision_option: Some(Expected::ExpectedAny(Empty {})),
                ..WrongExpectedVersion::default()
            })),
        });
        let server = Scripted::start(script).await;
        let store = EventStoreDb::lazy(server.config().with_deadline(SHORT)).unwrap();

        let error = try_append(&store, "Order-1").await.unwrap_err();

        assert!(
            matches!(error, StoreError::OutcomeUnknown { .. }),
            "{code}: {error:?}"
        );
    }
}

#[tokio::test]
async fn an_append_to_another_node_is_made_to_the_leader() {
    let (follower, leader, store) = nodes().await;

    assert_eq!(append(&store, "Order-1").await, 0);
    let refused = follower.faults().count(Fault::NotLeader);
    for revision in 1..5 {
        assert_eq!(append(&store, "Order-1").await, revision);
    }

    assert_eq!(follower.faults().count(Fault::NotLeader), refused);
    let theirs = crate::faults::store(&leader).await;
    assert_eq!(count(&theirs, "Order-1").await, 5);
}

#[tokio::test]
async fn a_session_is_opened_anew_when_its_node_is_no_leader_any_more() {
    let (follower, leader) = (
        EsdbServer::start().await.unwrap(),
        EsdbServer::start().await.unwrap(),
    );
    // A session that keeps silent would cost half of an hour.
    let config = config(&follower, Duration::from_secs(3_600));
    let store = EventStoreDb::connect(config).await.unwrap();
    append(&store, "Order-1").await;
    let faults = follower.faults();
    faults.answer_not_leader(usize::MAX, "127.0.0.1", port(&leader));
    faults.drop_connections();

    // It has events of the other node only: they do not know each other here.
    for revision in 0..2 {
        let appended = timeout(EVER, append(&store, "Order-1")).await;
        assert_eq!(appended.expect("no wait for the session"), revision);
    }
}

#[tokio::test]
async fn a_subscription_to_another_node_is_made_to_the_leader() {
    let (_follower, leader, store) = nodes().await;
    let theirs = crate::faults::store(&leader).await;
    append(&theirs, "Order-1").await;

    let mut followed = store
        .subscribe_stream(&stream("Order-1"), SubscribeFrom::Start)
        .await
        .unwrap();

    assert_eq!(next_revision(&mut followed).await, Revision::FIRST);
    append(&theirs, "Order-1").await;
    assert_eq!(next_revision(&mut followed).await, Revision::new(1));
}

#[tokio::test]
async fn a_node_that_names_no_leader_does_not_make_a_stream_empty() {
    let server = Scripted::start(Script::new(|_| {
        let mut status = Status::not_found("Leader info available");
        let trailers = status.metadata_mut();
        trailers.insert("exception", "not-leader".parse().unwrap());
        Answer::Status(status)
    }))
    .await;
    let config = server.config().with_deadline(SHORT);
    let store = EventStoreDb::lazy(config).unwrap();
    let name = stream("Order-1");

    let read = store.read_stream(&name, ReadOptions::forwards());
    let read = read.collect_all().await;

    assert!(
        matches!(read, Err(StoreError::Unavailable { .. })),
        "{read:?}"
    );
    let info = store.stream_info(&name).await;
    assert!(
        matches!(info, Err(StoreError::Unavailable { .. })),
        "{info:?}"
    );
    let error = store.check().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_server_that_refuses_for_good_is_not_worth_another_attempt() {
    let statuses = [
        (Status::invalid_argument(""), false),
        (Status::unimplemented(""), false),
        (Status::unavailable(""), true),
        (Status::aborted(""), true),
    ];
    for (status, transient) in statuses {
        let answer = status.clone();
        let server = Scripted::start(Script::new(move |_| Answer::Status(answer.clone()))).await;

        let error = EventStoreDb::connect(server.config()).await;

        let error = error.map(|_| ()).unwrap_err();
        assert!(
            matches!(error, EventStoreDbError::Refused { .. }),
            "{status:?}: {error:?}"
        );
        assert_eq!(error.is_transient(), transient, "{status:?}");
    }
}

#[tokio::test]
async fn who_may_read_and_not_write_is_told_what_there_is_of_a_hidden_stream() {
    let script = Script::well();
    *script.metadata.lock().unwrap() = Some("{\"$tb\":5}");
    *script.append.lock().unwrap() = Err(Status::permission_denied("Access Denied"));
    let server = Scripted::start(script).await;
    let store = over(&server).await;
    let name = stream("Order-1");

    let info = store.stream_info(&name).await.unwrap();

    assert_eq!(info.metadata.truncate_before, Some(Revision::new(5)));
    assert_eq!((info.last_revision, info.deleted), (None, false));
    let read = store.read_stream(&name, ReadOptions::forwards());
    assert!(read.collect_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_append_that_was_lost_and_then_refused_is_not_said_to_be_unwritten() {
    let mut script = Script::new(|_| Answer::Status(Status::unavailable("")));
    script.rubbish_batches = true;
    *script.append.lock().unwrap() = Ok(AppendResp {
        result: Some(Appended::WrongExpectedVersion(WrongExpectedVersion {
            current_revision_option: Some(CurrentRevision::CurrentRevision(7)),
            expected_revision_option: Some(Expected::ExpectedAny(Empty {})),
            ..WrongExpectedVersion::default()
        })),
    });
    let server = Scripted::start(script).await;
    let config = server.config().with_deadline(SHORT);
    let store = EventStoreDb::lazy(config).unwrap();

    let error = try_append(&store, "Order-1").await.unwrap_err();

    assert!(
        matches!(error, StoreError::OutcomeUnknown { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_panic_in_a_session_costs_the_append_time_and_nothing_else() {
    let mut script = Script::well();
    script.rubbish_batches = true;
    *script.append.lock().unwrap() = Ok(written());
    let server = Scripted::start(script).await;
    let store = over(&server).await;

    for _ in 0..2 {
        assert_eq!(append_at_last(&store, "Order-1").await, 7);
    }
    at_last(async || store.check().await).await;
}

#[tokio::test]
async fn a_panic_in_a_subscription_is_an_error_of_it() {
    // That there is no such stream is not said to subscribers.
    let server = Scripted::start(Script::well()).await;
    let store = over(&server).await;

    let began = Instant::now();
    let subscribed = store
        .subscribe_stream(&stream("Order-1"), SubscribeFrom::Start)
        .await;

    let error = subscribed.map(|_| ()).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(began.elapsed() < SHORT + SLACK);
    at_last(async || store.check().await).await;
}

#[tokio::test]
async fn a_subscriber_who_may_not_is_told_once_and_for_all() {
    let server = EsdbServer::start().await.unwrap();
    let store = store(&server).await;
    let name = stream("Order-1");
    let denied = || Status::permission_denied("Access Denied");
    let is_final = |error: &StoreError| matches!(error, StoreError::Forbidden { .. });

    server.faults().answer(1, denied());
    let subscribed = store.subscribe_stream(&name, SubscribeFrom::Start).await;
    let error = subscribed.map(|_| ()).unwrap_err();
    assert!(is_final(&error), "{error:?}");

    // And when it was allowed before.
    let mut followed = store
        .subscribe_stream(&name, SubscribeFrom::Start)
        .await
        .unwrap();
    append(&store, "Order-1").await;
    next_revision(&mut followed).await;
    assert_eq!(server.faults().end_subscriptions(&denied()), 1);
    let ended = timeout(EVER, followed.next_event()).await.expect("an end");
    let error = ended.unwrap_err();
    assert!(is_final(&error), "{error:?}");
    assert_eq!(server.faults().subscriptions(), 0);
}

#[tokio::test]
async fn no_log_of_an_open_store_has_the_password_in_it() {
    let log = Log::default();
    let _logged = plumberd_tests::subscriber::set(log.clone());
    let config = EsdbServerConfig::new().with_user("jane", "hunter2");
    let server = config.start().await.unwrap();
    let url = server.url_as("jane", "hunter2");
    let config = EventStoreDbConfig::from_url(&url).unwrap();
    let store = EventStoreDb::connect(config).await.unwrap();

    let mut followed = store
        .subscribe_stream(&stream("Order-1"), SubscribeFrom::Start)
        .await
        .unwrap();
    for revision in 0..3 {
        append(&store, "Order-1").await;
        assert_eq!(next_revision(&mut followed).await, Revision::new(revision));
        server.restart().await.unwrap();
    }
    server.faults().answer(2, Status::unauthenticated(""));
    let _ = try_append(&store, "Order-1").await;
    drop((store, followed));

    let log = log.text();
    assert!(log.contains("a subscription was lost"), "{log}");
    // In plain text, and as it is sent.
    for secret in ["hunter2", "amFuZTpodW50ZXIy"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn a_subscription_that_is_never_pinged_notices_that_its_connection_is_gone() {
    let server = EsdbServer::start().await.unwrap();
    let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], port(&server)))).await;
    let url = format!(
        "esdb://{}?tls=false&keepAliveInterval=-1&defaultDeadline=500",
        proxy.address
    );
    let config = EventStoreDbConfig::from_url(&url).unwrap();
    let followers = connect_at_last(&config).await;
    let writers = store(&server).await;
    let name = stream("Order-1");
    let follow = async || {
        followers
            .subscribe_stream(&name, SubscribeFrom::Start)
            .await
    };
    let mut followed = at_last(follow).await;
    append(&writers, "Order-1").await;
    next_revision(&mut followed).await;

    proxy.swallow();
    append(&writers, "Order-1").await;

    assert_eq!(next_revision(&mut followed).await, Revision::new(1));
}
