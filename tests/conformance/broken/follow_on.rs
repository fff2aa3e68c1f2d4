use super::{caught, store::Broken};
use plumberd::{
    store::{EventStore, StoreError, SubscribeFrom},
    stream::Revision,
};

/// Waits for what is written after a place, whether it is there or not.
fn waits_for_the_place() -> Broken {
    Broken::new()
        .follow(|inner, stream, from| async move {
            match inner.subscribe_stream(&stream, from).await {
                Err(StoreError::NotReached { .. }) => {
                    inner.subscribe_stream(&stream, SubscribeFrom::End).await
                }
                other => other,
            }
        })
        .follow_all(|inner, from, filter| async move {
            match inner.subscribe_all(from, filter.clone()).await {
                Err(StoreError::NotReached { .. }) => {
                    inner.subscribe_all(SubscribeFrom::End, filter).await
                }
                other => other,
            }
        })
}

/// Takes what is visible for all there ever was.
fn looks_at_what_is_visible() -> Broken {
    Broken::new().follow(|inner, stream, from| async move {
        let info = inner.stream_info(&stream).await?;
        if let SubscribeFrom::After(after) = from
            && info.head().is_none()
        {
            return Err(StoreError::NotReached {
                backend: "broken",
                stream: Some(stream),
                after: Revision::as_u64(after),
                end: None,
            });
        }
        inner.subscribe_stream(&stream, from).await
    })
}

caught! { follow_on:
    a_stream_is_not_followed_after_a_revision_it_never_had(waits_for_the_place())
        says "a follower after revision 0 of a stream that ends at None";
    a_stream_is_followed_after_a_revision_that_is_hidden_now(looks_at_what_is_visible())
        says "a follower after a hidden revision";
    everything_is_not_followed_after_a_position_that_is_not_there(waits_for_the_place())
        says "a follower after position";
}
