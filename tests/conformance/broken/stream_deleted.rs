use super::{caught, flaw, store::Broken};
use futures_util::{StreamExt, stream};
use plumberd::{
    store::{
        Deletion, EventStore, Filter, StoreError, SubscribeFrom, Subscription, SubscriptionMessage,
    },
    stream::Position,
};

type Message = Result<SubscriptionMessage, StoreError>;

/// Yields each message so many times as `times` says.
fn times(times: fn(&SubscriptionMessage) -> usize) -> Broken {
    let changed = move |subscription: Subscription| {
        Subscription::from_messages(subscription.flat_map(move |message: Message| {
            let messages = match message {
                Ok(message) => vec![message.clone(); times(&message)]
                    .into_iter()
                    .map(Ok)
                    .collect(),
                error => vec![error],
            };
            stream::iter(messages)
        }))
    };
    Broken::new()
        .follow(move |inner, stream, from| async move {
            inner.subscribe_stream(&stream, from).await.map(changed)
        })
        .follow_all(move |inner, from, filter| async move {
            inner.subscribe_all(from, filter).await.map(changed)
        })
}

fn tells_no_deletion() -> Broken {
    times(|message| usize::from(!matches!(message, SubscriptionMessage::StreamDeleted(_))))
}

fn tells_deletions_twice() -> Broken {
    times(|message| match message {
        SubscriptionMessage::StreamDeleted(_) => 2,
        _ => 1,
    })
}

fn tells_no_tombstone() -> Broken {
    times(|message| match message {
        SubscriptionMessage::StreamDeleted(deleted) => {
            usize::from(deleted.what != Deletion::Tombstoned)
        }
        _ => 1,
    })
}

fn resumes_one_early() -> Broken {
    Broken::new().follow_all(|inner, from, filter| async move {
        let from = match from {
            SubscribeFrom::After(position) => {
                SubscribeFrom::After(Position::new(position.as_u64() - 1))
            }
            other => other,
        };
        inner.subscribe_all(from, filter).await
    })
}

/// Filters by type only.
fn ignores_streams() -> Broken {
    Broken::new().follow_all(|inner, from, filter| async move {
        let types = filter.event_types().iter().cloned();
        let types = types.fold(Filter::new(), Filter::event_type);
        inner.subscribe_all(from, types).await
    })
}

caught! { stream_deleted:
    everything_tells_deletes_and_truncations_in_order(tells_no_deletion())
        says "a message of a subscription did not come";
    everything_tells_deletions_once_to_who_resumes(resumes_one_early())
        says "a follower resumed after 0 is told other things";
    nothing_is_told_of_metadata_that_hide_no_more(tells_deletions_twice())
        says "metadata tell other things";
    a_deletion_passes_the_filter_that_its_stream_passes(ignores_streams())
        says "another filter lets deletions through";
    everything_tells_a_tombstone(tells_no_tombstone())
        says "a message of a subscription did not come";
    a_stream_tells_deletes_and_truncations(tells_no_deletion())
        says "a truncation is told otherwise";
    a_tombstone_is_told_or_ends_the_followers_of_its_stream(flaw::follows_the_global_order())
        says "a follower of a tombstoned stream";
    a_tenants_deletions_are_told_to_no_other_tenant(flaw::tenants_without_walls())
        says "a tenant is told other things";
}
