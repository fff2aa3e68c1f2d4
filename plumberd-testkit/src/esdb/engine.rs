use super::{
    EsdbServerConfig, StartError,
    commits::Commits,
    net::Budget,
    projections::{Projected, Projections},
    wire::Found,
};
use plumberd::{
    Store,
    backend::memory::Memory,
    clock::Clock,
    event::RecordedEvent,
    store::{
        EventStore, EventStream, Filter, Limits, ReadFrom, ReadOptions, StoreError, StreamInfo,
        rules,
    },
    stream::{Position, Revision, StreamName},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The most events of one append: events of no bytes take memory too.
pub(super) const MAX_APPEND_EVENTS: usize = 65_536;

/// What an envelope may add to an event, with room to spare.
const ENVELOPE_BYTES: usize = 256;

/// What keeps the streams, for as long as the server listens.
///
/// One of plumberd's own stores: there is no second copy of the semantics.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    /// The streams that clients write, and those that projections fill.
    pub(super) store: Store,
    /// The projections that clients created.
    pub(super) projections: Projections,
    /// Fires when the server stops: what follows streams ends then.
    pub(super) stopping: CancellationToken,
    /// The largest append in bytes.
    pub(super) max_append_size: usize,
    /// The memory for appends that are not finished.
    pub(super) unfinished: Budget,
    /// What dates events.
    pub(super) clock: Clock,
    /// Tells of every commit, once there is a listener.
    commits: Commits,
}

impl Engine {
    /// Reads a stream, without resolving links.
    ///
    /// Every read of one stream comes through here, those of subscriptions
    /// too, which read again whenever something was committed.
    pub(super) fn read_stream(
        &self,
        stream: &StreamName,
        options: ReadOptions<Revision>,
    ) -> EventStream {
        self.store.read_stream(stream, options)
    }

    /// What there is to know of a stream without reading it.
    pub(super) async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        self.store.stream_info(stream).await
    }

    /// Reads everything, the store's own events included.
    pub(super) fn read_all(&self, options: ReadOptions<Position>) -> EventStream {
        let everything = Filter::new().with_system_events();
        self.store.read_all(options, everything)
    }

    /// The position of the newest event.
    pub(super) async fn head(&self) -> Result<Option<Position>, StoreError> {
        let newest = ReadOptions::backwards().limit(1);
        let event = self.read_all(newest).next_event().await?;
        Ok(event.map(|event| event.position))
    }

    /// The event as a reader gets it who wants links resolved, or does not.
    pub(super) async fn found(
        &self,
        event: RecordedEvent,
        resolve_links: bool,
    ) -> Result<Found, StoreError> {
        if resolve_links && rules::is_link(&event) {
            let target = self.target_of(&event).await?;
            return Ok(Found::Link {
                link: event,
                target,
            });
        }
        Ok(Found::Event(event))
    }

    /// The event that a link points to, when it can be read.
    async fn target_of(&self, link: &RecordedEvent) -> Result<Option<RecordedEvent>, StoreError> {
        let Some((revision, stream)) = rules::link_target(&link.data) else {
            return Ok(None);
        };
        let options = ReadOptions::forwards()
            .from(ReadFrom::At(revision))
            .limit(1);
        match self.read_stream(&stream, options).next_event().await {
            Ok(event) => Ok(event.filter(|event| event.revision == revision)),
            Err(StoreError::StreamDeleted { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tells of every commit from now on, of any writer, after it can be read.
    pub(super) async fn commits(&self) -> Result<watch::Receiver<()>, StoreError> {
        self.commits.listen(&self.store, &self.stopping).await
    }
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
            memory: Memory::new()
                .with_clock(config.clock.clone())
                .with_limits(limits(&config)),
            config,
        }
    }

    pub(super) async fn open(&self, stopping: CancellationToken) -> Result<Engine, StartError> {
        let main = self.open_store().await?;
        let closing = main.clone();
        let projected = Projected::new(main, self.config.clock.clone());
        let store = Store::new(projected).closed_by(move || {
            let store = closing.clone();
            async move { store.close().await }
        });
        let projections = Projections::open(store.clone(), stopping.clone())
            .await
            .map_err(|error| StartError::Store {
                source: error.into(),
            })?;
        Ok(Engine {
            store,
            projections,
            stopping,
            max_append_size: self.config.max_append_size,
            unfinished: Budget::default(),
            clock: self.config.clock.clone(),
            commits: Commits::default(),
        })
    }

    #[cfg(feature = "sqlite")]
    async fn open_store(&self) -> Result<Store, StartError> {
        use plumberd::backend::sqlite::{Sqlite, SqliteConfig};

        let Some(file) = &self.config.file else {
            return Ok(Store::new(self.memory.clone()));
        };
        let config = SqliteConfig::new(file)
            .with_clock(self.config.clock.clone())
            .with_limits(limits(&self.config));
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

/// What the server admits, the engine takes, with what an envelope adds.
fn limits(config: &EsdbServerConfig) -> Limits {
    let event_bytes = config.max_append_size.saturating_add(ENVELOPE_BYTES);
    Limits::default()
        .with_event_bytes(event_bytes)
        .with_batch_events(MAX_APPEND_EVENTS)
        .with_batch_bytes(event_bytes.saturating_add(MAX_APPEND_EVENTS * ENVELOPE_BYTES))
}
