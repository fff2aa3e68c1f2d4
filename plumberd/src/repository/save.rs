use super::{Executed, Repository, RepositoryError, Root, loaded::EventRef};
use crate::{
    aggregate::Aggregate,
    retry::Backoff,
    store::{AppendOutcome, Attempts, StoreError, append_safely, expect_repeated},
    stream::{ExpectedRevision, StreamName},
    timer,
};

impl<A: Aggregate> Repository<A> {
    /// Appends the events that `root` has decided and not yet saved. Without
    /// any it writes nothing.
    ///
    /// While the store cannot be reached, or its answer is lost, the same
    /// events are sent again by the repository's [policy](Repository::with_retry).
    ///
    /// # Errors
    ///
    /// * [`RepositoryError::Conflict`] when another writer was first, and
    ///   [`RepositoryError::AlreadyExists`] when the root was to be new. The
    ///   root keeps its events; load another one and decide again.
    /// * [`RepositoryError::HalfChanged`] when a decision failed half way.
    /// * [`RepositoryError::Store`]. The root keeps its events, and the save
    ///   may be repeated, also when it is unknown whether they were written.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped the root keeps its events, and the save may
    /// be repeated.
    pub async fn save(&self, root: &mut Root<A>) -> Result<Executed<A>, RepositoryError> {
        let stream = self.stream(&root.id)?;
        if root.half_changed {
            return Err(RepositoryError::HalfChanged { stream });
        }
        let written = root.pending.clone();
        let mut backoff = Backoff::new(self.retry);
        let mut outcome = None;
        if (1..root.pending.len()).contains(&root.in_doubt) {
            // The store would not recognise what it may have as a part of more.
            let count = root.in_doubt;
            outcome = Some(self.save_first(&stream, root, count, &mut backoff).await?);
        }
        if !root.pending.is_empty() {
            let count = root.pending.len();
            let rest = self.save_first(&stream, root, count, &mut backoff).await?;
            outcome = Some(match outcome {
                Some(before) => both(&before, &rest),
                None => rest,
            });
        }
        Ok(match outcome {
            Some(outcome) => {
                let attempts = backoff.retries().saturating_add(1);
                Executed::written_as(root.id.clone(), &outcome, attempts, written)
            }
            None => Executed::nothing(root.id.clone(), root.revision(), 1),
        })
    }

    /// Appends the first `count` pending events.
    async fn save_first(
        &self,
        stream: &StreamName,
        root: &mut Root<A>,
        count: usize,
        backoff: &mut Backoff,
    ) -> Result<AppendOutcome, RepositoryError> {
        let events = root.pending[..count].to_vec();
        let last = events.last().map(crate::event::NewEvent::id);
        let before = root.in_doubt;
        // A future that is dropped leaves the outcome unknown.
        root.in_doubt = count;
        let expected = root.loaded.expected();
        let appended = append_safely(&*self.store, stream, expected, &events, backoff).await;
        let outcome = match appended {
            Ok(outcome) => outcome,
            Err(error) => {
                root.in_doubt = match &error {
                    StoreError::OutcomeUnknown { .. } => count,
                    // The store looked for the ids: they are not there.
                    StoreError::Conflict { .. } => 0,
                    _ => before,
                };
                if let Some(cache) = &self.cache {
                    cache.remove(stream);
                }
                let error = Attempts::told(error, backoff.retries().saturating_add(1));
                return Err(conflict(error, stream.clone()));
            }
        };
        if outcome.is_already_applied() {
            let repeated = expect_repeated(&*self.store, stream, expected, &outcome, &events).await;
            if let Err(StoreError::Idempotency { .. }) = repeated {
                root.in_doubt = 0;
            }
            repeated?;
        }
        root.in_doubt = 0;
        root.pending.drain(..count);
        root.loaded.last = last.map(|id| EventRef {
            revision: outcome.revision(),
            id,
        });
        if root.pending.is_empty() {
            self.written(stream, &mut root.loaded).await;
        }
        Ok(outcome)
    }

    /// Deletes the aggregate and its snapshots: afterwards it is like one that
    /// never was, and may be created again. The global order keeps its events.
    ///
    /// When it fails it may be repeated: the snapshots go first. While the store
    /// cannot be reached, or its answer is lost, it is tried again by the
    /// repository's [policy](Repository::with_retry).
    ///
    /// # Errors
    ///
    /// [`RepositoryError::NotFound`], [`RepositoryError::Id`] or
    /// [`RepositoryError::Store`].
    pub async fn delete(&self, id: &A::Id) -> Result<(), RepositoryError> {
        let stream = self.stream(id)?;
        if let Some(cache) = &self.cache {
            cache.remove(&stream);
        }
        if let Some(snapshots) = &self.snapshots {
            snapshots.delete(&*self.store, &stream).await?;
        }
        let mut backoff = Backoff::new(self.retry);
        let mut unknown = None;
        loop {
            let existing = ExpectedRevision::StreamExists;
            let error = match self.store.delete(&stream, existing).await {
                Ok(()) => return Ok(()),
                // What is not there any more, this may have deleted.
                Err(StoreError::Conflict { .. }) if unknown.is_some() => return Ok(()),
                Err(StoreError::Conflict { .. }) => {
                    return Err(RepositoryError::NotFound { stream });
                }
                Err(error @ StoreError::OutcomeUnknown { .. }) => error,
                Err(error) if error.is_transient() => unknown.take().unwrap_or(error),
                Err(error) => return Err(unknown.unwrap_or(error).into()),
            };
            let Some(wait) = backoff.next_pause() else {
                return Err(Attempts::told(error, backoff.retries().saturating_add(1)).into());
            };
            if let StoreError::OutcomeUnknown { .. } = error {
                unknown = Some(error);
            }
            timer::sleep(wait).await;
        }
    }
}

/// Two appends, one after the other, as one.
const fn both(first: &AppendOutcome, second: &AppendOutcome) -> AppendOutcome {
    let (from, to) = (first.first_revision(), second.revision());
    if first.is_already_applied() && second.is_already_applied() {
        AppendOutcome::already_applied(from, to, second.position())
    } else {
        AppendOutcome::written(from, to, second.position())
    }
}

/// What an append that failed means to a root.
fn conflict(error: StoreError, stream: StreamName) -> RepositoryError {
    match error {
        StoreError::Conflict {
            expected: ExpectedRevision::NoStream,
            ..
        } => RepositoryError::AlreadyExists { stream },
        StoreError::Conflict {
            expected, actual, ..
        } => RepositoryError::Conflict {
            stream,
            expected,
            actual,
            attempts: 1,
            repeatable: true,
        },
        other => other.into(),
    }
}
