use super::{
    ExecuteError, Executed, Repository, RepositoryError,
    loaded::{Loaded, Place, Until},
};
use crate::{
    aggregate::{Aggregate, IntoEvents, Raise},
    context::MessageContext,
    event::{NewEvent, derived_event_id},
    retry::{Backoff, RetryPolicy},
    store::{AppendOutcome, IdempotencyReason, StoreError},
    stream::{ExpectedRevision, StreamName},
    telemetry,
};
use std::{fmt, future::IntoFuture, pin::Pin};
use tracing::Instrument;
use uuid::Uuid;

/// A command on its way: options, then `.await`.
#[must_use = "a command does nothing unless awaited"]
pub struct Execute<'a, A: Aggregate, F> {
    repository: &'a Repository<A>,
    id: A::Id,
    decide: F,
    existing: Existing,
    command_id: Option<Uuid>,
    retry: RetryPolicy,
    context: Option<MessageContext>,
}

/// What a command does with an aggregate that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Allowed,
    Refused,
}

impl<'a, A: Aggregate, F> Execute<'a, A, F> {
    pub(super) const fn new(
        repository: &'a Repository<A>,
        id: A::Id,
        decide: F,
        existing: Existing,
    ) -> Self {
        Self {
            retry: repository.retry,
            repository,
            id,
            decide,
            existing,
            command_id: None,
            context: None,
        }
    }

    /// With the command's identity: however often it is repeated, it is carried
    /// out once, and every repetition returns the first outcome.
    ///
    /// The ids of its events follow from it (see
    /// [`derived_event_id`](crate::event::derived_event_id)). A command that led
    /// to no event leaves no trace, and is decided again.
    pub const fn command_id(mut self, id: Uuid) -> Self {
        self.command_id = Some(id);
        self
    }

    /// With so many retries when other writers are first, in place of the
    /// repository's.
    pub const fn retries(mut self, retries: u32) -> Self {
        self.retry.retries = retries;
        self
    }

    /// In this context, in place of the ambient one.
    pub fn context(mut self, context: MessageContext) -> Self {
        self.context = Some(context);
        self
    }
}

impl<'a, A, F, D, E> IntoFuture for Execute<'a, A, F>
where
    A: Aggregate,
    F: FnMut(&A) -> Result<D, E> + Send + 'a,
    D: IntoEvents<A>,
    E: Send + 'a,
{
    type Output = Result<Executed<A>, ExecuteError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let stream = self.repository.stream(&self.id)?;
            let span = telemetry::execute_span(A::CATEGORY, &stream);
            let running = Running {
                context: self.context.unwrap_or_else(MessageContext::current),
                backoff: Backoff::new(self.retry),
                repository: self.repository,
                id: self.id,
                existing: self.existing,
                command_id: self.command_id,
                stream,
            };
            running.run(self.decide).instrument(span).await
        })
    }
}

/// A command that is being carried out.
struct Running<'a, A: Aggregate> {
    repository: &'a Repository<A>,
    id: A::Id,
    stream: StreamName,
    existing: Existing,
    command_id: Option<Uuid>,
    context: MessageContext,
    backoff: Backoff,
}

/// What an attempt came to.
enum Attempt<A: Aggregate> {
    Done(Executed<A>),
    /// Another writer was first; this is what the store said.
    Lost(RepositoryError),
}

impl<A: Aggregate> Running<'_, A> {
    async fn run<F, D, E>(mut self, mut decide: F) -> Result<Executed<A>, ExecuteError<E>>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        // The first attempt may decide on what is cached. One that lost a race
        // reads, and takes its turn among those of this process.
        let gates = &self.repository.gates;
        let mut turn = gates.enter_if_contended(&self.stream).await;
        let mut may_be_cached = true;
        loop {
            let lost = match self.attempt(&mut decide, may_be_cached).await? {
                Attempt::Done(executed) => return Ok(executed),
                Attempt::Lost(lost) => lost,
            };
            let Some(pause) = self.backoff.next_pause() else {
                return Err(lost.into());
            };
            tracing::debug!(stream = %self.stream, retry = self.backoff.retries(), "lost a race");
            match turn {
                // What was cached was old; what is read now is not.
                Some(_) if may_be_cached => {}
                // Another process was first.
                Some(_) => tokio::time::sleep(pause).await,
                None => turn = Some(gates.enter(&self.stream).await),
            }
            may_be_cached = false;
        }
    }

    const fn attempts(&self) -> u32 {
        self.backoff.retries().saturating_add(1)
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
                return self.append(loaded, events).await;
            }
        }
        let loaded = self.repository.read(&self.stream, Until::Head).await?;
        if self.existing == Existing::Refused && loaded.last.is_some() {
            let stream = self.stream.clone();
            return Err(RepositoryError::AlreadyExists { stream }.into());
        }
        let revision = loaded.revision();
        let (loaded, events) = self.decide(loaded, decide)?;
        if events.is_empty() {
            let nothing = Executed::nothing(self.id.clone(), revision, self.attempts());
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
        let expected = ExpectedRevision::from(loaded.revision());
        let last = events.last().map(NewEvent::id);
        let outcome = match self.append_surely(expected, events).await {
            Ok(outcome) => outcome,
            Err(error) => return self.lost(error, expected).map_err(Into::into),
        };
        if let (Some(id), false) = (last, outcome.is_already_applied()) {
            loaded.last = Some(Place {
                revision: outcome.revision(),
                id,
            });
            self.repository.written(&self.stream, &mut loaded).await;
        }
        let executed = Executed::written(self.id.clone(), &outcome, self.attempts());
        Ok(Attempt::Done(executed))
    }

    /// Appends, and asks again when it is unknown whether that was done.
    async fn append_surely(
        &self,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        let store = &self.repository.store;
        let mut backoff = Backoff::new(self.repository.retry);
        loop {
            match store.append(&self.stream, expected, events.clone()).await {
                Err(unknown @ StoreError::OutcomeUnknown { .. }) => {
                    let Some(pause) = backoff.next_pause() else {
                        return Err(unknown);
                    };
                    tracing::warn!(stream = %self.stream, error = %unknown, "appending again");
                    tokio::time::sleep(pause).await;
                }
                other => return other,
            }
        }
    }

    /// What an append that failed means: a race that was lost, or an error.
    fn lost(
        &self,
        error: StoreError,
        expected: ExpectedRevision,
    ) -> Result<Attempt<A>, RepositoryError> {
        match error {
            StoreError::Conflict { actual, .. } => Ok(Attempt::Lost(RepositoryError::Conflict {
                stream: self.stream.clone(),
                expected,
                actual,
                attempts: self.attempts(),
            })),
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
            self.attempts(),
        )))
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
            let now = crate::clock::Clock::system().now();
            if snapshots
                .policy()
                .is_due(last.revision, now, loaded.snapshot)
            {
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

impl<A: Aggregate, F> fmt::Debug for Execute<'_, A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("id", &self.id)
            .field("command_id", &self.command_id)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
