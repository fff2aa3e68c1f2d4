//! Groups of consumers.

mod answers;
mod ends;
mod groups;
mod settings;
mod unreadable;

use plumberd::{
    backend::eventstoredb::{
        Delivery, EventStoreDb, EventStoreDbConfig, GroupStart, PersistentError, PersistentInfo,
        PersistentSettings, PersistentSubscription, PersistentSubscriptions, Source,
    },
    event::{NewEvent, new_event_id},
    store::EventStore,
    stream::{ExpectedRevision::Any, StreamName},
};
use plumberd_testkit::esdb::EsdbServer;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

async fn connect(server: &EsdbServer) -> EventStoreDb {
    connect_within(server, Duration::from_secs(10)).await
}

/// A store whose calls have so long.
async fn connect_within(server: &EsdbServer, deadline: Duration) -> EventStoreDb {
    let config = EventStoreDbConfig::from_url(&server.url()).unwrap();
    crate::faults::connect_at_last(&config.with_deadline(deadline)).await
}

fn stream(id: &str) -> StreamName {
    StreamName::new("Order", id).unwrap()
}

async fn write(store: &EventStoreDb, stream: &StreamName, count: usize) {
    write_typed(store, stream, "Placed", count).await;
}

async fn write_typed(store: &EventStoreDb, stream: &StreamName, event_type: &str, count: usize) {
    let events = (0..count)
        .map(|_| NewEvent::new(new_event_id(), event_type.parse().unwrap(), "{\"no\":1}"))
        .collect();
    store.append(stream, Any, events).await.unwrap();
}

fn from_start() -> PersistentSettings {
    PersistentSettings::new().with_start(GroupStart::Start)
}

async fn next(consumer: &mut PersistentSubscription) -> Delivery {
    let next = tokio::time::timeout(PATIENCE, consumer.next()).await;
    next.expect("an event in time").unwrap()
}

async fn take(consumer: &mut PersistentSubscription, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::with_capacity(count);
    while taken.len() < count {
        taken.push(next(consumer).await);
    }
    taken
}

async fn ending(consumer: &mut PersistentSubscription) -> PersistentError {
    let next = tokio::time::timeout(PATIENCE, consumer.next()).await;
    next.expect("an end in time").unwrap_err()
}

/// Waits until the group is so.
async fn until(
    groups: &PersistentSubscriptions,
    source: &Source,
    is: impl Fn(&PersistentInfo) -> bool,
) {
    let mut last = None;
    let reached = async {
        loop {
            let info = groups.info(source, "g").await.unwrap();
            if is(&info) {
                return;
            }
            last = Some(info);
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(PATIENCE, reached).await;
    assert!(reached.is_ok(), "still {last:?}");
}
