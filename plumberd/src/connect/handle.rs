use crate::{
    aggregate::Aggregate,
    error::ErrorKind,
    event::NewEvent,
    repository::{Repository, StreamLocks},
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, ReadOptions, StoreError,
        StreamInfo, SubscribeFrom, Subscription,
        toolkit::driver::{Close, Opened},
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
    telemetry,
};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use std::{fmt, sync::Arc};
use tracing::Instrument;
use uuid::Uuid;

/// A store, whichever it is: what [`connect`](super::connect) gives.
///
/// Cheap to clone. It is an [`EventStore`] itself, and adds a tracing span to
/// every append.
#[derive(Clone)]
pub struct Store {
    inner: Arc<dyn EventStore>,
    /// So that commands through all its repositories take turns.
    stream_locks: Arc<StreamLocks>,
    close: Option<Close>,
}

impl Store {
    /// A handle to a store of your own making.
    pub fn new(store: impl EventStore) -> Self {
        Self::from_shared(Arc::new(store))
    }

    pub(super) fn opened(opened: Opened) -> Self {
        let (store, close) = opened.into_parts();
        Self {
            close,
            ..Self::from_shared(store)
        }
    }

    fn from_shared(store: Arc<dyn EventStore>) -> Self {
        Self {
            inner: store,
            stream_locks: Arc::default(),
            close: None,
        }
    }

    /// With what [`Store::close`] does for a store of your own making.
    #[must_use]
    pub fn closed_by<F>(mut self, close: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.close = Some(Arc::new(move || Box::pin(close())));
        self
    }

    /// Ends the store for every clone, after what was asked before. Every call
    /// after that fails with [`StoreError::Closed`].
    ///
    /// A SQLite store is then one file again; without it, what was written last
    /// may be in the files `-wal` and `-shm` beside it, which are lost with no
    /// crash but are needed in a copy. A store in memory has nothing to end, nor
    /// has a tenant's handle; one on a server (`esdb:`, `eventstore+http:`)
    /// ends when its last handle is dropped. They go on working.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the store may be closed all the same.
    pub async fn close(&self) {
        if let Some(close) = &self.close {
            close().await;
        }
    }

    /// The aggregates of kind `A` in this store.
    pub fn repository<A: Aggregate>(&self) -> Repository<A> {
        Repository::new(Arc::new(self.clone())).with_stream_locks(Arc::clone(&self.stream_locks))
    }

    /// A handle to the streams of one tenant, and to no others.
    ///
    /// # Errors
    ///
    /// [`TenantError`] when the name is none, the store has no tenants, or
    /// this handle is one tenant's already.
    pub fn tenant(&self, name: &str) -> Result<Self, TenantError> {
        let tenant = TenantId::new(name)?;
        Ok(Self::from_shared(self.inner.for_tenant(&tenant)?))
    }
}

/// Why there is no handle for a tenant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenantError {
    /// The name is none.
    #[error(transparent)]
    Invalid(#[from] crate::stream::InvalidTenant),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TenantError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl EventStore for Store {
    fn append<'life0, 'life1, 'async_trait>(
        &'life0 self,
        stream: &'life1 StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> BoxFuture<'async_trait, Result<AppendOutcome, StoreError>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        let span = telemetry::append_span(stream, expected, events.len());
        let appended = self.inner.append(stream, expected, events);
        if span.is_disabled() {
            // No subscriber listens: the future as it is, without a box around it.
            return appended;
        }
        Box::pin(appended.instrument(span))
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        self.inner.read_stream(stream, options)
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        self.inner.read_all(options, filter)
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        self.inner.subscribe_stream(stream, from).await
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        self.inner.subscribe_all(from, filter).await
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        self.inner.stream_info(stream).await
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        self.inner.find_event(stream, id).await
    }

    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        self.inner.find_any_event(stream, ids).await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.inner.delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.inner.tombstone(stream, expected).await
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        // The tenant's handle is a `Store` too, so that its appends have spans.
        Ok(Arc::new(Self::from_shared(self.inner.for_tenant(tenant)?)))
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.inner).finish()
    }
}
