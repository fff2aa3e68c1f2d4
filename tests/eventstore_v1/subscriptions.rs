//! Subscriptions over servers that go and come back.

use crate::{
    fake::{Fake, Script},
    support::{connect, event, events, server, soon, stream},
};
use plumberd::{
    store::{EventStore, Filter, SubscribeFrom, Subscription, SubscriptionMessage},
    stream::{ExpectedRevision::Any, Revision},
};
use uuid::Uuid;

async fn next_ids(subscription: &mut Subscription, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let event = soon("an event", subscription.next_event()).await;
        ids.push(event.unwrap().unwrap().id);
    }
    ids
}

#[tokio::test]
async fn a_follower_goes_on_when_the_server_comes_back() {
    let server = server().await;
    let store = connect(&server, "&poll_interval=60s").await;
    let name = stream("Order-1");
    let orders = Filter::new().category("Order").unwrap();
    let mut all = store
        .subscribe_all(SubscribeFrom::Start, orders)
        .await
        .unwrap();
    let mut one = store
        .subscribe_stream(&name, SubscribeFrom::Start)
        .await
        .unwrap();
    for _ in 0..3 {
        let batch = events(3);
        soon("an append", store.append(&name, Any, batch.clone()))
            .await
            .unwrap();
        let wanted: Vec<_> = batch.iter().map(plumberd::event::NewEvent::id).collect();
        assert_eq!(next_ids(&mut all, 3).await, wanted);
        assert_eq!(next_ids(&mut one, 3).await, wanted);
        server.stop().await;
        server.restart().await.unwrap();
    }
}

#[tokio::test]
async fn a_live_follower_is_woken_by_the_server_and_not_by_the_clock() {
    let server = server().await;
    let store = connect(&server, "&poll_interval=3600s").await;
    let orders = Filter::new().category("Order").unwrap();
    let mut all = store
        .subscribe_all(SubscribeFrom::End, orders)
        .await
        .unwrap();
    let first = soon("a signal", all.next_message()).await.unwrap().unwrap();
    assert_eq!(first, SubscriptionMessage::CaughtUp);
    for _ in 0..5 {
        let batch = vec![event("Placed")];
        store
            .append(&stream("Other-1"), Any, events(1))
            .await
            .unwrap();
        store
            .append(&stream("Order-1"), Any, batch.clone())
            .await
            .unwrap();
        assert_eq!(next_ids(&mut all, 1).await, [batch[0].id()]);
    }
}

#[tokio::test]
async fn who_follows_a_stream_from_its_end_is_told_of_nothing_older() {
    let server = server().await;
    let store = connect(&server, "&poll_interval=3600s").await;
    let name = stream("Order-1");
    store.append(&name, Any, events(500)).await.unwrap();
    for from in [SubscribeFrom::End, SubscribeFrom::After(Revision::new(502))] {
        let mut follower = store.subscribe_stream(&name, from).await.unwrap();
        let first = soon("a signal", follower.next_message()).await.unwrap();
        assert_eq!(first, Some(SubscriptionMessage::CaughtUp));
        let told = server.events_told();
        for _ in 0..3 {
            let batch = events(1);
            store.append(&name, Any, batch.clone()).await.unwrap();
            assert_eq!(next_ids(&mut follower, 1).await, [batch[0].id()]);
        }
        let told = server.events_told() - told;
        assert!(told <= 3, "from {from:?} the server told of {told} events");
    }
}

#[tokio::test]
async fn the_prefix_that_a_filters_streams_have_in_common_reaches_the_server() {
    let order = Filter::new().category("Order").unwrap();
    for (filter, prefix) in [
        (order.clone(), "Order-"),
        (order.stream_prefix("Ordinary-"), "Ord"),
        (Filter::new().stream_prefix("A").stream_prefix("B"), ""),
        (Filter::new().event_type("Placed".parse().unwrap()), ""),
        (Filter::new(), ""),
        (Filter::new().stream(stream("Order-1")), "Order-1"),
    ] {
        let script = Script::default();
        let mut subscribed = script.subscribed.subscribe();
        let server = Fake::start(script).await;
        let store = server.connect("&poll_interval=3600s").await;

        let mut all = store
            .subscribe_all(SubscribeFrom::Start, filter)
            .await
            .unwrap();

        let first = soon("a signal", all.next_message()).await.unwrap();
        assert_eq!(first, Some(SubscriptionMessage::CaughtUp));
        let asked = soon("a request", subscribed.wait_for(|asked| !asked.is_empty())).await;
        let asked = asked.unwrap()[0].clone();
        assert_eq!(
            (&*asked.aggregate_id_prefix, &*asked.tenant_id),
            (prefix, "t1")
        );
    }
}

#[tokio::test]
async fn who_follows_a_stream_tells_the_server_which() {
    let script = Script::default();
    let mut subscribed = script.subscribed.subscribe();
    let server = Fake::start(script).await;
    let store = server.connect("&poll_interval=3600s").await;

    let name = stream("Order-1");
    let mut one = store
        .subscribe_stream(&name, SubscribeFrom::Start)
        .await
        .unwrap();

    soon("a signal", one.next_message()).await.unwrap();
    let asked = soon("a request", subscribed.wait_for(|asked| !asked.is_empty())).await;
    assert_eq!(asked.unwrap()[0].aggregate_id_prefix, "Order-1");
}
