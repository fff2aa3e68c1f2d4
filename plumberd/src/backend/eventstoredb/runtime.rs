//! The Tokio runtime around a call: the store needs one, and says so where
//! there is none. Tokio would panic.

use super::EventStoreDbError;
use crate::{store::StoreError, timer::has_timer};
use futures_util::{Stream, StreamExt};
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// There is no Tokio runtime around the call, or one without a timer.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("there is no Tokio runtime with a timer")]
pub(super) struct NoRuntime;

impl From<NoRuntime> for StoreError {
    fn from(_: NoRuntime) -> Self {
        Self::NoRuntime {
            what: "an EventStoreDB store",
        }
    }
}

impl From<NoRuntime> for EventStoreDbError {
    fn from(_: NoRuntime) -> Self {
        Self::NoRuntime
    }
}

/// Fails outside of a runtime.
pub(super) fn check() -> Result<(), NoRuntime> {
    if has_timer() { Ok(()) } else { Err(NoRuntime) }
}

/// What a read or a subscription yields; it fails where it is polled outside of
/// a runtime.
pub(super) fn yields<T: 'static>(
    items: impl Stream<Item = Result<T, StoreError>> + Send + 'static,
) -> impl Stream<Item = Result<T, StoreError>> + Send + 'static {
    Checked(items.boxed())
}

struct Checked<S>(S);

impl<T, S: Stream<Item = Result<T, StoreError>> + Unpin> Stream for Checked<S> {
    type Item = Result<T, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Err(none) = check() {
            return Poll::Ready(Some(Err(none.into())));
        }
        self.0.poll_next_unpin(cx)
    }
}
