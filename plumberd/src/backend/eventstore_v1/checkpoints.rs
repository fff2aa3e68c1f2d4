use crate::{
    event::{EventType, NewEvent, RawMetadata, new_event_id},
    store::{EventStore, ReadOptions, StoreError},
    stream::{ExpectedRevision, Position, StreamName},
};
use async_trait::async_trait;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Keeps how far readers have come, each under its name.
#[async_trait]
pub trait Checkpoints: fmt::Debug + Send + Sync + 'static {
    /// How far the reader `name` has come; `None` when it never said.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of what keeps it.
    async fn load(&self, name: &str) -> Result<Option<Position>, StoreError>;

    /// Keeps that the reader `name` has handled everything up to `position`. A
    /// position before the one that is kept changes nothing: another reader of
    /// this name has come further.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of what keeps it.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the position may or may not be kept.
    async fn save(&self, name: &str, position: Position) -> Result<(), StoreError>;
}

/// Checkpoints in this process; gone with the last clone.
#[derive(Debug, Clone, Default)]
pub struct MemoryCheckpoints(Arc<Mutex<HashMap<String, Position>>>);

impl MemoryCheckpoints {
    /// No reader has acknowledged yet.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Checkpoints for MemoryCheckpoints {
    async fn load(&self, name: &str) -> Result<Option<Position>, StoreError> {
        let positions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(positions.get(name).copied())
    }

    async fn save(&self, name: &str, position: Position) -> Result<(), StoreError> {
        let mut positions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = positions.entry(name.to_owned()).or_insert(position);
        *kept = position.max(*kept);
        Ok(())
    }
}

/// Checkpoints in streams of a store: the last event of `$checkpoint-{name}`
/// has the position.
///
/// The stream begins with `$`, so a reader of everything does not meet its own
/// checkpoints, unless it asks for system events.
#[derive(Debug, Clone)]
pub struct StreamCheckpoints {
    store: Arc<dyn EventStore>,
}

impl StreamCheckpoints {
    /// The type of an event that is a checkpoint. Its data is the position, as
    /// a JSON number.
    pub const EVENT_TYPE: &'static str = "CheckpointReached";

    /// Checkpoints in this store.
    pub fn new(store: impl EventStore) -> Self {
        Self {
            store: Arc::new(store),
        }
    }

    fn stream(name: &str) -> Result<StreamName, StoreError> {
        StreamName::raw(format!("$checkpoint-{name}")).map_err(|error| StoreError::Unsupported {
            backend: super::BACKEND,
            what: format!("keep a checkpoint under this name: {error}"),
        })
    }

    /// The checkpoint that is kept, and what its stream is expected to be.
    async fn last(
        &self,
        stream: &StreamName,
    ) -> Result<(Option<Position>, ExpectedRevision), StoreError> {
        let last = ReadOptions::backwards().limit(1);
        let Some(event) = self.store.read_stream(stream, last).next_event().await? else {
            // Its events may be hidden.
            let info = self.store.stream_info(stream).await?;
            return Ok((None, info.head().into()));
        };
        let position: Option<u64> = std::str::from_utf8(&event.data)
            .ok()
            .and_then(|text| text.parse().ok());
        let position = position.map(Position::new).ok_or_else(|| {
            super::error::corrupt(format!("the checkpoint in `{stream}` is no position"))
        })?;
        Ok((Some(position), Some(event.revision).into()))
    }
}

#[async_trait]
impl Checkpoints for StreamCheckpoints {
    async fn load(&self, name: &str) -> Result<Option<Position>, StoreError> {
        let (position, _) = self.last(&Self::stream(name)?).await?;
        Ok(position)
    }

    async fn save(&self, name: &str, position: Position) -> Result<(), StoreError> {
        let stream = Self::stream(name)?;
        let event_type = EventType::from_static(Self::EVENT_TYPE)
            .unwrap_or_else(|_| unreachable!("it is a valid type"));
        let event = NewEvent::new(new_event_id(), event_type, position.to_string())
            .with_raw_metadata(RawMetadata::default());
        loop {
            let (kept, expected) = self.last(&stream).await?;
            if kept >= Some(position) {
                return Ok(());
            }
            match self
                .store
                .append(&stream, expected, vec![event.clone()])
                .await
            {
                Ok(_) => return Ok(()),
                // Another reader has come further meanwhile, if not so far.
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
    }
}
