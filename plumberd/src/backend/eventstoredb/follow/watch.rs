//! The client crate's subscription, kept from running wild: when the server
//! ends one in peace, the crate asks the ended stream for ever, without ever
//! giving its thread back, and says so in the log each time. That is where it
//! is stopped.

use super::super::{client::Lease, failure::CallError};
use eventstore::{Subscription, SubscriptionEvent};
use futures_util::future::poll_fn;
use std::{
    any::Any,
    cell::Cell,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber, dispatcher,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};

/// How often it may say that it understood nothing before it gives the thread
/// back. A message of a newer server is one such time.
const PATIENCE: u32 = 100;

thread_local! {
    /// How often it has said so since it was last polled on this thread.
    static IDLE: Cell<u32> = const { Cell::new(0) };
}

/// Who listens to the subscriptions of a handle while they are polled.
#[derive(Clone)]
pub(in super::super) struct Listener(Dispatch);

impl Listener {
    /// One that hands on what it hears to whom the log goes now.
    pub(in super::super) fn new() -> Self {
        let log = dispatcher::get_default(Dispatch::clone);
        Self(Dispatch::new(Watch { log }))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

/// A subscription of the client crate.
pub(super) struct Watched {
    subscription: Subscription,
    listener: Listener,
    lease: Lease,
}

/// Why there is no next message.
#[derive(Debug)]
pub(super) enum Stop {
    /// The server ended the subscription in peace.
    Ended,
    /// It failed.
    Failed(CallError),
}

impl Watched {
    pub(super) fn new(subscription: Subscription, lease: &Lease, listener: &Listener) -> Self {
        Self {
            subscription,
            listener: listener.clone(),
            lease: lease.clone(),
        }
    }

    /// The next message; after a stop there is none, nor when the future was
    /// dropped.
    pub(super) async fn next(&mut self) -> Result<SubscriptionEvent, Stop> {
        let mut next = std::pin::pin!(self.subscription.next_subscription_event());
        let Listener(dispatch) = &self.listener;
        let polled = poll_fn(|cx| {
            IDLE.set(0);
            // A connection it opens is the client's, and ends with it.
            let _runtime = self.lease.runtime().enter();
            let poll = || dispatcher::with_default(dispatch, || next.as_mut().poll(cx));
            match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(polled) => polled.map(Ok),
                Err(panic) => std::task::Poll::Ready(Err(panic)),
            }
        });
        match polled.await {
            Ok(result) => result.map_err(|error| Stop::Failed(CallError::Client(error))),
            Err(panic) if panic.is::<Wild>() => Err(Stop::Ended),
            Err(panic) => Err(Stop::Failed(CallError::Panicked(text(&*panic)))),
        }
    }
}

/// What a panic says.
pub(in super::super) fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a word".to_owned())
}

/// What is thrown through the crate.
struct Wild;

/// Listens to what the crate logs while it is polled, and hands it on.
struct Watch {
    log: Dispatch,
}

impl Watch {
    /// That it got a message it could make nothing of, or the end.
    fn is_idling(metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target() == "eventstore::commands"
    }
}

impl Subscriber for Watch {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if Self::is_idling(metadata) {
            return Interest::always();
        }
        self.log.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::is_idling(metadata) || self.log.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::current().max(LevelFilter::WARN))
    }

    fn event(&self, event: &Event<'_>) {
        if !Self::is_idling(event.metadata()) {
            return self.log.event(event);
        }
        match IDLE.replace(IDLE.get() + 1) {
            0 if self.log.enabled(event.metadata()) => self.log.event(event),
            count if count >= PATIENCE => stop(),
            _ => {}
        }
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.log.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.log.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.log.record_follows_from(span, follows);
    }

    fn enter(&self, span: &Id) {
        self.log.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.log.exit(span);
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.log.clone_span(span)
    }

    fn try_close(&self, span: Id) -> bool {
        self.log.try_close(span)
    }
}

/// Leaves the crate's loop, past the hook that reports panics: it is none.
fn stop() -> ! {
    if cfg!(panic = "unwind") {
        resume_unwind(Box::new(Wild));
    }
    // There is no way out of a program that cannot unwind; it shall at least
    // not take a processor.
    loop {
        std::thread::park();
    }
}
