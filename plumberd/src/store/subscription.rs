use super::{StoreError, StreamDeleted};
use crate::{event::RecordedEvent, stream::Position};
use futures_core::Stream;
use futures_util::{StreamExt, stream::BoxStream};
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

/// A read that does not end: what is there, then what comes.
///
/// A `Stream` of `Result<SubscriptionMessage, StoreError>`.
///
/// # Contract
///
/// * Every event after the start that the subscription asks for is yielded
///   exactly once, in order, none past an event that may still commit before
///   it.
/// * [`SubscriptionMessage::CaughtUp`] comes each time everything there was has
///   been yielded and the subscription begins to wait, also when there was
///   nothing; after it events come as they are appended.
/// * [`SubscriptionMessage::FellBehind`] comes when a live subscription has
///   more to read than one page; a `CaughtUp` follows in time.
/// * It reads only when it is polled: a slow consumer holds up no other, and at
///   most one page is in memory.
/// * [`SubscriptionMessage::StreamDeleted`] tells that a stream was deleted or
///   truncated, in its order, once; resumed after its position it does not come
///   again.
/// * A passing failure is not an error: the subscription reads again, with
///   growing pauses, after the last event it yielded. It ends after an error,
///   such as a tombstone on the stream it follows.
pub struct Subscription {
    messages: BoxStream<'static, Result<SubscriptionMessage, StoreError>>,
    ended: bool,
}

impl Subscription {
    /// A subscription that yields these messages.
    pub fn from_messages(
        messages: impl Stream<Item = Result<SubscriptionMessage, StoreError>> + Send + 'static,
    ) -> Self {
        Self {
            messages: messages.boxed(),
            ended: false,
        }
    }

    /// The next message; `None` only after an error.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the subscription cannot go on.
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    pub async fn next_message(&mut self) -> Result<Option<SubscriptionMessage>, StoreError> {
        self.next().await.transpose()
    }

    /// The next event, passing over the signals, and over
    /// [`SubscriptionMessage::StreamDeleted`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the subscription cannot go on.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    pub async fn next_event(&mut self) -> Result<Option<RecordedEvent>, StoreError> {
        while let Some(message) = self.next_message().await? {
            if let SubscriptionMessage::Event(event) = message {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }
}

impl Stream for Subscription {
    type Item = Result<SubscriptionMessage, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = self.messages.poll_next_unpin(cx);
        self.ended = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

/// What a [`Subscription`] yields.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SubscriptionMessage {
    /// An event.
    Event(RecordedEvent),
    /// A stream that is followed was deleted or truncated. It passes every
    /// filter of types, and comes where its position is among the events.
    ///
    /// A subscription of one stream tells what happened after the place where
    /// it begins, and ends after a tombstone. On EventStoreDB it tells nothing
    /// else: soft deletes and truncations stand in another stream there, which
    /// has no order with this one, and are told by
    /// [`subscribe_all`](super::EventStore::subscribe_all) with a filter for the
    /// stream. Where
    /// [`Filter::with_system_events`](super::Filter::with_system_events) lets
    /// through the event that says it, that comes too, just before it and at
    /// the same position: who keeps that position has handled both.
    StreamDeleted(StreamDeleted),
    /// Everything there was has been yielded; what follows is live.
    CaughtUp,
    /// More has come than was waited for; what follows is history again.
    FellBehind,
    /// Everything up to here has been looked at: a subscription that resumes
    /// after this position misses nothing. Only of the global order, and only
    /// now and then, where a filter passes over many events.
    Checkpoint(Position),
}

/// Where a subscription starts; always after what is named.
///
/// `P` is a [`Revision`](crate::stream::Revision) in a stream, a
/// [`Position`](crate::stream::Position) in the global order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscribeFrom<P> {
    /// With the first event there is.
    Start,
    /// With the first event appended from now on.
    End,
    /// With the first event after this place.
    After(P),
}
