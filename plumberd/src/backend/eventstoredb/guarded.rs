//! Futures of the client crate, run where they can do no harm.

use super::{client::Lease, connection::Connection, error::CallError};
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    runtime::Handle,
    task::{JoinError, JoinHandle},
};

/// A task that ends when nobody waits for it any more.
pub(super) struct OwnedTask<T>(JoinHandle<T>);

impl<T: Send + 'static> OwnedTask<T> {
    pub(super) fn spawn(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }

    /// One on the runtime of a client, which must be leased meanwhile.
    pub(super) fn spawn_on(
        runtime: &Handle,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Self {
        Self(runtime.spawn(future))
    }
}

impl<T> Future for OwnedTask<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for OwnedTask<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits for `future`, which works with this client, no longer than the
/// deadline; on a task of its own, so that a panic of the client crate is an
/// error. Dropping it drops `future`.
pub(super) async fn guarded<T: Send + 'static>(
    connection: &Connection,
    lease: &Lease,
    future: impl Future<Output = eventstore::Result<T>> + Send + 'static,
) -> Result<T, CallError> {
    let deadline = connection.deadline();
    let task = OwnedTask::spawn_on(lease.runtime(), future);
    let result = match tokio::time::timeout(deadline, task).await {
        Ok(Ok(result)) => result.map_err(CallError::Client),
        Ok(Err(panicked)) => Err(CallError::Panicked(panicked.to_string())),
        Err(_) => Err(CallError::TimedOut(deadline)),
    };
    if let Err(error) = &result {
        connection.report(lease.generation, error);
    }
    result
}
