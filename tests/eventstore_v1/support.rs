//! Servers, handles and a bare client.

use plumberd::{
    Store,
    backend::eventstore_v1::proto::{
        AppendRequest, EventData, EventMetadata, event_store_client::EventStoreClient,
    },
    event::{NewEvent, new_event_id},
    store::StoreError,
    stream::StreamName,
};
use plumberd_testkit::eventstore_v1::EventStoreV1Server;
use std::future::Future;
use tonic::transport::Channel;

/// Only a failing test waits so long.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let limit = std::time::Duration::from_secs(120);
    let done = tokio::time::timeout(limit, future).await;
    done.unwrap_or_else(|_| panic!("{what} did not come within {limit:?}"))
}

pub async fn server() -> EventStoreV1Server {
    EventStoreV1Server::start().await.unwrap()
}

/// A handle of the tenant `t1`, with these options besides.
pub async fn connect(server: &EventStoreV1Server, options: &str) -> Store {
    let url = server.url();
    let separator = if url.contains('?') { '&' } else { '?' };
    plumberd::connect(&format!("{url}{separator}tenant=t1{options}"))
        .await
        .unwrap()
}

pub async fn bare(server: &EventStoreV1Server) -> EventStoreClient<Channel> {
    let url = format!("http://{}", server.address());
    let channel = Channel::from_shared(url).unwrap().connect().await.unwrap();
    EventStoreClient::new(channel)
}

pub fn stream(name: &str) -> StreamName {
    StreamName::raw(name).unwrap()
}

pub fn event(name: &str) -> NewEvent {
    NewEvent::new(new_event_id(), name.parse().unwrap(), "{\"A\":1}")
}

pub fn events(count: usize) -> Vec<NewEvent> {
    (0..count).map(|_| event("Happened")).collect()
}

/// An event as another client sends it.
pub fn foreign(id: &str, nonce: u64) -> EventData {
    EventData {
        meta: Some(EventMetadata {
            event_id: id.into(),
            aggregate_nonce: nonce,
            event_type: "OrderPlaced".into(),
            ..EventMetadata::default()
        }),
        payload: "{}".into(),
    }
}

/// An append as another client sends it.
pub fn request(expected: u64, events: Vec<EventData>) -> AppendRequest {
    AppendRequest {
        tenant_id: "t1".into(),
        aggregate_id: "Order-1".into(),
        aggregate_type: "Order".into(),
        expected_aggregate_nonce: expected,
        idempotency_key: String::new(),
        events,
    }
}

/// The whole chain of an error, as a person sees it.
pub fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
