use super::{
    ExecuteError, Executed, IntoCommandId, InvalidCommandId, Repository,
    decided::{Decided, RaiseEvents},
    first::Command,
    run::{Existing, Running},
};
use crate::{
    aggregate::{Aggregate, EventTypes, IntoEvents},
    context::MessageContext,
    event::type_name::friendly_name,
    retry::{Backoff, RetryPolicy},
    stream::ExpectedRevision,
    telemetry,
};
use std::{borrow::Cow, fmt, future::IntoFuture, pin::Pin};
use tracing::Instrument;
use uuid::Uuid;

/// A command on its way: options, then `.await`.
#[must_use = "a command does nothing unless awaited"]
pub struct Execute<'a, A: Aggregate, F, D> {
    repository: &'a Repository<A>,
    id: A::Id,
    decide: F,
    raise: RaiseEvents<A, D>,
    event_types: fn() -> EventTypes,
    existing: Existing,
    command_id: Result<Option<super::CommandId>, InvalidCommandId>,
    /// The text that the command's id was made of, for errors.
    given: Option<Box<str>>,
    purpose: Purpose,
    expecting: Option<ExpectedRevision>,
    retry: RetryPolicy,
    context: Option<MessageContext>,
    /// For an id that was made up: the one to take for a command with an id.
    from_command: Option<fn(Uuid) -> A::Id>,
}

/// The decision of a command handler. Its type is written out, because of an opaque one
/// the compiler would complain too when there is no such handler.
pub type Handling<'a, A, D, E> = Box<dyn FnMut(&A) -> Result<D, E> + Send + 'a>;

/// What tells a command from others of the same id.
#[derive(Debug, Clone)]
pub(super) enum Purpose {
    /// Nothing: it is like any other without a purpose.
    Unnamed,
    Named(Cow<'static, str>),
    /// The name of the command's type: as it is called, else as it is made.
    OfType(fn() -> Option<&'static str>, fn() -> String),
}

impl Purpose {
    const MOST: usize = 200;

    pub(super) const fn of_type<C>(name: fn() -> Option<&'static str>) -> Self {
        Self::OfType(name, friendly_name::<C>)
    }

    fn check(self, is_needed: bool) -> Result<Option<Cow<'static, str>>, InvalidCommandId> {
        match self {
            Self::Unnamed => Ok(None),
            Self::OfType(..) if !is_needed => Ok(None),
            Self::OfType(name, made) => Ok(Some(match name() {
                Some(name) => name.into(),
                None => made().trim_start_matches('&').to_owned().into(),
            })),
            Self::Named(name)
                if name.trim().is_empty()
                    || name.len() > Self::MOST
                    || name.chars().any(char::is_control) =>
            {
                Err(InvalidCommandId::Purpose)
            }
            Self::Named(name) => Ok(Some(name)),
        }
    }
}

impl<'a, A: Aggregate, F, D> Execute<'a, A, F, D> {
    pub(super) fn new(
        repository: &'a Repository<A>,
        id: A::Id,
        decide: F,
        existing: Existing,
        purpose: Purpose,
    ) -> Self
    where
        D: IntoEvents<A>,
    {
        Self {
            retry: repository.retry,
            repository,
            id,
            decide,
            raise: D::raise,
            event_types: EventTypes::of::<A, D>,
            existing,
            command_id: Ok(None),
            given: None,
            purpose,
            expecting: None,
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
    /// Takes a [`CommandId`](super::CommandId), a `Uuid`, a text such as an
    /// `Idempotency-Key`, or an `Option` of one of these; the nil UUID and an
    /// empty text are refused.
    ///
    /// An id belongs to a command in a stream: to what
    /// [`Repository::handle`] is given, by its type, or to what
    /// [`Execute::purpose`] names. Another command under the id in the same
    /// stream is [`RepositoryError::CommandIdTaken`]. In several streams the
    /// same id may be used: nothing that was done in one is known in another.
    ///
    /// Of two commands *without* a purpose the second one is known to be another
    /// when the first stored a type of event that its decision cannot return:
    /// that is `CommandIdTaken` too. When it may return all of them, the second
    /// is taken for the first. Name what several parts of a program do under
    /// one id, such as that of the event they react to, and a decision that may
    /// return other types of events one day.
    ///
    /// The ids of the command's events follow from it, see
    /// [`CommandId::event_id`](super::CommandId::event_id); that is how it is
    /// recognised, also after it was hidden by a truncation. When the aggregate
    /// was deleted since, it is [`RepositoryError::DeletedSince`]. A command
    /// that led to no event leaves no trace, and is decided again.
    ///
    /// With [`Repository::create`] the made-up id of the aggregate follows from
    /// it too.
    ///
    /// [`RepositoryError::CommandIdTaken`]: super::RepositoryError::CommandIdTaken
    /// [`RepositoryError::DeletedSince`]: super::RepositoryError::DeletedSince
    ///
    /// # Examples
    ///
    /// ```
    /// # use plumberd::{Event, aggregate, prelude::*, event::new_event_id};
    /// # #[derive(Event)]
    /// # struct Credited { amount: u32 }
    /// # #[derive(Default)]
    /// # struct Account { balance: u32 }
    /// # #[aggregate]
    /// # impl Account {
    /// #     #[event_sourcing_handler]
    /// #     fn on_credited(&mut self, event: &Credited) { self.balance += event.amount; }
    /// # }
    /// # impl Account {
    /// #     fn credit(&self, amount: u32) -> Result<Credited, std::convert::Infallible> { Ok(Credited { amount }) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), BoxError> {
    /// # let accounts = connect("memory:").await?.repository::<Account>();
    /// # let id = new_event_id();
    /// let key = "order 17";                                      // the client's key
    /// let credit = || accounts.execute(id, |a| a.credit(100)).command_id(key).purpose("credit");
    /// let first = credit().await?;
    /// let again = credit().await?;                               // after a time-out, say
    /// assert!(again.is_already_applied());
    /// assert_eq!(again.revision(), first.revision());
    ///
    /// // Another command under the key is no repetition.
    /// let bonus = accounts.execute(id, |a| a.credit(5)).command_id(key).purpose("bonus").await;
    /// assert!(matches!(bonus, Err(ExecuteError::Repository(RepositoryError::CommandIdTaken { .. }))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn command_id(mut self, id: impl IntoCommandId) -> Self {
        self.given = id.given_text();
        self.command_id = id.into_command_id();
        self
    }

    /// With what the command is for, where it has an id: a repetition has the
    /// same purpose, and another purpose is another command. In place of the
    /// type of the command that [`Repository::handle`] is given.
    ///
    /// 1 to 200 bytes; it is kept in the metadata of the command's events
    /// ([`Metadata::command_purpose`](crate::event::Metadata::command_purpose)),
    /// so do not rename it while commands may be repeated.
    pub fn purpose(mut self, purpose: impl Into<Cow<'static, str>>) -> Self {
        self.purpose = Purpose::Named(purpose.into());
        self
    }

    /// Only if the aggregate is at this revision, as `If-Match` asks: else it is
    /// [`RepositoryError::Conflict`](super::RepositoryError::Conflict) and
    /// nothing is written, also when another writer is first meanwhile; the
    /// conflict is not tried again.
    ///
    /// Takes a [`Revision`](crate::stream::Revision), or what
    /// [`Root::revision`](super::Root::revision) and [`Executed::revision`] give,
    /// where `None` stands for an aggregate that does not exist. A command that
    /// is repeated under its id gets its first outcome all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # use plumberd::{Event, aggregate, prelude::*, event::new_event_id};
    /// # #[derive(Event)]
    /// # struct Counted {}
    /// # #[derive(Default)]
    /// # struct Counter { count: u32 }
    /// # #[aggregate]
    /// # impl Counter {
    /// #     #[event_sourcing_handler]
    /// #     fn on_counted(&mut self, _: &Counted) { self.count += 1; }
    /// # }
    /// # impl Counter {
    /// #     fn count(&self) -> Result<Counted, std::convert::Infallible> { Ok(Counted {}) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), BoxError> {
    /// # let counters = connect("memory:").await?.repository::<Counter>();
    /// # let id = new_event_id();
    /// counters.execute(id, Counter::count).await?;
    /// let seen = counters.load(id).await?.revision();            // the ETag that a client saw
    /// counters.execute(id, Counter::count).expecting(seen).await?;
    ///
    /// let stale = counters.execute(id, Counter::count).expecting(seen).await;
    /// assert!(matches!(stale, Err(ExecuteError::Repository(RepositoryError::Conflict { .. }))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn expecting(mut self, revision: impl Into<ExpectedRevision>) -> Self {
        self.expecting = Some(revision.into());
        self
    }

