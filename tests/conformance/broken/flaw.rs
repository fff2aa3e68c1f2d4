//! Flaws that break more than one rule.

use super::store::{Broken, Inner};
use futures_util::{StreamExt, stream};
use plumberd::{
    event::{NewEvent, new_event_id},
    store::{
        EventStore, EventStream, Filter, StoreError, SubscribeFrom, Subscription,
        SubscriptionMessage::{self, CaughtUp, Event, FellBehind},
    },
    stream::{ExpectedRevision, Revision, StreamName},
};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The same event under a new id: a store that does not keep ids.
pub(super) fn under_a_new_id(event: &NewEvent) -> NewEvent {
    NewEvent::new(
        new_event_id(),
        event.event_type().clone(),
        event.data().clone(),
    )
}

pub(super) fn unavailable() -> StoreError {
    StoreError::Unavailable {
        backend: "broken",
        source: "it is broken".into(),
    }
}

pub(super) fn conflict(stream: StreamName, expected: ExpectedRevision) -> StoreError {
    StoreError::Conflict {
        stream,
        expected,
        actual: None,
    }
}

pub(super) async fn head(
    inner: &Inner,
    stream: &StreamName,
) -> Result<Option<Revision>, StoreError> {
    Ok(inner.stream_info(stream).await?.head())
}

/// Optimistic concurrency without the concurrency.
pub(super) fn ignores_what_is_expected() -> Broken {
    Broken::new().append(|inner, stream, _, events| async move {
        inner.append(&stream, ExpectedRevision::Any, events).await
    })
}

/// A delete that reports success.
pub(super) fn does_not_delete() -> Broken {
    Broken::new().delete(|_, _, _| async { Ok(()) })
}

/// "For ever" until the next write.
pub(super) fn soft_tombstone() -> Broken {
    Broken::new().tombstone(|inner, stream, _| async move {
        inner.delete(&stream, ExpectedRevision::Any).await
    })
}

/// Deduplicates single events, so a mixed batch is written in part.
pub(super) fn deduplicates_single_events() -> Broken {
    Broken::new().append(|inner, stream, expected, events| async move {
        let mut new = Vec::new();
        for event in &events {
            if inner.find_event(&stream, event.id()).await?.is_none() {
                new.push(event.clone());
            }
        }
        if new.is_empty() {
            return inner.append(&stream, expected, events).await;
        }
        inner.append(&stream, ExpectedRevision::Any, new).await
    })
}

/// Forgets what a deleted stream held, everywhere.
pub(super) fn deletes_from_the_global_order() -> Broken {
    let deleted = Arc::new(Mutex::new(HashSet::new()));
    let (of_read, of_follow) = (deleted.clone(), deleted.clone());
    Broken::new()
        .delete(move |inner, stream, expected| {
            deleted.lock().unwrap().insert(stream.clone());
            async move { inner.delete(&stream, expected).await }
        })
        .each_message(move |message| match message {
            Event(event) if of_follow.lock().unwrap().contains(&event.stream) => Vec::new(),
            other => vec![other],
        })
        .each_read_all(move |event| {
            let gone = of_read.lock().unwrap().contains(&event.stream);
            (!gone).then_some(event)
        })
}

/// Finds out where the end is when it is polled first, not when it is asked.
pub(super) fn begins_when_polled() -> Broken {
    let lazily = |subscription| {
        Subscription::from_messages(stream::once(subscription).flat_map(
            |subscription: Result<Subscription, StoreError>| match subscription {
                Ok(subscription) => subscription.boxed(),
                Err(error) => stream::iter([Err(error)]).boxed(),
            },
        ))
    };
    Broken::new()
        .follow(move |inner, stream, from| async move {
            let begin = async move { inner.subscribe_stream(&stream, from).await };
            Ok(lazily(futures_util::FutureExt::boxed(begin)))
        })
        .follow_all(move |inner, from, filter| async move {
            let begin = async move { inner.subscribe_all(from, filter).await };
            Ok(lazily(futures_util::FutureExt::boxed(begin)))
        })
}

/// Says that all was seen before anything was.
pub(super) fn caught_up_too_early() -> Broken {
    let early = |subscription: Subscription| {
        Subscription::from_messages(stream::iter([Ok(CaughtUp)]).chain(subscription.filter(
            |message| {
                let other = !matches!(message, Ok(CaughtUp));
                async move { other }
            },
        )))
    };
    Broken::new()
        .follow(move |inner, stream, from| async move {
            Ok(early(inner.subscribe_stream(&stream, from).await?))
        })
        .follow_all(move |inner, from, filter| async move {
            Ok(early(inner.subscribe_all(from, filter).await?))
        })
}

pub(super) fn hides_that_it_fell_behind() -> Broken {
    Broken::new().each_message(|message| match message {
        FellBehind => Vec::new(),
        other => vec![other],
    })
}

/// Yields every event twice.
pub(super) fn repeats_events() -> Broken {
    Broken::new().each_message(|message: SubscriptionMessage| match message {
        Event(_) => vec![message.clone(), message],
        other => vec![other],
    })
}

/// Followers compete: an event goes to one of them.
pub(super) fn followers_share() -> Broken {
    let given = Arc::new(Mutex::new(HashSet::new()));
    Broken::new().each_message(move |message| match message {
        Event(event) if !given.lock().unwrap().insert(event.id) => Vec::new(),
        other => vec![other],
    })
}

/// Follows the global order instead of the stream: with what is hidden, and
/// without an end.
pub(super) fn follows_the_global_order() -> Broken {
    Broken::new().follow(|inner, stream, from| async move {
        let from = match from {
            SubscribeFrom::End => SubscribeFrom::End,
            _ => SubscribeFrom::Start,
        };
        inner
            .subscribe_all(from, Filter::new().stream(stream))
            .await
    })
}

/// What was hidden while it was read is taken for the end.
pub(super) fn ends_where_events_are_gone() -> Broken {
    Broken::new().read(|inner, stream, options| {
        let pages = stream::unfold(inner.read_stream(&stream, options), |mut read| async move {
            let page = match read.next_page().await {
                Err(StoreError::ChangedWhileRead { .. }) => None,
                other => other.transpose(),
            };
            page.map(|page| (page, read))
        });
        EventStream::from_pages(pages)
    })
}

/// Goes on with whatever is left, past what was hidden while it was read.
pub(super) fn leaves_out_what_is_gone() -> Broken {
    Broken::new().read(|inner, stream, options| {
        let rest = inner.clone();
        let first = inner.read_stream(&stream, options);
        let pages = stream::unfold(first, move |mut read| {
            let (rest, stream) = (rest.clone(), stream.clone());
            async move {
                let mut page = read.next_page().await;
                if let Err(StoreError::ChangedWhileRead { .. }) = page {
                    read = rest.read_stream(&stream, options);
                    page = read.next_page().await;
                }
                page.transpose().map(|page| (page, read))
            }
        });
        EventStream::from_pages(pages)
    })
}

/// Never gives back what a reader took: three are served, no more.
pub(super) fn leaks_followers() -> Broken {
    let open = AtomicUsize::new(0);
    Broken::new().follow(move |inner, stream, from| {
        let free = open.fetch_add(1, Ordering::Relaxed) < 3;
        async move {
            if free {
                inner.subscribe_stream(&stream, from).await
            } else {
                Err(unavailable())
            }
        }
    })
}

/// Every tenant's handle is the root's.
pub(super) fn tenants_without_walls() -> Broken {
    Broken::new().tenant(|inner, _| Ok(inner))
}
