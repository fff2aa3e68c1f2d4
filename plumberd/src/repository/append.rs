use super::{Repository, loaded::Loaded};
use crate::{
    aggregate::Aggregate,
    clock::Clock,
    event::NewEvent,
    retry::{Backoff, RetryPolicy},
    store::{AppendOutcome, EventStore, StoreError},
    stream::{ExpectedRevision, StreamName},
};

/// Appends that are asked for again while their outcome is unknown.
pub(super) struct Sure<'a> {
    store: &'a dyn EventStore,
    retry: RetryPolicy,
}

impl<'a> Sure<'a> {
    pub(super) const fn new(store: &'a dyn EventStore, retry: RetryPolicy) -> Self {
        Self { store, retry }
    }

    pub(super) async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: &[NewEvent],
    ) -> Result<AppendOutcome, StoreError> {
        let mut backoff = Backoff::new(self.retry);
        let mut unknown = None;
        loop {
            let error = match self.store.append(stream, expected, events.to_vec()).await {
                Ok(outcome) => return Ok(outcome),
                Err(error @ StoreError::OutcomeUnknown { .. }) => error,
                // The store looks for the ids first: these say they are not there.
                Err(error @ (StoreError::Conflict { .. } | StoreError::Idempotency { .. })) => {
                    return Err(error);
                }
                // "Nothing was written" is then said of the repetition only.
                Err(error) => return Err(unknown.unwrap_or(error)),
            };
            let Some(pause) = backoff.next_pause() else {
                return Err(error);
            };
            tracing::warn!(%stream, %error, "appending again, to know whether it was written");
            unknown = Some(error);
            tokio::time::sleep(pause).await;
        }
    }
}

impl<A: Aggregate> Repository<A> {
    /// Remembers a state that has just been written, and takes a snapshot when
    /// one is due.
    pub(super) async fn written(&self, stream: &StreamName, loaded: &mut Loaded<A>) {
        let Some(last) = loaded.last else {
            return;
        };
        if let Some(snapshots) = &self.snapshots {
            let now = Clock::system().now();
            if snapshots.is_due(last.revision, now, loaded.snapshot) {
                let saved = snapshots
                    .save(&*self.store, stream, &loaded.state, last.revision, last.id)
                    .await;
                match saved {
                    Ok(()) => loaded.snapshot = Some((last.revision, now)),
                    Err(error) => tracing::warn!(%stream, %error, "no snapshot was taken"),
                }
            }
        }
        if let Some(cache) = &self.cache {
            cache.put(stream, loaded);
        }
    }
}
