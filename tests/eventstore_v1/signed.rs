//! A server whose numbers have a sign, as a database's: what lies above
//! `i64::MAX` is negative there.

use crate::support::{connect, event, events, soon, stream};
use plumberd::{
    Store,
    backend::eventstore_v1::{Checkpoints, StreamCheckpoints},
    store::{
        EventStore, Filter, ReadFrom, ReadOptions, StoreError, SubscribeFrom, SubscriptionMessage,
    },
    stream::{
        ExpectedRevision::{Any, StreamExists},
        Position, Revision,
    },
};
use plumberd_testkit::eventstore_v1::{Defect, EventStoreV1Server, EventStoreV1ServerConfig};

async fn signed() -> (EventStoreV1Server, Store) {
    let config = EventStoreV1ServerConfig::new()
        .with_defect(Defect::SignedNumbers)
        .with_defect(Defect::LateEnd);
    let server = config.start().await.unwrap();
    let store = connect(&server, "&poll_interval=3600s").await;
    (server, store)
}

#[tokio::test]
async fn the_end_is_found() {
    let (_server, store) = signed().await;
    let (name, batch) = (stream("Order-1"), events(3));
    store.append(&name, Any, batch.clone()).await.unwrap();

    let again = store.append(&name, Any, batch.clone()).await.unwrap();
    assert!(again.is_already_applied());
    let next = store.append(&name, StreamExists, events(1)).await.unwrap();
    assert_eq!(next.revision(), Revision::new(3));
    let info = store.stream_info(&name).await.unwrap();
    assert_eq!(info.last_revision, Some(Revision::new(3)));
    let back = store.read_stream(&name, ReadOptions::backwards());
    assert_eq!(back.collect_all().await.unwrap().len(), 4);
    let back = store.read_all(ReadOptions::backwards(), Filter::new());
    assert_eq!(back.collect_all().await.unwrap().len(), 4);
    let found = store.find_event(&name, batch[1].id()).await.unwrap();
    assert_eq!(found.unwrap().revision, Revision::new(1));
}

#[tokio::test]
async fn a_checkpoint_is_found_again() {
    let (_server, store) = signed().await;
    let checkpoints = StreamCheckpoints::new(store);
    for position in [7, 9] {
        let position = Position::new(position);
        checkpoints.save("reader", position).await.unwrap();
        assert_eq!(checkpoints.load("reader").await.unwrap(), Some(position));
    }
}

#[tokio::test]
async fn a_follower_from_the_end_gets_no_history() {
    let (_server, store) = signed().await;
    let name = stream("Order-1");
    store.append(&name, Any, events(3)).await.unwrap();
    let one = store.subscribe_stream(&name, SubscribeFrom::End).await;
    let all = store.subscribe_all(SubscribeFrom::End, Filter::new()).await;
    let mut followers = [one.unwrap(), all.unwrap()];
    for follower in &mut followers {
        let first = soon("a signal", follower.next_message()).await.unwrap();
        assert_eq!(first, Some(SubscriptionMessage::CaughtUp));
    }
    let new = event("Placed");
    store.append(&name, Any, vec![new.clone()]).await.unwrap();
    for follower in &mut followers {
        let got = soon("an event", follower.next_event()).await.unwrap();
        assert_eq!(got.unwrap().id, new.id());
    }
}

#[tokio::test]
async fn nothing_comes_after_the_last_number_there_is() {
    let (_server, store) = signed().await;
    let name = stream("Order-1");
    store.append(&name, Any, events(3)).await.unwrap();
    for number in [i64::MAX.unsigned_abs(), 1 << 63, u64::MAX - 1, u64::MAX] {
        for from in [
            ReadFrom::At(Revision::new(number)),
            ReadFrom::After(Revision::new(number)),
        ] {
            let read = store.read_stream(&name, ReadOptions::forwards().from(from));
            let read = read.collect_all().await.unwrap();
            assert!(read.is_empty(), "{from:?} in a stream: {}", read.len());
        }
        for from in [
            ReadFrom::At(Position::new(number)),
            ReadFrom::After(Position::new(number)),
        ] {
            let read = store.read_all(ReadOptions::forwards().from(from), Filter::new());
            let read = read.collect_all().await.unwrap();
            assert!(read.is_empty(), "{from:?} of everything: {}", read.len());
        }
        let back = ReadOptions::backwards().from(ReadFrom::At(Revision::new(number)));
        let back = store.read_stream(&name, back).collect_all().await.unwrap();
        assert_eq!(back.len(), 3, "backwards from {number}");

        let one = store
            .subscribe_stream(&name, SubscribeFrom::After(Revision::new(number)))
            .await;
        let all = store
            .subscribe_all(SubscribeFrom::After(Position::new(number)), Filter::new())
            .await;
        for follower in [one, all] {
            assert!(
                matches!(&follower, Err(StoreError::NotReached { after, .. }) if *after == number),
                "after {number}: {follower:?}"
            );
        }
    }
}
