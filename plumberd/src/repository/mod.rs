//! Loads aggregates, decides, appends: what applications use.

mod cache;
mod error;
mod execute;
mod executed;
mod gate;
mod load;
mod loaded;
mod root;

pub use cache::CacheConfig;
pub use error::{DecideError, ExecuteError, RepositoryError};
pub use execute::Execute;
pub use executed::Executed;
pub use load::PointInTime;
pub use root::Root;

use crate::{
    aggregate::{Aggregate, GenerateId, HandlesCommand, IntoEvents},
    event::EventValue,
    retry::RetryPolicy,
    snapshot::{SnapshotPolicy, Snapshots},
    store::{EventStore, EventStream, ReadOptions, StoreError},
    stream::{ExpectedRevision, StreamName},
};
use cache::Cache;
pub(crate) use gate::Gates;
use loaded::Place;
use std::{fmt, sync::Arc};

/// The aggregates of one kind in one store.
///
/// Cheap to clone; clones share the cache. [`Store::repository`] makes one.
///
/// [`Store::repository`]: crate::Store::repository
///
/// # Contract
///
/// * What a method returns is what the store says: a decision that was made on
///   an old state is never appended, it is made again.
/// * Every event of the stream counts in the revision, also one that the
///   aggregate has no handler for.
/// * An aggregate whose stream was deleted is like one that never was.
pub struct Repository<A: Aggregate> {
    store: Arc<dyn EventStore>,
    retry: RetryPolicy,
    snapshots: Option<Arc<Snapshots<A>>>,
    cache: Option<Arc<Cache<A>>>,
    gates: Arc<Gates>,
}

impl<A: Aggregate> Repository<A> {
    /// The aggregates in `store`, without snapshots and cache.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            retry: RetryPolicy::DEFAULT,
            snapshots: None,
            cache: None,
            gates: Arc::default(),
        }
    }

    /// With turns that other repositories of the store take too.
    pub(crate) fn with_gates(mut self, gates: Arc<Gates>) -> Self {
        self.gates = gates;
        self
    }

    /// With this policy for commands that lose a race.
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
    /// in the stream; do not truncate past the last snapshot's revision.
    ///
    /// A snapshot is taken after the append that makes it due, before the call
    /// returns; when that fails there is a warning and the call succeeds.
    #[must_use]
    pub fn with_snapshots(mut self, policy: SnapshotPolicy) -> Self
    where
        A: EventValue,
    {
        self.snapshots = Some(Arc::new(Snapshots::new(policy)));
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

    /// The stream of the aggregate `id`.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Id`] when the id makes no stream name.
    pub fn stream(&self, id: &A::Id) -> Result<StreamName, RepositoryError> {
        Ok(StreamName::new(A::CATEGORY, id)?)
    }

    /// Loads the aggregate `id`, decides, and appends what was decided; when
    /// another writer was first, all of it again, with growing pauses.
    ///
    /// An aggregate that does not exist is decided on in its default state.
    /// The decision may be made several times: keep it free of side effects.
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
    pub fn execute<F, D, E>(&self, id: A::Id, decide: F) -> Execute<'_, A, F>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        Execute::new(self, id, decide, execute::Existing::Allowed)
    }

    /// As [`Repository::execute`], with the aggregate's handler for `command`.
    pub fn handle<C>(
        &self,
        id: A::Id,
        command: C,
    ) -> Execute<'_, A, impl FnMut(&A) -> Result<A::Events, A::Error>>
    where
        A: HandlesCommand<C>,
        C: Clone,
    {
        self.execute(id, move |aggregate: &A| aggregate.decide(command.clone()))
    }

    /// As [`Repository::execute`], for an aggregate that must not exist yet,
    /// with an id that is made up: [`Executed::id`] tells it.
    pub fn create<F, D, E>(&self, decide: F) -> Execute<'_, A, F>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
        A::Id: GenerateId,
    {
        self.create_with(A::Id::generate(), decide)
    }

    /// As [`Repository::execute`], for an aggregate that must not exist yet:
    /// [`RepositoryError::AlreadyExists`] when it does.
    pub fn create_with<F, D, E>(&self, id: A::Id, decide: F) -> Execute<'_, A, F>
    where
        F: FnMut(&A) -> Result<D, E>,
        D: IntoEvents<A>,
    {
        Execute::new(self, id, decide, execute::Existing::Refused)
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

    /// Appends the events that `root` has decided and not yet saved. Without
    /// any it writes nothing.
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
        let Some(last) = root.pending.last() else {
            return Ok(Executed::nothing(root.id.clone(), root.revision(), 1));
        };
        let last_id = last.id();
        let expected = ExpectedRevision::from(root.revision());
        let outcome = match self
            .store
            .append(&stream, expected, root.pending.clone())
            .await
        {
            Ok(outcome) => outcome,
            Err(error) => {
                if let Some(cache) = &self.cache {
                    cache.remove(&stream);
                }
                return Err(conflict(error, stream, 1));
            }
        };
        root.pending.clear();
        root.loaded.last = Some(Place {
            revision: outcome.revision(),
            id: last_id,
        });
        self.written(&stream, &mut root.loaded).await;
        Ok(Executed::written(root.id.clone(), &outcome, 1))
    }

    /// Deletes the aggregate and its snapshots: afterwards it is like one that
    /// never was, and may be created again. The global order keeps its events.
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
        match self
            .store
            .delete(&stream, ExpectedRevision::StreamExists)
            .await
        {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => return Err(RepositoryError::NotFound { stream }),
            Err(error) => return Err(error.into()),
        }
        if let Some(snapshots) = &self.snapshots {
            snapshots.delete(&*self.store, &stream).await?;
        }
        Ok(())
    }
}

/// What an append that failed means to a repository.
fn conflict(error: StoreError, stream: StreamName, attempts: u32) -> RepositoryError {
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
            attempts,
        },
        other => other.into(),
    }
}

impl<A: Aggregate> Clone for Repository<A> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            retry: self.retry,
            snapshots: self.snapshots.clone(),
            cache: self.cache.clone(),
            gates: Arc::clone(&self.gates),
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
