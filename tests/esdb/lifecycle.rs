//! Stops, restarts and ends.

use crate::raw::{ask, bare, by, channel, details, features, serves, users};
use futures_util::FutureExt;
use plumberd_testkit::esdb::{
    EsdbServer, EsdbServerConfig, Fault, StartError,
    proto::monitoring::{StatsReq, monitoring_client::MonitoringClient},
};
use plumberd_tests::TempFolder;
use std::time::Duration;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tonic::Code;

/// What waits for something that never comes is found out by then.
const GUARD: Duration = Duration::from_secs(120);

#[tokio::test]
async fn a_stop_that_is_given_up_is_finished_by_the_next() {
    let server = EsdbServer::start().await.unwrap();
    let held = channel(&server).await;
    features(held.clone()).await.unwrap();
    // A call that does not end by itself.
    server.faults().freeze();
    let call = tokio::spawn(async move { features(held).await });
    server.faults().happened(Fault::Freeze, 1).await;
    assert_eq!(server.stop().now_or_never(), None);

    server.stop().await;
    while server.faults().connections() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(call.await.unwrap().is_err());
    server.faults().thaw();
    server.restart().await.unwrap();
    assert!(serves(&server).await);
}

#[tokio::test]
async fn a_restart_that_is_given_up_is_finished_by_the_next() {
    let folder = TempFolder::new();
    let config = EsdbServerConfig::new().with_file(folder.path().join("streams.db"));
    let server = config.start().await.unwrap();
    for patience in (0..400).step_by(10) {
        let restart = server.restart();
        let _ = tokio::time::timeout(Duration::from_micros(patience), restart).await;
    }
    server.restart().await.unwrap();
    assert!(serves(&server).await);
}

#[tokio::test]
async fn a_stopped_server_refuses_and_a_restarted_one_serves_the_same_client() {
    let server = EsdbServer::start().await.unwrap();
    let client = bare(&server.url());
    ask(&client).await.unwrap();

    server.stop().await;
    server.stop().await;
    assert!(ask(&client).await.is_err());
    let refused = TcpStream::connect(server.address()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    server.restart().await.unwrap();
    ask(&client).await.unwrap();
}

#[tokio::test]
async fn the_port_is_free_at_once_again_and_again() {
    let server = EsdbServer::start().await.unwrap();
    for _ in 0..10 {
        // Closed by the server first, its side waits in TIME_WAIT.
        assert!(serves(&server).await);
        let open = channel(&server).await;
        server.restart().await.unwrap();
        drop(open);
    }
    assert!(serves(&server).await);
}

#[tokio::test]
async fn a_stop_ends_what_is_followed_with_unavailable_and_in_time() {
    let server = EsdbServer::start().await.unwrap();
    let mut monitoring = MonitoringClient::new(channel(&server).await);
    let mut followed = monitoring
        .stats(StatsReq {
            use_metadata: false,
            refresh_time_period_in_ms: 3_600_000,
        })
        .await
        .unwrap()
        .into_inner();
    followed.message().await.unwrap().unwrap();

    timeout(GUARD, server.stop()).await.expect("a stop in time");
    let end = followed.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_frozen_server_stops_in_time_and_leaves_no_connection() {
    let server = EsdbServer::start().await.unwrap();
    let mut client = users(&server).await;
    server.faults().freeze();
    let call = tokio::spawn(async move { client.details(details("admin")).await });
    server
        .faults()
        .happened(plumberd_testkit::esdb::Fault::Freeze, 1)
        .await;

    timeout(GUARD, server.stop()).await.expect("a stop in time");
    assert!(call.await.unwrap().is_err());
    while server.faults().connections() > 0 {
        tokio::task::yield_now().await;
    }
    server.faults().thaw();
    server.restart().await.unwrap();
    assert!(serves(&server).await);
}

#[tokio::test]
async fn users_outlive_a_restart() {
    let server = EsdbServerConfig::new()
        .with_user("jane", "p")
        .start()
        .await
        .unwrap();
    server.restart().await.unwrap();
    let request = by("jane", "p", details("jane"));
    users(&server).await.details(request).await.unwrap();
}

#[tokio::test]
async fn a_dropped_server_hangs_up_and_gives_its_port_back() {
    let server = EsdbServer::start().await.unwrap();
    let address = server.address();
    let mut client = users(&server).await;
    client.details(details("admin")).await.unwrap();
    drop(server);
    assert!(client.details(details("admin")).await.is_err());
    let listening = async {
        while TcpListener::bind(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(GUARD, listening).await.unwrap();
}

#[tokio::test]
async fn a_taken_address_is_said() {
    let first = EsdbServer::start().await.unwrap();
    let second = EsdbServerConfig::new()
        .with_address(first.address())
        .start()
        .await;
    assert!(matches!(
        second.unwrap_err(),
        StartError::Listen { address, .. } if address == first.address()
    ));
    assert!(serves(&first).await);
}
