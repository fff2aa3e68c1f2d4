//! Futures of the client crate, run where they can do no harm.

use super::{client::Lease, connection::Connection, error::CallError};
use futures_util::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    runtime::Handle,
    task::{JoinError, JoinHandle},
    time::{Instant, timeout_at},
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

/// Waits for `future`, which works with this client, until `ends`; on a task of
/// its own, so that a panic of the client crate is an error. Dropping it drops
/// `future`.
pub(super) async fn guarded<T: Send + 'static>(
    connection: &Connection,
    lease: &Lease,
    ends: Instant,
    future: impl Future<Output = eventstore::Result<T>> + Send + 'static,
) -> Result<T, CallError> {
    let task = OwnedTask::spawn_on(lease.runtime(), future);
    let result = match timeout_at(ends, task).await {
        Ok(Ok(result)) => result.map_err(CallError::Client),
        Ok(Err(panicked)) => Err(CallError::Panicked(panicked.to_string())),
        Err(_) => Err(connection.late()),
    };
    if let Err(error) = &result {
        connection.report(lease.generation, error);
    }
    result
}

/// As [`guarded`], without a task: cheaper, and right where `future` wakes often
/// and does not start connections.
pub(super) async fn guarded_here<T>(
    connection: &Connection,
    lease: &Lease,
    ends: Instant,
    future: impl Future<Output = eventstore::Result<T>>,
) -> Result<T, CallError> {
    let future = AssertUnwindSafe(future).catch_unwind();
    let result = match timeout_at(ends, future).await {
        Ok(Ok(result)) => result.map_err(CallError::Client),
        Ok(Err(_)) => Err(CallError::Panicked("while it read".to_owned())),
        Err(_) => Err(connection.late()),
    };
    if let Err(error) = &result {
        connection.report(lease.generation, error);
    }
    result
}
