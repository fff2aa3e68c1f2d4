//! The same through the client that plumberd's backend is built on.

use super::wire::TestResult;
use eventstore::{
    AppendToStreamOptions, Client, DeleteStreamOptions, Error, EventData, ExpectedRevision,
    ReadStreamOptions, StreamPosition, SubscribeToAllOptions, SubscriptionEvent,
    SubscriptionFilter, TombstoneStreamOptions,
};
use plumberd::event::new_event_id;
use plumberd_testkit::esdb::EsdbServer;

fn event(name: &str) -> EventData {
    EventData::binary(name, bytes::Bytes::from_static(b"{}")).id(new_event_id())
}

#[tokio::test]
async fn the_rust_client_appends_conflicts_and_reads() -> TestResult {
    let server = EsdbServer::start().await?;
    let client = Client::new(server.url().parse()?)?;
    let fresh = AppendToStreamOptions::default().expected_revision(ExpectedRevision::NoStream);
    let written = client
        .append_to_stream("Order-1", &fresh, vec![event("A"), event("B")])
        .await?;
    assert_eq!(written.next_expected_version, 1);
    let conflict = client.append_to_stream("Order-1", &fresh, event("C")).await;
    assert!(matches!(
        conflict,
        Err(Error::WrongExpectedVersion {
            current: eventstore::CurrentRevision::Current(1),
            ..
        })
    ));
    let backwards = ReadStreamOptions::default()
        .position(StreamPosition::End)
        .backwards();
    let mut read = client.read_stream("Order-1", &backwards).await?;
    let mut revisions = Vec::new();
    while let Some(event) = read.next().await? {
        revisions.push(event.get_original_event().revision);
    }
    assert_eq!(revisions, [1, 0]);

    client
        .delete_stream("Order-1", &DeleteStreamOptions::default())
        .await?;
    let mut read = client
        .read_stream("Order-1", &ReadStreamOptions::default())
        .await?;
    assert!(matches!(read.next().await, Err(Error::ResourceNotFound)));
    client
        .tombstone_stream("Order-1", &TombstoneStreamOptions::default())
        .await?;
    let gone = client
        .append_to_stream("Order-1", &AppendToStreamOptions::default(), event("D"))
        .await;
    assert!(matches!(gone, Err(Error::ResourceDeleted)));
    Ok(())
}

#[tokio::test]
async fn the_rust_client_follows_everything_through_a_filter() -> TestResult {
    let server = EsdbServer::start().await?;
    let client = Client::new(server.url().parse()?)?;
    let any = AppendToStreamOptions::default();
    client
        .append_to_stream("Order-1", &any, vec![event("A"), event("B")])
        .await?;
    let options = SubscribeToAllOptions::default()
        .position(StreamPosition::Start)
        .filter(SubscriptionFilter::on_event_type().add_prefix("B"));
    let mut following = client.subscribe_to_all(&options).await;
    let mut seen = Vec::new();
    while seen.last() != Some(&"caught up") {
        seen.push(match following.next_subscription_event().await? {
            SubscriptionEvent::Confirmed(_) => "confirmed",
            SubscriptionEvent::EventAppeared(_) => "event",
            SubscriptionEvent::Checkpoint(_) => "checkpoint",
            SubscriptionEvent::CaughtUp => "caught up",
            _ => "other",
        });
    }
    assert_eq!(seen, ["confirmed", "event", "checkpoint", "caught up"]);
    server.stop().await;
    assert!(following.next_subscription_event().await.is_err());
    Ok(())
}

#[tokio::test]
async fn the_rust_client_appends_in_a_batch_session() -> TestResult {
    let server = EsdbServer::start().await?;
    let client = Client::new(server.url().parse()?)?;
    let session = client
        .batch_append(&eventstore::BatchAppendOptions::default())
        .await?;
    for last in 0..3 {
        let events = vec![event("A"), event("B")];
        let written = session
            .append_to_stream("Order-1", ExpectedRevision::Any, events)
            .await?;
        assert_eq!(written.stream_name(), "Order-1");
        assert_eq!(written.current_revision(), Some(last * 2 + 1));
    }
    Ok(())
}
