use super::{CHECKPOINT_AFTER, Cursor, FollowPage, Listener, PageSource};
use crate::{
    retry::{Backoff, RetryPolicy},
    store::{StoreError, SubscriptionMessage},
    stream::Position,
    timer::sleep,
};
use std::{time::Duration, vec};

/// Readers of a store that comes back must not all come at once, and none may
/// give up.
const PAUSES: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(u32::MAX)
    .with_pauses(Duration::from_millis(50), Duration::from_secs(5));

/// One subscription: what it has read and not yet yielded, and where it is.
pub(super) struct Follower<S: PageSource> {
    source: S,
    listener: Listener,
    backoff: Backoff,

    /// The rest of the page that is being yielded.
    messages: vec::IntoIter<SubscriptionMessage>,
    /// Signals to yield: before the events, and after them.
    before: Option<SubscriptionMessage>,
    checkpoint: Option<Position>,

    /// Everything up to here has been read.
    after: Option<S::Cursor>,
    /// Passed over by the filter since something was yielded.
    passed_over: u64,
    /// What to do when the page has been yielded.
    next: Next,
    /// Whether it was caught up, and has not fallen behind since.
    live: bool,
    /// Whether something was yielded that another `CaughtUp` must follow.
    announce: bool,
}

/// What a follower does when it has nothing left to yield.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Read,
    /// There was nothing more: wait, unless there is by now.
    Wait,
}

impl<S: PageSource> Follower<S> {
    pub(super) fn new(source: S, after: Option<S::Cursor>, listener: Listener) -> Self {
        Self {
            source,
            listener,
            backoff: Backoff::new(PAUSES),
            messages: Vec::new().into_iter(),
            before: None,
            checkpoint: None,
            after,
            passed_over: 0,
            next: Next::Read,
            live: false,
            announce: true,
        }
    }

    pub(super) async fn next_message(&mut self) -> Result<SubscriptionMessage, StoreError> {
        loop {
            if let Some(message) = self.take_message() {
                return Ok(message);
            }
            if self.next == Next::Wait && !self.listener.is_signalled() {
                if std::mem::take(&mut self.announce) {
                    self.live = true;
                    return Ok(SubscriptionMessage::CaughtUp);
                }
                self.listener.wait().await;
            }
            let page = self.read_page().await?;
            self.take_page(page).await;
        }
    }

    fn take_message(&mut self) -> Option<SubscriptionMessage> {
        if let Some(signal) = self.before.take() {
            return Some(signal);
        }
        if let Some(message) = self.messages.next() {
            self.announce = true;
            return Some(message);
        }
        self.checkpoint.take().map(SubscriptionMessage::Checkpoint)
    }

    async fn read_page(&mut self) -> Result<FollowPage<S::Cursor>, StoreError> {
        loop {
            // Before the read: what is signalled from here on is read next.
            self.listener.begin_to_read();
            match self.source.read_page(self.after).await {
                Ok(page) => {
                    self.backoff = Backoff::new(PAUSES);
                    return Ok(page);
                }
                Err(error) if error.is_transient() => {
                    let pause = self.backoff.next_pause().unwrap_or(PAUSES.cap);
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        ?pause,
                        "a subscription could not read and will try again"
                    );
                    sleep(pause).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn take_page(&mut self, page: FollowPage<S::Cursor>) {
        self.after = self.after.max(page.last).max(page.considered);
        self.next = if page.more { Next::Read } else { Next::Wait };
        if page.messages.is_empty() {
            self.passed_over = self.passed_over.saturating_add(page.passed_over);
        } else {
            self.passed_over = page.passed_over;
            if page.more && page.last.is_some() && std::mem::take(&mut self.live) {
                self.before = Some(SubscriptionMessage::FellBehind);
            }
        }
        if self.passed_over >= CHECKPOINT_AFTER {
            self.passed_over = 0;
            self.checkpoint = self.after.and_then(Cursor::checkpoint);
        }
        let nothing = page.messages.is_empty();
        self.messages = page.messages.into_iter();
        if nothing && page.more {
            // A filter that nothing passes must not keep the others waiting.
            tokio::task::yield_now().await;
        }
    }
}
