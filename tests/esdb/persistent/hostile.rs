//! Consumers and groups without measure.

use super::peer::*;
use plumberd::event::new_event_id;
use plumberd_testkit::esdb::proto::persistent_subscriptions::{
    Settings,
    read_req::{Ack, Content},
};

#[tokio::test]
async fn the_largest_settings_and_buffers_are_settings_and_buffers() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 2_000).await?;
    let largest = Settings {
        max_retry_count: i32::MAX,
        max_checkpoint_count: i32::MAX,
        max_subscriber_count: i32::MAX,
        live_buffer_size: i32::MAX,
        read_batch_size: i32::MAX - 1,
        history_buffer_size: i32::MAX,
        ..settings()
    };
    peer.create(Source::Stream("Order-1"), "g", largest).await?;
    let mut consumer = peer.consume("Order-1", "g", 1).await?;
    let event = consumer.next().await?;
    // What waits for the slow consumer is not all there is.
    let info = peer.info("Order-1", "g").await?;
    assert_eq!(info.read_batch_size, i32::MAX - 1);
    assert!(
        info.read_buffer_count <= 1_024,
        "{}",
        info.read_buffer_count
    );
    consumer.ack(&event).await;
    for expected in 1..2_000 {
        assert_eq!(revision(&consumer.take().await?), expected);
    }
    peer.consume("Order-1", "g", i32::MAX).await?;
    Ok(())
}

#[tokio::test]
async fn answers_to_events_that_were_never_sent_are_passed_over() -> TestResult {
    let mut peer = Peer::start().await?;
    peer.write("Order-1", 1).await?;
    peer.create(Source::Stream("Order-1"), "g", settings())
        .await?;
    let mut consumer = peer.consume("Order-1", "g", 10).await?;
    let strange = (0..10_000).map(|_| halves(new_event_id())).collect();
    let mut nothing = Ack::default();
    consumer.say(Content::Ack(nothing.clone())).await;
    nothing.ids = strange;
    consumer.say(Content::Ack(nothing)).await;
    assert_eq!(revision(&consumer.take().await?), 0);
    Ok(())
}

#[tokio::test]
async fn a_pattern_that_takes_for_ever_does_not_hold_the_group_up() -> TestResult {
    let mut peer = Peer::start().await?;
    let endless = format!("Order-{}!", "a".repeat(60));
    peer.write(&endless, 1).await?;
    peer.write("Order-a", 1).await?;
    // It goes back over a name in every way there is.
    let source = Source::All(Some(filter(r"^Order-(?:(a+)+)(?<!b)$", &[])));
    peer.create(source, "g", settings()).await?;
    let mut consumer = peer.consume("$all", "g", 10).await?;
    let event = consumer.take().await?.event.unwrap();
    assert_eq!(event.stream_identifier.unwrap().stream_name, "Order-a");
    Ok(())
}
