//! What a subscriber polls: the messages of the server, with the port's
//! signals.
//!
//! The server says once that it has sent all there was. After it, events come
//! as they are written, and nothing says when there are no more for now: that
//! is found out by a look at the newest event, when none has come for a moment.

use super::{
    super::{Shared, client::Line},
    messages::{Message, Messages},
    target::Target,
};
use crate::{
    event::RecordedEvent,
    store::{StoreError, Subscription, SubscriptionMessage, toolkit::follow::PAGE_EVENTS},
};
use futures_util::stream;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long nothing must have come before it is asked whether there is more;
/// doubled each time that there was.
const QUIET: Duration = Duration::from_millis(10);
const LONGEST_QUIET: Duration = Duration::from_secs(1);

/// A subscription as its subscriber sees it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they change one by one"
)]
struct Follow {
    shared: Arc<Shared>,
    target: Target,
    messages: Messages,
    /// Everything up to here has been yielded, or passed over.
    seen: Option<u64>,
    /// Whether the server sends what is written now.
    live: bool,
    /// Whether the subscriber was told so, and nothing else since.
    told_live: bool,
    /// Whether something was yielded that another `CaughtUp` must follow.
    announce: bool,
    /// How many events were yielded since the last `CaughtUp`.
    since: usize,
    /// How long nothing must come before it is asked whether there is more.
    quiet: Duration,
    /// Whether the server was away: it may come back with an older state.
    was_away: bool,
    /// To be yielded next.
    held: Option<RecordedEvent>,
}

/// Follows `target` after the revision or position `after`. Whether that can be
/// is to be known before `ends`.
pub(super) async fn begin(
    shared: &Arc<Shared>,
    target: Target,
    after: Option<u64>,
    ends: Instant,
) -> Result<Subscription, StoreError> {
    let follow = Follow {
        shared: Arc::clone(shared),
        messages: Messages::begin(shared, Line::Subscriptions, target.clone(), after, ends).await?,
        target,
        seen: after,
        live: false,
        told_live: false,
        announce: true,
        since: 0,
        quiet: QUIET,
        was_away: false,
        held: None,
    };
    Ok(Subscription::from_messages(stream::unfold(
        follow,
        |mut follow| async move {
            let message = follow.next().await;
            Some((message, follow))
        },
    )))
}

impl Follow {
    async fn next(&mut self) -> Result<SubscriptionMessage, StoreError> {
        loop {
            if let Some(event) = self.held.take() {
                return Ok(self.event(event));
            }
            if self.live && self.was_away {
                self.check_reached().await?;
                self.was_away = false;
            }
            let message = match self.messages.try_next() {
                Some(message) => message,
                None if self.live && self.announce => match self.until_quiet().await {
                    Some(message) => message,
                    None => return Ok(self.caught_up()),
                },
                None => self.messages.next().await,
            };
            if let Some(message) = self.take(message)? {
                return Ok(message);
            }
        }
    }

    fn take(&mut self, message: Message) -> Result<Option<SubscriptionMessage>, StoreError> {
        match message {
            Message::Event(event) => {
                let pending = self.since + 1 + self.messages.waiting();
                if self.told_live && pending > PAGE_EVENTS {
                    self.told_live = false;
                    self.held = Some(event);
                    return Ok(Some(SubscriptionMessage::FellBehind));
                }
                return Ok(Some(self.event(event)));
            }
            Message::Deleted(deleted) => {
                self.seen = self.seen.max(Some(deleted.position.as_u64()));
                self.announce = true;
                return Ok(Some(SubscriptionMessage::StreamDeleted(deleted)));
            }
            Message::Passed(position) => {
                self.seen = self.seen.max(Some(position.as_u64()));
            }
            Message::Checkpoint(position) => {
                self.seen = self.seen.max(Some(position.as_u64()));
                return Ok(Some(SubscriptionMessage::Checkpoint(position)));
            }
            Message::CaughtUp => {
                // When that was: more may have come since, and be on its way.
                self.live = true;
                self.quiet = Duration::ZERO;
            }
            Message::FellBehind => {
                self.live = false;
                self.announce = true;
                if std::mem::take(&mut self.told_live) {
                    return Ok(Some(SubscriptionMessage::FellBehind));
                }
            }
            Message::Interrupted(_) => {
                self.live = false;
                self.was_away = true;
            }
            Message::Failed(error) => return Err(error),
        }
        Ok(None)
    }

    fn event(&mut self, event: RecordedEvent) -> SubscriptionMessage {
        let place = match self.target {
            Target::Stream(_) => {
                self.shared.count_unresolved(std::slice::from_ref(&event));
                event.read_revision().as_u64()
            }
            Target::All { .. } => event.read_position().as_u64(),
        };
        self.seen = Some(place);
        self.announce = true;
        self.since += 1;
        SubscriptionMessage::Event(event)
    }

    fn caught_up(&mut self) -> SubscriptionMessage {
        self.announce = false;
        self.told_live = true;
        self.since = 0;
        SubscriptionMessage::CaughtUp
    }

    /// Waits for a message; `None` when there is nothing that could come.
    async fn until_quiet(&mut self) -> Option<Message> {
        let mut quiet = std::mem::replace(&mut self.quiet, QUIET);
        loop {
            match tokio::time::timeout(quiet, self.messages.next()).await {
                Ok(message) => return Some(message),
                Err(_) => quiet = (quiet * 2).clamp(QUIET, LONGEST_QUIET),
            }
            // What cannot be asked is not known; the pump hears of it too.
            let all_seen = self.has_seen_all().await.unwrap_or_else(|error| {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "a subscription could not ask for the newest event"
                );
                false
            });
            match self.messages.try_next() {
                Some(message) => return Some(message),
                None if all_seen => return None,
                None => {}
            }
        }
    }

    async fn check_reached(&self) -> Result<(), StoreError> {
        let Some(seen) = self.seen else {
            return Ok(());
        };
        let ends = self.shared.connection.ends();
        match self.shared.check_reached(&self.target, seen, ends).await {
            // What cannot be asked is not known; the pump hears of it too.
            Err(error) if error.is_transient() => Ok(()),
            checked => checked,
        }
    }

    async fn has_seen_all(&mut self) -> Result<bool, StoreError> {
        match &self.target {
            Target::Stream(stream) => {
                let last = self
                    .shared
                    .last_visible(stream, self.shared.connection.ends())
                    .await;
                let last = last.map_err(super::CallError::into_store_error)?;
                Ok(last.is_none_or(|last| Some(last.as_u64()) <= self.seen))
            }
            Target::All { filter, .. } => self.shared.has_seen_all(&mut self.seen, filter).await,
        }
    }
}
