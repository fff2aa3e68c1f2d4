//! Following on after a place that was kept, in a store that was restored
//! since.

use super::scene::{Scene, exact, fresh_stream, patient, read_all, revision, written};
use plumberd::{
    store::{
        EventStore, EventStoreExt, Filter, ReadOptions, StoreError, SubscribeFrom, Subscription,
        SubscriptionMessage,
    },
    stream::{Position, Revision, StreamName},
};

/// Positions that no suite reaches, and that are not the largest either.
const FAR: u64 = 1 << 50;

/// Refused at once or with the first message: both end it.
async fn begin<F>(begun: F) -> Result<Option<SubscriptionMessage>, StoreError>
where
    F: Future<Output = Result<Subscription, StoreError>>,
{
    let mut subscription = patient("a subscription", begun).await?;
    patient("a message of a subscription", subscription.next_message()).await
}

async fn assert_not_reached(
    store: &impl EventStore,
    stream: &StreamName,
    after: Revision,
    last: Option<Revision>,
) {
    let from = SubscribeFrom::After(after);
    let begun = begin(store.subscribe_stream(stream, from)).await;
    let told = matches!(
        &begun,
        Err(StoreError::NotReached { stream: Some(of), after: at, end, .. })
            if of == stream && *at == after.as_u64() && *end == last.map(Revision::as_u64)
    );
    assert!(
        told,
        "a follower after revision {after} of a stream that ends at {last:?}: got {begun:?}"
    );
}

/// A reader that waits for what is written after a revision that is not there
/// would leave out what is written until then, and say that it is up to date.
pub async fn a_stream_is_not_followed_after_a_revision_it_never_had<S: EventStore>(store: S) {
    let never = fresh_stream();
    for after in [0, 7] {
        assert_not_reached(&store, &never, Revision::new(after), None).await;
    }
    let stream = fresh_stream();
    written(&store, &stream, 3).await;
    let last = Some(revision(2));
    for after in [3, 4, FAR, Revision::MAX.as_u64()] {
        assert_not_reached(&store, &stream, Revision::new(after), last).await;
    }
    let after_last = SubscribeFrom::After(revision(2));
    let begun = begin(store.subscribe_stream(&stream, after_last)).await;
    assert!(
        matches!(begun, Ok(Some(SubscriptionMessage::CaughtUp))),
        "a follower after the last revision: got {begun:?}"
    );
}

/// Events that are hidden were there, so a reader may have seen them.
pub async fn a_stream_is_followed_after_a_revision_that_is_hidden_now<S: EventStore>(store: S) {
    let (truncated, deleted) = (fresh_stream(), fresh_stream());
    for stream in [&truncated, &deleted] {
        written(&store, stream, 3).await;
    }
    store
        .truncate_before(&truncated, revision(3))
        .await
        .expect("a stream is truncated");
    store
        .delete(&deleted, exact(2))
        .await
        .expect("a stream is deleted");

    for stream in [&truncated, &deleted] {
        for after in 0..3 {
            let from = SubscribeFrom::After(revision(after));
            let begun = begin(store.subscribe_stream(stream, from)).await;
            assert!(
                begun.is_ok(),
                "a follower after a hidden revision: got {begun:?}"
            );
        }
        assert_not_reached(&store, stream, revision(3), Some(revision(2))).await;
    }
}

/// The same of everything, whatever the filter lets through.
pub async fn everything_is_not_followed_after_a_position_that_is_not_there<S: EventStore>(
    store: S,
) {
    let scene = Scene::new();
    written(&store, &scene.stream("a"), 2).await;
    let filters = [Filter::new(), scene.filter(), Scene::new().filter()];
    let mut newest = ReadOptions::backwards();
    newest = newest.limit(1);
    let newest = read_all(&store, newest, Filter::new()).await;
    let end = newest.first().map(|event| event.position);
    let end = end.expect("an event was written");
    for filter in filters {
        for after in [end.as_u64() + FAR, u64::MAX] {
            let from = SubscribeFrom::After(Position::new(after));
            let begun = begin(store.subscribe_all(from, filter.clone())).await;
            let told = matches!(
                &begun,
                Err(StoreError::NotReached { stream: None, after: at, end: Some(last), .. })
                    if *at == after && *last >= end.as_u64()
            );
            assert!(
                told,
                "a follower after position {after} of a store that ends at {end}: got {begun:?}"
            );
        }
        for after in [0, end.as_u64()] {
            let from = SubscribeFrom::After(Position::new(after));
            let begun = begin(store.subscribe_all(from, filter.clone())).await;
            assert!(
                matches!(begun, Ok(Some(_))),
                "a follower after position {after}, which is there: got {begun:?}"
            );
        }
    }
}
