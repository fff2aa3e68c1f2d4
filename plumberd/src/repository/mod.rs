//! Loads aggregates, decides, appends: what applications use.

mod appended;
mod cache;
mod command_id;
mod decided;
mod error;
mod execute;
mod executed;
mod first;
mod load;
mod loaded;
mod root;
mod run;
mod save;
mod stream_locks;
mod written;

pub use cache::CacheConfig;
pub use command_id::{CommandId, IntoCommandId, InvalidCommandId};
pub use error::{DecideError, ExecuteError, RepositoryError};
pub use execute::{Execute, Handling};
pub use executed::Executed;
pub use load::PointInTime;
pub use root::Root;

use crate::{
    aggregate::{Aggregate, AggregateNames, Decides, DecidesWith, GenerateId, IntoEvents},
    event::EventValue,
    retry::RetryPolicy,
    snapshot::{SnapshotPolicy, Snapshots},
    store::{EventStore, EventStream, ReadOptions, StoreError},
    stream::StreamName,
};
use cache::Cache;
use std::{fmt, sync::Arc};
pub(crate) use stream_locks::StreamLocks;

/// The aggregates of one kind in one store.
///
/// Cheap to clone; clones share the cache. [`Store::repository`] makes one.
///
/// [`Store::repository`]: crate::Store::repository
/// [`IdempotencyReason::OtherEvent`]: crate::store::IdempotencyReason::OtherEvent
///
/// # Contract
///
/// * What a method returns is what the store says: a decision that was made on
///   an old state is never appended, it is made again.
/// * Every event of the stream counts in the revision, also one that the
///   aggregate has no handler for.
/// * An event with an id of its own, `#[event(id)]`, that another event of the
///   stream has, is refused with [`IdempotencyReason::OtherEvent`]; the same
///   event again is written once.
/// * An aggregate whose stream was deleted is like one that never was.
pub struct Repository<A: Aggregate> {
    store: Arc<dyn EventStore>,
    retry: RetryPolicy,
    snapshots: Option<Arc<Snapshots<A>>>,
    cache: Option<Arc<Cache<A>>>,
    stream_locks: Arc<StreamLocks>,
    truncated: Truncated,
    /// None where the aggregate itself says what things are called.
    names: Option<Arc<dyn AggregateNames>>,
}

/// What a repository does with a stream whose first events are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truncated {
    Refused,
    Folded,
}