    /// With so many retries, when other writers are first or the store cannot
    /// be reached, in place of the repository's.
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

impl<'a, A, F, D, E> IntoFuture for Execute<'a, A, F, D>
where
    A: Aggregate,
    F: FnMut(&A) -> Result<D, E> + Send + 'a,
    D: 'a,
    E: Send + 'a,
{
    type Output = Result<Executed<A>, ExecuteError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let refused = super::RepositoryError::from;
            let command_id = self.command_id.map_err(refused)?;
            let purpose = self.purpose.check(command_id.is_some()).map_err(refused)?;
            let command = command_id.map(|id| (id, purpose));
            let id = match (self.from_command, &command) {
                (Some(from_command), Some((command, _))) => from_command(command.as_uuid()),
                _ => self.id,
            };
            let stream = self.repository.stream(&id)?;
            let span = telemetry::execute_span(A::CATEGORY, &stream);
            let running = Running {
                attempts: 0,
                conflicted: false,
                turn: None,
                context: self.context.unwrap_or_else(MessageContext::current),
                backoff: Backoff::new(self.retry),
                repository: self.repository,
                id,
                existing: self.existing,
                expecting: self.expecting,
                command: command.map(|(id, purpose)| {
                    Command::new((id, self.given), purpose, self.event_types, &stream)
                }),
                stream,
            };
            let (mut decide, raise) = (self.decide, self.raise);
            let decide = move |aggregate: &A| {
                let events = decide(aggregate)?;
                Ok(Decided { events, raise })
            };
            running.run(decide).instrument(span).await
        })
    }
}

impl<A: Aggregate, F, D> fmt::Debug for Execute<'_, A, F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("id", &self.id)
            .field("command_id", &self.command_id)
            .field("purpose", &self.purpose)
            .field("expecting", &self.expecting)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
