use super::{
    ExecuteError, Executed, Repository, RepositoryError,
    append::Sure,
    execute::Existing,
    loaded::{Loaded, Place, Until},
};
use crate::{
    aggregate::{Aggregate, IntoEvents, Raise},
    context::MessageContext,
    event::{NewEvent, derived_event_id},
    retry::Backoff,
    store::{AppendOutcome, IdempotencyReason, StoreError, expect_repeated},
    stream::{ExpectedRevision, StreamName},
};
use uuid::Uuid;

/// A command that is being carried out.
pub(super) struct Running<'a, A: Aggregate> {
    pub(super) repository: &'a Repository<A>,
    pub(super) id: A::Id,
    pub(super) stream: StreamName,
    pub(super) existing: Existing,
    pub(super) command_id: Option<Uuid>,
    pub(super) context: MessageContext,
    pub(super) backoff: Backoff,
    /// How often it was decided.
    pub(super) attempts: u32,
    /// Whether a conflict said that the stream is not as it was read: should
    /// it be read as empty, its events are hidden.
    pub(super) conflicted: bool,
}

/// What an attempt came to.
enum Attempt<A: Aggregate> {
    Done(Executed<A>),
    /// Another writer was first; this is what the store said.
    Lost(RepositoryError),
    /// The state that was cached is old.
    Outdated,
}

