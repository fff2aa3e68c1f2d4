//! How a consumer begins, and how it ends.

use super::{PATIENCE, connect, connect_within, from_start, next, stream, write};
use plumberd::backend::eventstoredb::{
    EventStoreDb, EventStoreDbConfig, PersistentError, PersistentSubscriptions, Source,
};
use plumberd_testkit::esdb::{EsdbServer, EsdbServerConfig, Fault, Status};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_secs(60);

#[tokio::test]
async fn to_subscribe_takes_no_longer_than_the_deadline_whatever_the_server_does() {
    let deadline = Duration::from_secs(4);
    let server = EsdbServer::start().await.unwrap();
    let store = connect_within(&server, deadline).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    groups.create(&source, "g", &from_start()).await.unwrap();
    server.faults().refuse_connections();
    server.faults().drop_connections();

    let begun = Instant::now();
    let subscribing = timeout(PATIENCE, groups.subscribe(&source, "g"));
    let freezing = async {
        // The pauses are longer by now.
        while begun.elapsed() < deadline / 4 {
            let refused = server.faults().count(Fault::Refusal);
            server.faults().happened(Fault::Refusal, refused + 1).await;
        }
        server.faults().freeze();
        server.faults().admit_connections();
    };
    let (subscribed, ()) = tokio::join!(subscribing, freezing);

    let refused = subscribed.expect("an end").unwrap_err();
    let took = begun.elapsed();
    assert!(refused.is_transient(), "{refused:?}");
    assert!(server.faults().count(Fault::Refusal) > 0);
    assert!(took < deadline + SLACK, "{took:?}");
}

#[tokio::test]
async fn a_subscription_that_the_server_ends_in_peace_begins_again_with_the_same_connection() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 1).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();
    let delivery = next(&mut consumer).await;
    let connections = server.faults().connections();

    assert!(server.faults().complete_subscription());

    let again = next(&mut consumer).await;
    assert_eq!(again.event.id, delivery.event.id);
    consumer.ack(&again).await.unwrap();
    write(&store, &stream("1"), 1).await;
    assert_eq!(next(&mut consumer).await.event.revision.as_u64(), 1);
    assert_eq!(server.faults().connections(), connections);
}

#[tokio::test]
async fn a_consumer_comes_back_to_a_server_that_fails_for_a_while() {
    let server = EsdbServer::start().await.unwrap();
    let store = connect(&server).await;
    let groups = store.persistent_subscriptions();
    let source = Source::Stream(stream("1"));
    write(&store, &stream("1"), 1).await;
    groups.create(&source, "g", &from_start()).await.unwrap();
    let mut consumer = groups.subscribe(&source, "g").await.unwrap();
    let delivery = next(&mut consumer).await;

    // The client cannot tell an internal failure from a server that is away.
    server.faults().answer(3, Status::internal("out of order"));
    assert_eq!(
        server
            .faults()
            .end_subscriptions(&Status::internal("out of order")),
        1
    );

    assert_eq!(next(&mut consumer).await.event.id, delivery.event.id);
    assert_eq!(server.faults().count(Fault::Answer), 3);
}

#[tokio::test]
async fn a_consumer_goes_where_a_server_says_the_leader_is() {
    let leader = EsdbServer::start().await.unwrap();
    let follower = EsdbServer::start().await.unwrap();
    let of_leader = connect(&leader).await;
    let source = Source::Stream(stream("1"));
    write(&of_leader, &stream("1"), 1).await;
    let groups = of_leader.persistent_subscriptions();
    groups.create(&source, "g", &from_start()).await.unwrap();

    let store = connect(&follower).await;
    let address = leader.address();
    follower
        .faults()
        .answer_not_leader(100, &address.ip().to_string(), address.port());
    let groups = store.persistent_subscriptions();
    let mut consumer = timeout(PATIENCE, groups.subscribe(&source, "g"))
        .await
        .unwrap()
        .unwrap();

    let delivery = next(&mut consumer).await;
    consumer.ack(&delivery).await.unwrap();
    assert_eq!(groups.info(&source, "g").await.unwrap().connections, 1);
    assert!(follower.faults().count(Fault::NotLeader) > 0);
}

async fn with_users() -> EsdbServer {
    let config = EsdbServerConfig::new().with_user("ada", "secret");
    config.start().await.unwrap()
}

fn groups_of(server: &EsdbServer, user: &str, password: &str) -> PersistentSubscriptions {
    let config = EventStoreDbConfig::from_url(&server.url_as(user, password)).unwrap();
    EventStoreDb::lazy(config)
        .unwrap()
        .persistent_subscriptions()
}

fn assert_denied<T: std::fmt::Debug>(result: Result<T, PersistentError>) {
    assert!(
        matches!(result, Err(PersistentError::AccessDenied { .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn who_is_not_known_is_told_so() {
    let server = with_users().await;
    let source = Source::Stream(stream("1"));
    let admin = groups_of(&server, "admin", "changeit");
    admin.create(&source, "g", &from_start()).await.unwrap();

    let stranger = groups_of(&server, "ada", "wrong");

    assert_denied(stranger.subscribe(&source, "g").await);
    assert_denied(stranger.create(&source, "h", &from_start()).await);
    assert_denied(stranger.info(&source, "g").await);
}

#[tokio::test]
async fn who_may_not_change_groups_is_told_so() {
    let server = with_users().await;
    let source = Source::Stream(stream("1"));
    let operator = groups_of(&server, "ops", "changeit");
    operator.create(&source, "g", &from_start()).await.unwrap();

    let ada = groups_of(&server, "ada", "secret");

    assert_denied(ada.create(&source, "h", &from_start()).await);
    assert_denied(ada.update(&source, "g", &from_start()).await);
    assert_denied(ada.delete(&source, "g").await);
    assert_denied(ada.replay_parked(&source, "g", None).await);
    operator.delete(&source, "g").await.unwrap();
}
