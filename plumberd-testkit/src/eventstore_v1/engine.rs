use super::{Defect, EventStoreV1ServerConfig, StartError, faults::Faults, proto::AppendResponse};
use crate::net::{Budget, Places};
use plumberd::{
    Store, backend::memory::Memory, clock::Clock, store::EventStore, store::Limits,
    stream::TenantId,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// The largest message a client may send, in bytes: what servers take that
/// were not told otherwise.
pub(super) const MAX_MESSAGE: usize = 4 << 20;

/// What keeps the streams, for as long as the server listens.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    /// The streams of all tenants.
    store: Store,
    pub(super) kept: Kept,
    /// Fires when the server stops.
    pub(super) stopping: CancellationToken,
}

/// What outlives a stop of the server.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    memory: Memory,
    pub(super) config: Arc<EventStoreV1ServerConfig>,
    /// One append at a time, so that what is checked still holds when it is
    /// written; and the keys that were used.
    pub(super) keys: Arc<Mutex<Keys>>,
    pub(super) faults: Arc<Faults>,
    pub(super) places: Places,
    pub(super) unfinished: Budget,
}

/// What was answered to each request with a key, by tenant, aggregate and key.
pub(super) type Keys = HashMap<(String, String, String), Answered>;

#[derive(Debug)]
pub(super) struct Answered {
    /// A digest of the events: a server that runs for long must not keep them
    /// twice.
    pub(super) events: u64,
    pub(super) response: AppendResponse,
}

impl Kept {
    pub(super) fn new(config: EventStoreV1ServerConfig) -> Self {
        Self {
            memory: Memory::new()
                .with_clock(config.clock.clone())
                .with_limits(limits()),
            places: Places::new(config.max_connections),
            unfinished: Budget::default(),
            config: Arc::new(config),
            keys: Arc::default(),
            faults: Arc::default(),
        }
    }

    pub(super) async fn open(&self, stopping: CancellationToken) -> Result<Engine, StartError> {
        Ok(Engine {
            store: self.open_store(&self.config.clock).await?,
            kept: self.clone(),
            stopping,
        })
    }

    #[cfg(feature = "sqlite")]
    async fn open_store(&self, clock: &Clock) -> Result<Store, StartError> {
        use plumberd::backend::sqlite::{Sqlite, SqliteConfig};

        let Some(file) = &self.config.file else {
            return Ok(Store::new(self.memory.clone()));
        };
        let config = SqliteConfig::new(file)
            .with_clock(clock.clone())
            .with_limits(limits());
        let store = Sqlite::open(config)
            .await
            .map_err(|error| StartError::Store {
                source: error.into(),
            })?;
        let closing = store.clone();
        Ok(Store::new(store).closed_by(move || {
            let store = closing.clone();
            async move { store.close().await }
        }))
    }

    #[cfg(not(feature = "sqlite"))]
    #[expect(
        clippy::unused_async,
        reason = "the same call with and without the feature"
    )]
    async fn open_store(&self, _: &Clock) -> Result<Store, StartError> {
        Ok(Store::new(self.memory.clone()))
    }
}

/// What fits into a message fits into the engine.
fn limits() -> Limits {
    Limits::default()
        .with_event_bytes(2 * MAX_MESSAGE)
        .with_batch_events(MAX_MESSAGE)
        .with_batch_bytes(2 * MAX_MESSAGE)
}

impl Engine {
    /// The streams of one tenant.
    pub(super) fn tenant(&self, name: &str) -> Result<Arc<dyn EventStore>, Status> {
        let tenant = TenantId::new(name)
            .map_err(|error| Status::invalid_argument(format!("tenant_id: {error}")))?;
        self.store
            .for_tenant(&tenant)
            .map_err(|error| super::status::internal(&error))
    }

    pub(super) fn has(&self, defect: Defect) -> bool {
        self.kept.config.defects.contains(&defect)
    }

    pub(super) fn keep_alive(&self) -> Option<Duration> {
        self.kept.config.keep_alive
    }

    pub(super) async fn close(&self) {
        self.store.close().await;
    }
}
