//! What subscriptions tell of deletes, and what they cannot.

use crate::faults::{EVER, append, store, stream};
use plumberd::{
    event::RecordedEvent,
    store::{
        Deletion, EventStore, EventStoreExt, Filter, StoreError, SubscribeFrom, Subscription,
        SubscriptionMessage,
    },
    stream::{ExpectedRevision::Any, Revision},
};
use plumberd_testkit::esdb::EsdbServer;
use tokio::time::timeout;

/// What is told of deletes up to the next event, and the revision of that.
async fn told(subscription: &mut Subscription) -> (Vec<Deletion>, Revision) {
    let mut deletions = Vec::new();
    loop {
        let next = timeout(EVER, subscription.next_message()).await;
        match next.expect("a message").unwrap().unwrap() {
            SubscriptionMessage::Event(event) => return (deletions, event.revision),
            SubscriptionMessage::StreamDeleted(deleted) => deletions.push(deleted.what),
            _ => {}
        }
    }
}

/// The server keeps deletes in another stream, and gives subscriptions to the two
/// no common order.
#[tokio::test]
async fn a_subscription_of_one_stream_is_told_of_its_tombstone_and_one_of_all_of_every_delete() {
    let server = EsdbServer::start().await.unwrap();
    let store = store(&server).await;
    let name = stream("Order-1");
    let mut one = store
        .subscribe_stream(&name, SubscribeFrom::Start)
        .await
        .unwrap();
    let filter = Filter::new().stream(name.clone());
    let mut all = store
        .subscribe_all(SubscribeFrom::Start, filter)
        .await
        .unwrap();
    // What is hidden before it was sent is not sent: so one after the other.
    for revision in 0..4 {
        let deleted = match revision {
            2 => {
                let before = Revision::new(1);
                store.truncate_before(&name, before).await.unwrap();
                vec![Deletion::Truncated(before)]
            }
            3 => {
                store.delete(&name, Any).await.unwrap();
                vec![Deletion::SoftDeleted]
            }
            _ => Vec::new(),
        };
        assert_eq!(append(&store, "Order-1").await, revision);

        let revision = Revision::new(revision);
        assert_eq!(told(&mut one).await, (Vec::new(), revision));
        assert_eq!(told(&mut all).await, (deleted, revision));
    }

    store.tombstone(&name, Any).await.unwrap();

    let ended = timeout(EVER, async {
        loop {
            if let Err(error) = one.next_message().await {
                return error;
            }
        }
    });
    let ended = ended.await.expect("an end");
    assert!(
        matches!(ended, StoreError::StreamDeleted { .. }),
        "{ended:?}"
    );
    let last = timeout(EVER, async {
        loop {
            match all.next_message().await.unwrap().unwrap() {
                SubscriptionMessage::StreamDeleted(deleted) => return deleted,
                SubscriptionMessage::Event(event) => {
                    assert_ne!(event.event_type, RecordedEvent::TOMBSTONE);
                }
                _ => {}
            }
        }
    });
    assert_eq!(last.await.expect("a tombstone").what, Deletion::Tombstoned);
}
