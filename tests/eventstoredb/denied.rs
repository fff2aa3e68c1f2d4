//! Who may not do something, and who is not known to the server.

use futures_util::future::{Either, join_all, select};
use plumberd::{
    ErrorKind,
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig, PersistentSettings, Source},
    connect::ConnectError,
    event::{NewEvent, new_event_id},
    store::{EventStore, Filter, ReadOptions, ServerProjections, StoreError, SubscribeFrom},
    stream::{ExpectedRevision::Any, StreamName},
};
use plumberd_testkit::esdb::{EsdbServer, EsdbServerConfig, Status};

async fn with_users() -> EsdbServer {
    let config = EsdbServerConfig::new().with_user("ada", "secret");
    config.start().await.unwrap()
}

/// A store that has not asked for anything yet.
fn store_of(server: &EsdbServer, user: &str, password: &str) -> EventStoreDb {
    let config = EventStoreDbConfig::from_url(&server.url_as(user, password)).unwrap();
    EventStoreDb::lazy(config).unwrap()
}

fn stream(name: &str) -> StreamName {
    StreamName::raw(name).unwrap()
}

fn events() -> Vec<NewEvent> {
    vec![NewEvent::new(
        new_event_id(),
        "Placed".parse().unwrap(),
        "{}",
    )]
}

#[track_caller]
fn kind_of<T>(result: Result<T, StoreError>) -> ErrorKind {
    let error = result.map(|_| ()).unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
    match error {
        StoreError::Forbidden { .. } | StoreError::Unauthenticated { .. } => {
            assert!(error.to_string().ends_with("; nothing was written"));
        }
        error => panic!("{error:?}"),
    }
    error.kind()
}

#[tokio::test]
async fn what_a_known_user_may_not_do_is_forbidden_and_was_not_done() {
    let server = with_users().await;
    let ada = store_of(&server, "ada", "secret");
    let written = ada.append(&stream("Order-1"), Any, events()).await;
    written.unwrap();
    // The server's own projection fills it.
    let theirs = stream("$ce-Order");
    let before = ada.read_stream(&theirs, ReadOptions::forwards());
    let before = before.collect_all().await.unwrap().len();

    let appended = ada.append(&theirs, Any, events()).await;
    let deleted = ada.delete(&theirs, Any).await;
    let tombstoned = ada.tombstone(&theirs, Any).await;

    assert_eq!(kind_of(appended), ErrorKind::Forbidden);
    assert_eq!(kind_of(deleted), ErrorKind::Forbidden);
    assert_eq!(kind_of(tombstoned), ErrorKind::Forbidden);
    let after = ada.read_stream(&theirs, ReadOptions::forwards());
    assert_eq!(after.collect_all().await.unwrap().len(), before);
}

#[tokio::test]
async fn a_read_or_subscription_that_is_forbidden_says_so() {
    let server = with_users().await;
    let ada = store_of(&server, "ada", "secret");
    let name = stream("Order-1");
    let denied = || Status::permission_denied("Access Denied");

    server.faults().answer(1, denied());
    let read = ada.read_stream(&name, ReadOptions::forwards());
    assert_eq!(kind_of(read.collect_all().await), ErrorKind::Forbidden);
    server.faults().answer(1, denied());
    let read = ada.read_all(ReadOptions::forwards(), Filter::new());
    assert_eq!(kind_of(read.collect_all().await), ErrorKind::Forbidden);
    server.faults().answer(1, denied());
    let subscribed = ada.subscribe_stream(&name, SubscribeFrom::Start).await;
    assert_eq!(kind_of(subscribed), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_user_that_the_server_does_not_know_is_told_so_by_every_call() {
    let server = with_users().await;
    let name = stream("Order-1");
    for stranger in [
        store_of(&server, "ada", "wrong"),
        EventStoreDb::lazy(EventStoreDbConfig::from_url(&server.url()).unwrap()).unwrap(),
    ] {
        let appended = stranger.append(&name, Any, events()).await;
        let read = stranger.read_stream(&name, ReadOptions::forwards());
        let read_all = stranger.read_all(ReadOptions::backwards(), Filter::new());
        let subscribed = stranger.subscribe_all(SubscribeFrom::Start, Filter::new());

        let unknown = ErrorKind::Unauthenticated;
        assert_eq!(kind_of(appended), unknown);
        assert_eq!(kind_of(read.collect_all().await), unknown);
        assert_eq!(kind_of(read_all.collect_all().await), unknown);
        assert_eq!(kind_of(subscribed.await), unknown);
        assert_eq!(kind_of(stranger.stream_info(&name).await), unknown);
        assert_eq!(kind_of(stranger.delete(&name, Any).await), unknown);
    }
    let ada = store_of(&server, "ada", "secret");
    let read = ada.read_stream(&name, ReadOptions::forwards());
    assert!(read.collect_all().await.unwrap().is_empty());
}

/// A session carries many appends: the server refuses it once, for all.
#[tokio::test]
async fn appends_at_once_with_a_wrong_password_are_all_told_that_nothing_was_written() {
    let server = with_users().await;
    let stranger = store_of(&server, "ada", "wrong");

    for round in 0..10 {
        let name = stream(&format!("Order-{round}"));
        let appends = (0..20).map(|_| stranger.append(&name, Any, events()));

        for appended in join_all(appends).await {
            assert_eq!(kind_of(appended), ErrorKind::Unauthenticated);
        }
    }
}

/// The caller that opened the session may be gone when the refusal comes.
#[tokio::test]
async fn an_append_beside_one_that_was_given_up_is_told_of_a_wrong_password() {
    let server = with_users().await;
    let stranger = store_of(&server, "ada", "wrong");
    let name = stream("Order-1");

    for _ in 0..20 {
        let first = Box::pin(stranger.append(&name, Any, events()));
        let second = Box::pin(stranger.append(&name, Any, events()));
        let (appended, first) = match select(first, second).await {
            Either::Left((first, second)) => (second.await, Some(first)),
            Either::Right((second, first)) => {
                drop(first);
                (second, None)
            }
        };

        assert_eq!(kind_of(appended), ErrorKind::Unauthenticated);
        if let Some(first) = first {
            assert_eq!(kind_of(first), ErrorKind::Unauthenticated);
        }
    }
}

#[tokio::test]
async fn groups_and_projections_tell_who_may_not_from_who_is_not_known() {
    let server = with_users().await;
    let source = Source::Stream(stream("Order-1"));
    for (password, kind) in [
        ("secret", ErrorKind::Forbidden),
        ("wrong", ErrorKind::Unauthenticated),
    ] {
        let ada = store_of(&server, "ada", password);
        let groups = ada.persistent_subscriptions();
        let projections = ada.projections();

        let created = groups
            .create(&source, "g", &PersistentSettings::new())
            .await;
        let disabled = projections.disable("$by_category").await;

        assert_eq!(created.unwrap_err().kind(), kind);
        assert_eq!(disabled.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn connecting_with_a_wrong_password_or_none_is_unauthenticated() {
    let server = with_users().await;
    for url in [server.url_as("ada", "wrong"), server.url()] {
        let error = plumberd::connect(&url).await.map(|_| ()).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
        assert!(matches!(error, ConnectError::Open { .. }) && !error.is_transient());
    }
    plumberd::connect(&server.url_as("ada", "secret"))
        .await
        .unwrap();
}
