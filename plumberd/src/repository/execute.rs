use super::{ExecuteError, Executed, Repository, run::Running};
use crate::{
    aggregate::{Aggregate, IntoEvents},
    context::MessageContext,
    retry::{Backoff, RetryPolicy},
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
    /// For an id that was made up: the one to take for a command with an id.
    from_command: Option<fn(Uuid) -> A::Id>,
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
            from_command: None,
        }
    }

    /// With an aggregate id that follows from the command's id, if it has one.
    pub(super) const fn with_id_from_command(mut self, id: fn(Uuid) -> A::Id) -> Self {
        self.from_command = Some(id);
        self
    }

    /// With the command's identity: however often it is repeated, it is carried
    /// out once, and every repetition returns the first outcome.
    ///
    /// The ids of its events follow from it (see
    /// [`derived_event_id`](crate::event::derived_event_id)). A command that led
    /// to no event leaves no trace, and is decided again.
    ///
    /// With [`Repository::create`] the made-up id of the aggregate follows from
    /// it too.
    pub fn command_id(mut self, id: Uuid) -> Self {
        self.command_id = Some(id);
        if let Some(from_command) = self.from_command {
            self.id = from_command(id);
        }
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
                attempts: 0,
                conflicted: false,
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

impl<A: Aggregate, F> fmt::Debug for Execute<'_, A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("id", &self.id)
            .field("command_id", &self.command_id)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
