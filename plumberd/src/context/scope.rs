use super::MessageContext;
use pin_project_lite::pin_project;
use std::{
    cell::RefCell,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

thread_local! {
    static CURRENT: RefCell<MessageContext> = const { RefCell::new(MessageContext::new()) };
}

pub(super) fn current() -> MessageContext {
    CURRENT.with_borrow(MessageContext::clone)
}

pin_project! {
    /// A future that runs in a context; [`MessageContext::scope`] makes one.
    ///
    /// Independent of the async runtime: the context is set while the future
    /// is polled, and taken back when the poll returns or panics.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless awaited"]
    pub struct Scope<F> {
        context: MessageContext,
        #[pin]
        future: F,
    }
}

impl<F> Scope<F> {
    pub(super) fn new(context: MessageContext, future: F) -> Self {
        Self { context, future }
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let outer = CURRENT.replace(this.context.clone());
        let _restore = Restore(outer);
        this.future.poll(cx)
    }
}

/// Puts the outer context back, also when a poll panics.
struct Restore(MessageContext);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(mem::take(&mut self.0));
    }
}
