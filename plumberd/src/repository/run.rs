use super::{
    ExecuteError, Executed, Repository, RepositoryError,
    first::{Command, Search},
    loaded::{EventRef, Loaded, Until},
    stream_locks::StreamGuard,
};
use crate::{
    aggregate::{Aggregate, IntoEvents, Raise, RaiseError},
    context::MessageContext,
    event::NewEvent,
    retry::Backoff,
    store::{Attempts, append_safely},
    stream::{ExpectedRevision, StreamName},
    timer::sleep,
};

/// A command that is being carried out.
pub(super) struct Running<'a, A: Aggregate> {
    pub(super) repository: &'a Repository<A>,
    pub(super) id: A::Id,
    pub(super) stream: StreamName,
    pub(super) existing: Existing,
    /// Where the aggregate must be, if that is said.
    pub(super) expecting: Option<ExpectedRevision>,
    /// The identity of the command, if it has one.
    pub(super) command: Option<Command>,
    pub(super) context: MessageContext,
    pub(super) backoff: Backoff,
    /// How often it was tried.
    pub(super) attempts: u32,
    /// Whether a conflict said that the stream is not as it was read: should
    /// it be read as empty, its events are hidden.
    pub(super) conflicted: bool,
    pub(super) turn: Option<StreamGuard>,
}

/// What a command does with an aggregate that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Allowed,
    Refused,
}

