//! Futures of the client crate, run where they can do no harm.

use super::{client::Lease, connection::Connection, failure::CallError, follow::panic_text};
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

/// A task that ends when no caller waits for it any more.
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
    let task = async { task.await.map_err(|panicked| panicked.to_string()) };
    within_deadline(connection, lease, ends, task).await
}

/// As [`guarded`], without a task: cheaper for what wakes often, and opens no
/// connection.
pub(super) async fn guarded_in_place<T>(
    connection: &Connection,
    lease: &Lease,
    ends: Instant,
    future: impl Future<Output = eventstore::Result<T>>,
) -> Result<T, CallError> {
    let future = AssertUnwindSafe(future).catch_unwind();
    let future = async { future.await.map_err(|panic| panic_text(&*panic)) };
    within_deadline(connection, lease, ends, future).await
}

async fn within_deadline<T>(
    connection: &Connection,
    lease: &Lease,
    ends: Instant,
    contained: impl Future<Output = Result<eventstore::Result<T>, String>>,
) -> Result<T, CallError> {
    let began = Instant::now();
    let result = match timeout_at(ends, contained).await {
        Ok(Ok(result)) => result.map_err(CallError::Client),
        Ok(Err(panic)) => Err(CallError::Panicked(panic)),
        Err(_) => Err(connection.late()),
    };
    match &result {
        Ok(_) => lease.answered(),
        Err(error) => connection.report_step(lease, (began, ends), error),
    }
    match result {
        Err(error) => Err(connection.told_apart(error, ends).await),
        result => result,
    }
}
