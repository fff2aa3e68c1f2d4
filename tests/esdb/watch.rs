//! What a server tells of itself: what it can do, and how it fares.

use crate::raw::{bare, channel, details, features, users};
use eventstore::{
    AppendToStreamOptions, BatchAppendOptions, EventData, ExpectedRevision, operations::Features,
};
use plumberd::event::new_event_id;
use plumberd_testkit::esdb::{
    EsdbServer,
    proto::monitoring::{StatsReq, monitoring_client::MonitoringClient},
};
use std::collections::HashMap;

async fn figures(server: &EsdbServer, period: u64, times: usize) -> Vec<HashMap<String, String>> {
    let mut client = MonitoringClient::new(channel(server).await);
    let request = StatsReq {
        use_metadata: false,
        refresh_time_period_in_ms: period,
    };
    let mut told = client.stats(request).await.unwrap().into_inner();
    let mut found = Vec::new();
    for _ in 0..times {
        found.push(told.message().await.unwrap().unwrap().stats);
    }
    found
}

#[tokio::test]
async fn methods_are_named_in_lower_case_with_their_features() {
    let server = EsdbServer::start().await.unwrap();
    let told = features(channel(&server).await).await.unwrap();
    for method in &told.methods {
        assert_eq!(method.method_name, method.method_name.to_lowercase());
        assert_eq!(method.service_name, method.service_name.to_lowercase());
    }
    let of = |service: &str, name: &str| {
        let mut methods = told.methods.iter();
        let found = methods
            .find(|method| method.method_name == name && method.service_name.ends_with(service));
        found.map(|method| method.features.clone())
    };
    assert_eq!(of(".streams", "read").unwrap(), ["position", "events"]);
    assert_eq!(
        of(".streams", "batchappend").unwrap(),
        ["deadline_duration"]
    );
    assert_eq!(of(".streams", "append").unwrap(), [""; 0]);
    assert_eq!(of(".operations", "shutdown"), None);
}

#[tokio::test]
async fn the_client_crate_understands_what_the_server_can_do() {
    let server = EsdbServer::start().await.unwrap();
    let operations = eventstore::operations::Client::from(bare(&server.url()));
    let info = operations.server_version().await.unwrap();
    assert!(info.version() >= (24, 6));
    for feature in [
        Features::BATCH_APPEND,
        Features::PERSISTENT_SUBSCRIPTION_MANAGEMENT,
        Features::PERSISTENT_SUBSCRIPITON_TO_ALL,
    ] {
        assert!(info.contains_features(feature), "{feature:?}");
    }
}

#[tokio::test]
async fn figures_come_again_and_again_and_are_real() {
    let server = EsdbServer::start().await.unwrap();
    let [before] = figures(&server, 1_000, 1).await.try_into().unwrap();
    assert_eq!(before["proc-id"], std::process::id().to_string());
    users(&server)
        .await
        .details(details("admin"))
        .await
        .unwrap();
    let told = figures(&server, 10, 3).await;
    let calls: Vec<u64> = told
        .iter()
        .map(|figures| figures["es-grpc-calls"].parse().unwrap())
        .collect();
    // Twice figures, and what `users` and its call have asked.
    assert_eq!(calls, [4, 4, 4]);
    assert!(told[0]["proc-tcp-connections"].parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn calls_are_counted_by_their_methods() {
    let server = EsdbServer::start().await.unwrap();
    let client = bare(&server.url());
    let (append, batch) = (
        "event_store.client.streams.Streams/Append",
        "event_store.client.streams.Streams/BatchAppend",
    );
    assert_eq!((server.calls(append), server.calls(batch)), (0, 0));
    let event = || EventData::binary("A", bytes::Bytes::new()).id(new_event_id());
    let options = AppendToStreamOptions::default();
    client
        .append_to_stream("Order-1", &options, event())
        .await
        .unwrap();
    assert_eq!((server.calls(append), server.calls(batch)), (1, 0));
    let options = BatchAppendOptions::default();
    let session = client.batch_append(&options).await.unwrap();
    for _ in 0..3 {
        let events = vec![event()];
        let any = ExpectedRevision::Any;
        session
            .append_to_stream("Order-1", any, events)
            .await
            .unwrap();
    }
    assert_eq!((server.calls(append), server.calls(batch)), (1, 1));
    assert_eq!(
        server.calls("event_store.client.streams.Streams/Unheard"),
        0
    );
    assert_eq!(server.calls(""), 0);
}

#[tokio::test]
async fn a_period_of_nothing_or_of_an_age_does_no_harm() {
    let server = EsdbServer::start().await.unwrap();
    assert_eq!(figures(&server, 0, 2).await.len(), 2);
    assert_eq!(figures(&server, u64::MAX, 1).await.len(), 1);
}