/// What an attempt came to.
pub(super) enum Attempt<A: Aggregate> {
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
        self.until_done(&mut decide)
            .await
            .map_err(|error| match error {
                ExecuteError::Repository(RepositoryError::Store { source }) => {
                    Attempts::told(source, self.attempts).into()
                }
                other => other,
            })
    }

    async fn until_done<F, D, E>(&mut self, decide: &mut F) -> Result<Executed<A>, ExecuteError<E>>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        let stream_locks = &self.repository.stream_locks;
        if stream_locks.is_decided_here(&self.stream) {
            let stream = self.stream.clone();
            return Err(RepositoryError::Nested { stream }.into());
        }
        self.turn = stream_locks.enter_if_contended(&self.stream).await;
        // The first attempt may decide on what is cached. That it was old is no
        // fault of the command's, and costs no retry: without a cache it would
        // have read.
        let mut may_be_cached = true;
        loop {
            let attempt = self.attempt(decide, may_be_cached).await?;
            may_be_cached = false;
            let lost = match attempt {
                Attempt::Done(executed) => return Ok(executed),
                Attempt::Outdated => {
                    if self.turn.is_none() {
                        self.turn = Box::pin(stream_locks.enter(&self.stream)).await;
                    }
                    continue;
                }
                Attempt::Lost(lost) if self.is_final() => return Err(lost.into()),
                Attempt::Lost(lost) => lost,
            };
            let Some(wait) = self.backoff.next_pause() else {
                return Err(lost.into());
            };
            tracing::debug!(stream = %self.stream, retry = self.backoff.retries(), "lost a race");
            // One that lost takes its turn among those of this process; one
            // that had it lost to another process.
            match self.turn {
                Some(_) => sleep(wait).await,
                None => self.turn = Box::pin(stream_locks.enter(&self.stream)).await,
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
        if may_be_cached
            && self.existing == Existing::Allowed
            && let Some(cached) = self.cached()
            && self.is_expected(&cached)
        {
            // Only an append lets the store say that the state is old. What
            // ends without one must not be said of an old state.
            if let Ok((loaded, events)) = self.decide(cached, decide)
                && !events.is_empty()
            {
                if let Some(first) = self.first_outcome().await? {
                    return Ok(Attempt::Done(first));
                }
                return Ok(match self.append(loaded, events).await? {
                    Attempt::Lost(_) => Attempt::Outdated,
                    done => done,
                });
            }
        }
        let (loaded, first) = match self.load().await {
            Ok(loaded) => loaded,
            // Nothing can be decided on what cannot be built; what came of a
            // command before, its events tell.
            Err(error) => match self.first_outcome().await? {
                Some(first) => return Ok(Attempt::Done(first)),
                None => return Err(error.into()),
            },
        };
        if let Some(first) = first {
            return Ok(Attempt::Done(first));
        }
        if self.existing == Existing::Refused && loaded.last.is_some() {
            let stream = self.stream.clone();
            return Err(RepositoryError::AlreadyExists { stream }.into());
        }
        if !self.is_expected(&loaded) {
            let expected = self.expecting.unwrap_or(ExpectedRevision::Any);
            return Err(self.conflict(expected, loaded.revision()).into());
        }
        let revision = loaded.revision();
        let (loaded, events) = self.decide(loaded, decide)?;
        if events.is_empty() {
            let nothing = Executed::nothing(self.id.clone(), revision, self.attempts);
            return Ok(Attempt::Done(nothing.with_state(loaded.state)));
        }
        Ok(self.append(loaded, events).await?)
    }

    /// The aggregate as the store has it, or what the command came to when it
    /// was carried out before.
    async fn load(&mut self) -> Result<(Loaded<A>, Option<Executed<A>>), RepositoryError> {
        loop {
            match self.load_once().await {
                Ok(loaded) => return Ok(loaded),
                Err(error) => self.again(error).await?,
            }
        }
    }

    async fn load_once(&self) -> Result<(Loaded<A>, Option<Executed<A>>), RepositoryError> {
        let repository = self.repository;
        let mut search = self.command.as_ref().map(Search::new);
        let read = repository.read(&self.stream, Until::Head, search.as_mut());
        let mut loaded = read.await?;
        let mut first = None;
        if let (Some(command), Some(search)) = (&self.command, search) {
            let seen = match search.found() {
                Some(found) => {
                    let (id, stream, attempts) = (&self.id, &self.stream, self.attempts);
                    let seen = repository.seen_outcome(id, stream, command, found, attempts);
                    Box::pin(seen).await?
                }
                None => None,
            };
            // What the fold did not come by may be before its snapshot, or
            // hidden; where there never was an event, none is.
            first = match seen {
                None if search.found().is_some() || !search.complete => {
                    let is_new = loaded.last.is_none()
                        && repository
                            .store
                            .stream_info(&self.stream)
                            .await?
                            .last_revision
                            .is_none();
                    if is_new {
                        None
                    } else {
                        Box::pin(self.look_for_first()).await?
                    }
                }
                seen => seen,
            };
        }
        if first.is_none() && loaded.last.is_none() && self.conflicted {
            loaded.hidden_head = Box::pin(repository.hidden_head(&self.stream)).await?;
        }
        Ok((loaded, first))
    }

    /// Waits before the store is asked again; the error, when it does not pass
    /// or was there often enough.
    pub(super) async fn again(&mut self, error: RepositoryError) -> Result<(), RepositoryError> {
        let passes = matches!(&error, RepositoryError::Store { source } if source.is_transient());
        match self.backoff.next_pause().filter(|_| passes) {
            None => Err(error),
            Some(wait) => {
                tracing::debug!(stream = %self.stream, %error, "asking the store again");
                self.attempts = self.attempts.saturating_add(1);
                sleep(wait).await;
                Ok(())
            }
        }
    }

    fn cached(&self) -> Option<Loaded<A>> {
        self.repository.cache.as_ref()?.get(&self.stream)
    }

    /// Whether the aggregate is where the command wants it.
    fn is_expected(&self, loaded: &Loaded<A>) -> bool {
        let last = loaded.revision();
        match self.expecting {
            None | Some(ExpectedRevision::Any) => true,
            Some(ExpectedRevision::StreamExists) => last.is_some(),
            Some(ExpectedRevision::NoStream) => last.is_none(),
            Some(ExpectedRevision::Exact(revision)) => last == Some(revision),
        }
    }

    /// Whether a race that was lost is lost for good: what was expected will
    /// not be so again.
    pub(super) fn is_final(&self) -> bool {
        matches!(
            self.expecting,
            Some(ExpectedRevision::NoStream | ExpectedRevision::Exact(_))
        )
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
        let stream_locks = &self.repository.stream_locks;
        let _deciding = stream_locks.deciding(&self.stream, self.turn.as_ref());
        let decision = decide(&loaded.state).map_err(ExecuteError::Rejected)?;
        let command = self.command.as_ref();
        let named = command.and_then(|command| command.purpose.as_deref());
        let context = match named {
            Some(purpose) => &self.context.clone().with_purpose(purpose),
            None => &self.context,
        };
        let namespace = command.map(|command| command.namespace);
        let mut events = Vec::with_capacity(1);
        let mut raise = Raise::new(&mut loaded.state, &mut events, context, namespace);
        match (decision.raise(&mut raise), command) {
            (Ok(()), _) => Ok((loaded, events)),
            (Err(RaiseError::OwnId { event_id, .. }), Some(command)) => {
                Err(ExecuteError::Raise(RaiseError::OwnId {
                    event_id,
                    command_id: command.id.as_uuid(),
                }))
            }
            (Err(error), _) => Err(ExecuteError::Raise(error)),
        }
    }

    async fn append(
        &mut self,
        mut loaded: Loaded<A>,
        events: Vec<NewEvent>,
    ) -> Result<Attempt<A>, RepositoryError> {
        let (expected, before) = (loaded.expected(), self.backoff.retries());
        let last = events.last().map(NewEvent::id);
        let store = &*self.repository.store;
        let appended =
            append_safely(store, &self.stream, expected, &events, &mut self.backoff).await;
        let again = self.backoff.retries() - before;
        self.attempts = self.attempts.saturating_add(again);
        let outcome = match appended {
            Ok(outcome) => outcome,
            Err(error) => return self.lost(error, expected).await,
        };
        if outcome.is_already_applied() {
            // A repetition was faster, and may have decided on other events.
            if let Some(first) = self.first_outcome().await.map_err(|e| self.unsure(e))? {
                return Ok(Attempt::Done(first));
            }
            self.expect_repeated(expected, &outcome, &events).await?;
        } else if let Some(id) = last {
            loaded.last = Some(EventRef {
                revision: outcome.revision(),
                id,
            });
            let written = self.repository.written(&self.stream, &mut loaded);
            self.context.scope(written).await;
        }
        let executed = Executed::written_as(self.id.clone(), &outcome, self.attempts, events);
        Ok(Attempt::Done(executed.with_state(loaded.state)))
    }
}
