//! Futures of the client crate, run where they can do no harm.

use super::{connection::Connection, error::CallError, subscribe::panic_text};
use futures_util::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::task::{JoinError, JoinHandle};

/// A task that ends when nobody waits for it any more.
pub(super) struct OwnedTask<T>(JoinHandle<T>);

impl<T: Send + 'static> OwnedTask<T> {
    pub(super) fn spawn(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
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

/// Waits for `future`, which works with a client of this generation, no longer
/// than the deadline; on a task of its own, so that a panic of the client crate
/// is an error. Dropping it drops `future`.
pub(super) async fn guarded<T: Send + 'static>(
    connection: &Connection,
    generation: u64,
    future: impl Future<Output = eventstore::Result<T>> + Send + 'static,
) -> Result<T, CallError> {
    let task = OwnedTask::spawn(future);
    let task = async { task.await.map_err(|panicked| panicked.to_string()) };
    within_deadline(connection, generation, task).await
}

/// As [`guarded`], without a task: cheaper for what wakes often.
pub(super) async fn guarded_in_place<T>(
    connection: &Connection,
    generation: u64,
    future: impl Future<Output = eventstore::Result<T>>,
) -> Result<T, CallError> {
    let future = AssertUnwindSafe(future).catch_unwind();
    let future = async { future.await.map_err(|panic| panic_text(&*panic)) };
    within_deadline(connection, generation, future).await
}

async fn within_deadline<T>(
    connection: &Connection,
    generation: u64,
    contained: impl Future<Output = Result<eventstore::Result<T>, String>>,
) -> Result<T, CallError> {
    let deadline = connection.deadline();
    let result = match tokio::time::timeout(deadline, contained).await {
        Ok(Ok(result)) => result.map_err(CallError::Client),
        Ok(Err(panic)) => Err(CallError::Panicked(panic)),
        Err(_) => Err(CallError::TimedOut(deadline)),
    };
    if let Err(error) = &result {
        connection.report(generation, error);
    }
    result
}