impl<A: Aggregate> Repository<A> {
    /// The aggregates in `store`, without snapshots and cache.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            retry: RetryPolicy::DEFAULT,
            snapshots: None,
            cache: None,
            stream_locks: Arc::default(),
            truncated: Truncated::Refused,
            names: None,
        }
    }

    /// With turns that other repositories of the store take too.
    pub(crate) fn with_stream_locks(mut self, stream_locks: Arc<StreamLocks>) -> Self {
        self.stream_locks = stream_locks;
        self
    }

    /// With these names for streams and snapshots.
    pub(crate) fn with_names(mut self, names: Arc<dyn AggregateNames>) -> Self {
        self.names = Some(names);
        self
    }

    /// With this policy for commands that lose a race, and for what is tried
    /// again because the store cannot be reached or its answer is lost.
    #[must_use]
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// With snapshots in the stream `{Category}Snapshot-{id}`.
    ///
    /// A snapshot carries a fingerprint of the state's shape. One of another
    /// shape, or one that cannot be read, is passed over with a warning and
    /// the stream is replayed in full. So is one whose last event is no longer
    /// in the stream, so do not truncate past the last snapshot's revision.
    /// Where events are hidden that only the snapshot knows, a replay is
    /// refused with [`RepositoryError::Truncated`].
    ///
    /// The state must have no `#[event(skip)]` field: of one that has, no
    /// snapshot is taken, and a warning says so.
    ///
    /// A snapshot is taken after the append that makes it due, before the call
    /// returns; when that fails there is a warning and the call succeeds.
    #[must_use]
    pub fn with_snapshots(mut self, policy: SnapshotPolicy) -> Self
    where
        A: EventValue,
    {
        self.snapshots = Some(Arc::new(
            Snapshots::new(policy).with_names(self.names.clone()),
        ));
        self
    }

    /// With a cache of the states used last: a command on one is decided
    /// without reading, and only the tail is read after a lost race. It never
    /// changes a result. Off by default.
    #[must_use]
    pub fn with_cache(mut self, config: CacheConfig) -> Self
    where
        A: Clone,
    {
        self.cache = Some(Arc::new(Cache::new(config)));
        self
    }

    /// Builds the state from the events that can be seen, also where those
    /// before them are hidden by truncation, `$maxCount` or `$maxAge`.
    ///
    /// For aggregates whose first visible event says all there is to know, as
    /// when the books are closed. By default it is
    /// [`RepositoryError::Truncated`]: such a state would be a default one at
    /// a later revision. A cache may then still know what is hidden by now.
    #[must_use]
    pub fn folding_truncated_streams(mut self) -> Self {
        self.truncated = Truncated::Folded;
        self
    }

    /// The stream of the aggregate `id`.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Id`] when the id makes no stream name.
    pub fn stream(&self, id: &A::Id) -> Result<StreamName, RepositoryError> {
        Ok(match &self.names {
            Some(names) => names.stream(&id.to_string())?,
            None => StreamName::new(A::CATEGORY, id)?,
        })
    }

    /// Loads the aggregate `id`, decides, and appends what was decided; when
    /// another writer was first, all of it again, with growing pauses.
    ///
    /// By the same policy the store is asked again while it cannot be reached.
    /// When its answer to the append is lost, the same events are appended
    /// again until it is known whether they are written: the decision is made
    /// anew only when it is known that they are not.
    ///
    /// An aggregate that does not exist is decided on in its default state.
    /// The decision may be made several times: keep it free of side effects. It
    /// must not wait for another command on the same aggregate: that is
    /// [`RepositoryError::Nested`] in the same thread; where it waits for
    /// another thread, the decision loses its race against the other command.
    ///
    /// It is an [`Execute`]: options first, then `.await`.
    ///
    /// # Errors
    ///
    /// [`ExecuteError`]. When it is transient, the command may be repeated; with
    /// [`Execute::command_id`] it is then carried out once.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the events may or may not be written, never
    /// a part of them.
    pub fn execute<F, D, E>(&self, id: A::Id, decide: F) -> Execute<'_, A, F, D>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        Execute::new(
            self,
            id,
            decide,
            run::Existing::Allowed,
            execute::Purpose::Unnamed,
        )
    }

    /// As [`Repository::execute`], with the aggregate's handler for `command`,
    /// which is cloned for every attempt.
    ///
    /// The purpose of the command is the name of its type, as its handler spells
    /// it, borrowed or not ([`HandlesCommand::command_name`](crate::aggregate::HandlesCommand::command_name)).
    pub fn handle<'s, C, D, E>(
        &'s self,
        id: A::Id,
        command: C,
    ) -> Execute<'s, A, Handling<'s, A, D, E>, D>
    where
        A: Decides<C, D, E>,
        C: Clone + Send + 's,
        D: IntoEvents<A>,
    {
        let decide = move |aggregate: &A| aggregate.decide_into(command.clone());
        Execute::new(
            self,
            id,
            Box::new(decide),
            run::Existing::Allowed,
            execute::Purpose::of_type::<C>(<A as Decides<C, D, E>>::named),
        )
    }

    /// As [`Repository::handle`], with the aggregate's handler for `command` that
    /// takes this service: a clock, a table of rates, whatever a decision asks and
    /// the state does not know.
    ///
    /// A decision that lost a race is made again and asks again. Decide on what the
    /// service says, and put what was decided on into the event: a replay asks no service.
    ///
    /// # Examples
    ///
    /// ```
    /// use plumberd::prelude::*;
    ///
    /// trait Clock: Send + Sync {
    ///     fn today(&self) -> u32;
    /// }
    ///
    /// struct Fixed(u32);
    ///
    /// impl Clock for Fixed {
    ///     fn today(&self) -> u32 {
    ///         self.0
    ///     }
    /// }
    ///
    /// #[derive(Event)]
    /// struct InvoiceSent { due: u32 }
    ///
    /// #[derive(Clone)]
    /// struct SendInvoice { days: u32 }
    ///
    /// #[derive(Default)]
    /// struct Invoice { due: u32 }
    ///
    /// #[aggregate]
    /// impl Invoice {
    ///     #[event_sourcing_handler]
    ///     fn on_sent(&mut self, event: &InvoiceSent) { self.due = event.due; }
    ///
    ///     #[command_handler]
    ///     fn send(&self, command: SendInvoice, clock: &dyn Clock) -> Result<InvoiceSent, BoxError> {
    ///         Ok(InvoiceSent { due: clock.today() + command.days })
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), BoxError> {
    /// let invoices = connect("memory:").await?.repository::<Invoice>();
    /// let id = Uuid::from_u128(1);
    /// let clock: &dyn Clock = &Fixed(100);
    ///
    /// invoices.handle_with(id, SendInvoice { days: 14 }, clock).await.map_err(|e| e.to_string())?;
    ///
    /// assert_eq!(invoices.load(id).await?.due, 114);
    /// # Ok(())
    /// # }
    /// ```
    pub fn handle_with<'s, C, S, D, E>(
        &'s self,
        id: A::Id,
        command: C,
        service: &'s S,
    ) -> Execute<'s, A, Handling<'s, A, D, E>, D>
    where
        A: DecidesWith<C, S, D, E>,
        C: Clone + Send + 's,
        S: ?Sized + Sync,
        D: IntoEvents<A>,
    {
        let decide = move |aggregate: &A| aggregate.decide_into_with(command.clone(), service);
        Execute::new(
            self,
            id,
            Box::new(decide),
            run::Existing::Allowed,
            execute::Purpose::of_type::<C>(<A as DecidesWith<C, S, D, E>>::named),
        )
    }

    /// As [`Repository::execute`], for an aggregate that must not exist yet,
    /// with an id that is made up: [`Executed::id`] tells it.
    pub fn create<F, D, E>(&self, decide: F) -> Execute<'_, A, F, D>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
        A::Id: GenerateId,
    {
        self.create_with(A::Id::generate(), decide)
            .with_id_from_command(A::Id::from_command)
    }

    /// As [`Repository::execute`], for an aggregate that must not exist yet:
    /// [`RepositoryError::AlreadyExists`] when it does. The purpose of the
    /// command is `create`, unless another one is given.
    pub fn create_with<F, D, E>(&self, id: A::Id, decide: F) -> Execute<'_, A, F, D>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        Execute::new(
            self,
            id,
            decide,
            run::Existing::Refused,
            execute::Purpose::Named("create".into()),
        )
    }

    /// Every event of the aggregate that the store still shows, oldest first.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Id`]; the stream yields what the store reports.
    pub fn history(&self, id: &A::Id) -> Result<EventStream, RepositoryError> {
        let stream = self.stream(id)?;
        Ok(self.store.read_stream(&stream, ReadOptions::forwards()))
    }

    /// Whether the aggregate exists: its stream has events that are not
    /// deleted.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Id`] or [`RepositoryError::Store`].
    pub async fn exists(&self, id: &A::Id) -> Result<bool, RepositoryError> {
        let stream = self.stream(id)?;
        let mut last = self
            .store
            .read_stream(&stream, ReadOptions::backwards().limit(1));
        match last.next_event().await {
            Ok(event) => Ok(event.is_some()),
            Err(StoreError::StreamDeleted { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl<A: Aggregate> Clone for Repository<A> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            retry: self.retry,
            snapshots: self.snapshots.clone(),
            cache: self.cache.clone(),
            stream_locks: Arc::clone(&self.stream_locks),
            truncated: self.truncated,
            names: self.names.clone(),
        }
    }
}

impl<A: Aggregate> fmt::Debug for Repository<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("category", &A::CATEGORY)
            .field("store", &self.store)
            .field("retry", &self.retry)
            .field("snapshots", &self.snapshots)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
