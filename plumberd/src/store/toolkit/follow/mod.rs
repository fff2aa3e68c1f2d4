//! Subscriptions for backends that are read page by page.
//!
//! A backend says how to read the page after a cursor ([`PageSource`]) and
//! when something may have been written ([`Signal`]). [`follow`] makes the
//! [`Subscription`] of it and keeps its contract: exactly once, in order,
//! nothing missed between a read and the wait for more, at most a page in
//! memory, passing failures retried.
//!
//! ```
//! use plumberd::{
//!     store::{StoreError, follow::{FollowPage, PageSource, Signal, follow}},
//!     stream::Revision,
//! };
//!
//! struct Nothing;
//!
//! impl PageSource for Nothing {
//!     type Cursor = Revision;
//!
//!     async fn read_page(
//!         &mut self,
//!         after: Option<Revision>,
//!     ) -> Result<FollowPage<Revision>, StoreError> {
//!         Ok(FollowPage::last(Vec::new(), after))
//!     }
//! }
//!
//! let committed = Signal::new();
//! let subscription = follow(Nothing, None, committed.listen());
//! ```

mod follower;
mod signal;

pub use signal::{Listener, Signal};

use crate::{
    event::RecordedEvent,
    store::{StoreError, StreamDeleted, Subscription, SubscriptionMessage},
    stream::{Position, Revision},
};
use follower::Follower;

/// How many events a page of a read or a subscription has at the most, in the
/// backends of this crate.
pub const PAGE_EVENTS: usize = 256;

/// After how many events that a filter passed over a subscription says how far
/// it has come.
pub const CHECKPOINT_AFTER: u64 = 1_000;

/// Something that is read page by page: one stream, or the global order
/// through a filter.
pub trait PageSource: Send + 'static {
    /// What names a place in it.
    type Cursor: Cursor;

    /// Reads the events after `after`, in order, at most as many as one page;
    /// from the beginning when there is none.
    ///
    /// It must see everything that was committed before the call, and must not
    /// hand out an event before one that may still commit in front of it.
    ///
    /// # Errors
    ///
    /// A transient [`StoreError`] is tried again later, with the same `after`;
    /// every other one ends the subscription.
    fn read_page(
        &mut self,
        after: Option<Self::Cursor>,
    ) -> impl Future<Output = Result<FollowPage<Self::Cursor>, StoreError>> + Send;
}

/// A place in a stream or in the global order.
pub trait Cursor: Copy + Ord + Send + Sync + 'static {
    /// Where a reader goes on who has seen `event`.
    fn after_event(event: &RecordedEvent) -> Self;

    /// The position to say as a checkpoint; none within a stream.
    fn checkpoint(self) -> Option<Position>;
}

impl Cursor for Revision {
    fn after_event(event: &RecordedEvent) -> Self {
        event.read_revision()
    }

    fn checkpoint(self) -> Option<Position> {
        None
    }
}

impl Cursor for Position {
    fn after_event(event: &RecordedEvent) -> Self {
        event.read_position()
    }

    fn checkpoint(self) -> Option<Position> {
        Some(self)
    }
}

/// What a [`PageSource`] read.
#[derive(Debug, Clone)]
pub struct FollowPage<C> {
    messages: Vec<SubscriptionMessage>,
    last: Option<C>,
    considered: Option<C>,
    passed_over: u64,
    more: bool,
}

impl<C: Cursor> FollowPage<C> {
    /// A page with nothing after it. `considered` is how far it looked, which
    /// may be past its last event: the next read begins after it.
    pub fn last(events: Vec<RecordedEvent>, considered: Option<C>) -> Self {
        Self {
            last: events.last().map(C::after_event),
            messages: events.into_iter().map(SubscriptionMessage::Event).collect(),
            considered,
            passed_over: 0,
            more: false,
        }
    }

    /// A page with more after it, to be read at once.
    ///
    /// It must have an event, or `considered` must be past what the read began
    /// after; otherwise the subscription would read it for ever.
    pub fn followed(events: Vec<RecordedEvent>, considered: Option<C>) -> Self {
        Self {
            more: true,
            ..Self::last(events, considered)
        }
    }

    /// With these deletions among the events, each where its position is.
    ///
    /// They must be in order, and within what the page has looked at.
    #[must_use]
    pub fn with_deleted(mut self, deleted: Vec<StreamDeleted>) -> Self {
        if !deleted.is_empty() {
            let deleted = deleted.into_iter().map(SubscriptionMessage::StreamDeleted);
            self.messages.extend(deleted);
            // Stable: an event comes before what it says.
            self.messages.sort_by_key(position_of);
        }
        self
    }

    /// That `count` events after the last one of the page were looked at and
    /// did not pass the filter. An estimate will do.
    #[must_use]
    pub fn passing_over(mut self, count: u64) -> Self {
        self.passed_over = count;
        self
    }
}

fn position_of(message: &SubscriptionMessage) -> Option<Position> {
    match message {
        SubscriptionMessage::Event(event) => Some(event.read_position()),
        SubscriptionMessage::StreamDeleted(deleted) => Some(deleted.position),
        _ => None,
    }
}

/// Follows `source` after the place `after`, from its beginning when there is
/// none.
///
/// `listener` must have been made before `after` was determined, or else by a
/// signal that is given after every commit; then nothing is missed. The
/// subscription does nothing until it is polled, on whatever runtime.
pub fn follow<S: PageSource>(
    source: S,
    after: Option<S::Cursor>,
    listener: Listener,
) -> Subscription {
    let follower = Follower::new(source, after, listener);
    Subscription::from_messages(futures_util::stream::unfold(
        follower,
        |mut follower| async move {
            let message = follower.next_message().await;
            Some((message, follower))
        },
    ))
}
