//! What came of an append, or of the same command before.

use super::{
    Executed, RepositoryError,
    run::{Attempt, Running},
};
use crate::{
    aggregate::Aggregate,
    event::NewEvent,
    store::{AppendOutcome, IdempotencyReason, StoreError, expect_repeated},
    stream::{ExpectedRevision, Revision},
};

impl<A: Aggregate> Running<'_, A> {
    pub(super) async fn expect_repeated(
        &mut self,
        expected: ExpectedRevision,
        outcome: &AppendOutcome,
        events: &[NewEvent],
    ) -> Result<(), RepositoryError> {
        let repository = self.repository;
        loop {
            let store = &*repository.store;
            let same = expect_repeated(store, &self.stream, expected, outcome, events);
            match Box::pin(same).await {
                Ok(()) => return Ok(()),
                Err(error) => self.again(error.into()).await?,
            }
        }
    }

    /// What an append that failed means: a race that was lost, or an error.
    pub(super) async fn lost(
        &mut self,
        error: StoreError,
        expected: ExpectedRevision,
    ) -> Result<Attempt<A>, RepositoryError> {
        match error {
            StoreError::Conflict { actual, .. } => {
                self.conflicted = true;
                Ok(Attempt::Lost(self.conflict(expected, actual)))
            }
            // The same command, carried out meanwhile, led to other events.
            StoreError::Idempotency { reason, .. }
                if self.command.is_some() && reason != IdempotencyReason::OtherStream =>
            {
                Ok(match self.first_outcome().await? {
                    Some(first) => Attempt::Done(first),
                    None => Attempt::Lost(error.into()),
                })
            }
            other => {
                if let Some(cache) = &self.repository.cache {
                    cache.remove(&self.stream);
                }
                Err(other.into())
            }
        }
    }

    pub(super) fn conflict(
        &self,
        expected: ExpectedRevision,
        actual: Option<Revision>,
    ) -> RepositoryError {
        RepositoryError::Conflict {
            stream: self.stream.clone(),
            expected,
            actual,
            attempts: self.attempts,
            repeatable: !self.is_final(),
        }
    }

    /// The events of the command are stored, so that they are not written would
    /// be a lie.
    pub(super) fn unsure(&self, error: RepositoryError) -> RepositoryError {
        match error {
            RepositoryError::Store {
                source:
                    StoreError::Unavailable { backend, source }
                    | StoreError::Backend { backend, source },
            } => RepositoryError::Store {
                source: StoreError::OutcomeUnknown {
                    backend,
                    stream: self.stream.clone(),
                    source,
                },
            },
            other => other,
        }
    }

    /// What the command came to when it was carried out before.
    pub(super) async fn first_outcome(&mut self) -> Result<Option<Executed<A>>, RepositoryError> {
        if self.command.is_none() {
            return Ok(None);
        }
        loop {
            // In a box, as whatever is rare: else every command had room for it.
            match Box::pin(self.look_for_first()).await {
                Ok(first) => return Ok(first),
                Err(error) => self.again(error).await?,
            }
        }
    }

    pub(super) async fn look_for_first(&self) -> Result<Option<Executed<A>>, RepositoryError> {
        let Some(command) = &self.command else {
            return Ok(None);
        };
        let (id, stream, attempts) = (&self.id, &self.stream, self.attempts);
        self.repository
            .first_outcome(id, stream, command, attempts)
            .await
    }
}