impl<A: Aggregate> Running<'_, A> {
    pub(super) async fn run<F, D, E>(
        mut self,
        mut decide: F,
    ) -> Result<Executed<A>, ExecuteError<E>>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        let gates = &self.repository.gates;
        let mut turn = gates.enter_if_contended(&self.stream).await;
        // The first attempt may decide on what is cached. That it was old is no
        // fault of the command's, and costs no retry: without a cache it would
        // have read.
        let mut may_be_cached = true;
        loop {
            let attempt = self.attempt(&mut decide, may_be_cached).await?;
            may_be_cached = false;
            let lost = match attempt {
                Attempt::Done(executed) => return Ok(executed),
                Attempt::Outdated => {
                    if turn.is_none() {
                        turn = Some(gates.enter(&self.stream).await);
                    }
                    continue;
                }
                Attempt::Lost(lost) => lost,
            };
            let Some(pause) = self.backoff.next_pause() else {
                return Err(lost.into());
            };
            tracing::debug!(stream = %self.stream, retry = self.backoff.retries(), "lost a race");
            // One that lost takes its turn among those of this process; one
            // that had it lost to another process.
            match turn {
                Some(_) => tokio::time::sleep(pause).await,
                None => turn = Some(gates.enter(&self.stream).await),
            }
        }
    }

    async fn attempt<F, D, E>(
        &mut self,
        decide: &mut F,
        may_be_cached: bool,
    ) -> Result<Attempt<A>, ExecuteError<E>>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        self.attempts = self.attempts.saturating_add(1);
        if let Some(first) = self.first_outcome().await? {
            return Ok(Attempt::Done(first));
        }
        if may_be_cached
            && self.existing == Existing::Allowed
            && let Some(cached) = self.cached()
        {
            // Only an append lets the store say that the state is old. What
            // ends without one must not be said of an old state.
            if let Ok((loaded, events)) = self.decide(cached, decide)
                && !events.is_empty()
            {
                return Ok(match self.append(loaded, events).await? {
                    Attempt::Lost(_) => Attempt::Outdated,
                    done => done,
                });
            }
        }
        match self.attempt_on_read(decide).await {
            // The same command may have been carried out between the look for
            // its outcome and the read, by a repetition that overtook this one.
            Ok(Attempt::Done(nothing)) if nothing.events() == 0 => Ok(Attempt::Done(
                self.first_outcome().await?.unwrap_or(nothing),
            )),
            Err(error) => match self.first_outcome().await? {
                Some(first) => Ok(Attempt::Done(first)),
                None => Err(error),
            },
            attempt => attempt,
        }
    }

    async fn attempt_on_read<F, D, E>(
        &mut self,
        decide: &mut F,
    ) -> Result<Attempt<A>, ExecuteError<E>>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        let mut loaded = self.repository.read(&self.stream, Until::Head).await?;
        if self.existing == Existing::Refused && loaded.last.is_some() {
            let stream = self.stream.clone();
            return Err(RepositoryError::AlreadyExists { stream }.into());
        }
        if loaded.last.is_none() && self.conflicted {
            loaded.hidden_head = self.repository.hidden_head(&self.stream).await?;
        }
        let revision = loaded.revision();
        let (loaded, events) = self.decide(loaded, decide)?;
        if events.is_empty() {
            let nothing = Executed::nothing(self.id.clone(), revision, self.attempts);
            return Ok(Attempt::Done(nothing));
        }
        self.append(loaded, events).await
    }

    fn cached(&self) -> Option<Loaded<A>> {
        self.repository.cache.as_ref()?.get(&self.stream)
    }

    /// Decides, and applies the events to the state.
    fn decide<F, D, E>(
        &self,
        mut loaded: Loaded<A>,
        decide: &mut F,
    ) -> Result<(Loaded<A>, Vec<NewEvent>), ExecuteError<E>>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        let decision = decide(&loaded.state).map_err(ExecuteError::Rejected)?;
        let mut events = Vec::with_capacity(1);
        let mut raise = Raise::new(
            &mut loaded.state,
            &mut events,
            &self.context,
            self.command_id,
        );
        decision.raise(&mut raise).map_err(ExecuteError::Raise)?;
        Ok((loaded, events))
    }

    async fn append<E>(
        &mut self,
        mut loaded: Loaded<A>,
        events: Vec<NewEvent>,
    ) -> Result<Attempt<A>, ExecuteError<E>> {
        let expected = loaded.expected();
        let last = events.last().map(NewEvent::id);
        let sure = Sure::new(&*self.repository.store, self.repository.retry);
        let outcome = match sure.append(&self.stream, expected, &events).await {
            Ok(outcome) => outcome,
            Err(error) => return self.lost(error, expected).map_err(Into::into),
        };
        if outcome.is_already_applied() {
            // A repetition was faster, and may have decided on other events.
            if let Some(first) = self.first_outcome().await? {
                return Ok(Attempt::Done(first));
            }
            let store = &*self.repository.store;
            expect_repeated(store, &self.stream, expected, &outcome, &events).await?;
        } else if let Some(id) = last {
            loaded.last = Some(Place {
                revision: outcome.revision(),
                id,
            });
            let written = self.repository.written(&self.stream, &mut loaded);
            self.context.scope(written).await;
        }
        let executed = Executed::written(self.id.clone(), &outcome, self.attempts);
        Ok(Attempt::Done(executed))
    }

    /// What an append that failed means: a race that was lost, or an error.
    fn lost(
        &mut self,
        error: StoreError,
        expected: ExpectedRevision,
    ) -> Result<Attempt<A>, RepositoryError> {
        match error {
            StoreError::Conflict { actual, .. } => {
                self.conflicted = true;
                Ok(Attempt::Lost(RepositoryError::Conflict {
                    stream: self.stream.clone(),
                    expected,
                    actual,
                    attempts: self.attempts,
                }))
            }
            // The same command, carried out meanwhile, led to other events.
            StoreError::Idempotency { reason, .. }
                if self.command_id.is_some() && reason != IdempotencyReason::OtherStream =>
            {
                Ok(Attempt::Lost(error.into()))
            }
            other => {
                if let Some(cache) = &self.repository.cache {
                    cache.remove(&self.stream);
                }
                Err(other.into())
            }
        }
    }

    /// What the command came to when it was carried out before.
    async fn first_outcome(&self) -> Result<Option<Executed<A>>, StoreError> {
        let Some(command_id) = self.command_id else {
            return Ok(None);
        };
        let store = &self.repository.store;
        let find = |index| store.find_event(&self.stream, derived_event_id(command_id, index));
        let Some(first) = find(0).await? else {
            return Ok(None);
        };
        let mut last = first;
        let mut index = 1;
        while let Some(next) = find(index).await? {
            last = next;
            index += 1;
        }
        let outcome = AppendOutcome::already_applied(first.revision, last.revision, last.position);
        Ok(Some(Executed::written(
            self.id.clone(),
            &outcome,
            self.attempts,
        )))
    }
}
