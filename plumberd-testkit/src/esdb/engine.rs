use super::{EsdbServerConfig, StartError};
use plumberd::{Store, backend::memory::Memory, clock::Clock};
use tokio_util::sync::CancellationToken;

/// What keeps the streams, for as long as the server listens.
///
/// One of plumberd's own stores: there is no second copy of the semantics.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    /// The streams that clients write.
    pub(super) store: Store,
    /// Fires when the server stops: what follows streams ends then.
    pub(super) stopping: CancellationToken,
    /// The largest append in bytes.
    pub(super) max_append_size: usize,
    /// The clock that dates what the server itself writes.
    pub(super) clock: Clock,
}

/// What outlives a stop of the server: the streams in memory. Those in a file
/// are opened anew at every start.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    memory: Memory,
    config: EsdbServerConfig,
}

impl Kept {
    pub(super) fn new(config: EsdbServerConfig) -> Self {
        Self {
            memory: Memory::new().with_clock(config.clock.clone()),
            config,
        }
    }

    pub(super) async fn open(&self, stopping: CancellationToken) -> Result<Engine, StartError> {
        Ok(Engine {
            store: self.open_store().await?,
            stopping,
            max_append_size: self.config.max_append_size,
            clock: self.config.clock.clone(),
        })
    }

    #[cfg(feature = "sqlite")]
    async fn open_store(&self) -> Result<Store, StartError> {
        use plumberd::backend::sqlite::{Sqlite, SqliteConfig};

        let Some(file) = &self.config.file else {
            return Ok(Store::new(self.memory.clone()));
        };
        let config = SqliteConfig::new(file).with_clock(self.config.clock.clone());
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
    async fn open_store(&self) -> Result<Store, StartError> {
        Ok(Store::new(self.memory.clone()))
    }
}
