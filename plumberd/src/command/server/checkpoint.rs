use super::{ServerError, Source};
use crate::{
    codec::{CodecError, JsonObject},
    context::MessageContext,
    event::{EventType, NewEvent, new_event_id},
    store::{EventStore, EventStoreExt, ReadOptions, StoreError},
    stream::{ExpectedRevision, StreamMetadata, StreamName},
};
use std::sync::Arc;

/// Up to where every command was answered, in a stream of the store.
pub(super) struct Checkpoint {
    store: Arc<dyn EventStore>,
    stream: StreamName,
    unit: &'static str,
    /// Whether the stream is known to forget old checkpoints.
    bounded: bool,
}

const EVENT_TYPE: &str = "CommandsAnswered";

/// Only the last one counts; some more for whoever looks.
const KEPT: u64 = 8;

impl Checkpoint {
    pub(super) fn new(store: Arc<dyn EventStore>, stream: StreamName, source: &Source) -> Self {
        Self {
            store,
            stream,
            unit: source.unit(),
            bounded: false,
        }
    }

    /// The last one: `None` when there never was any, `Some(None)` for the
    /// beginning.
    pub(super) async fn load(&self) -> Result<Option<Option<u64>>, ServerError> {
        let mut last = self
            .store
            .read_stream(&self.stream, ReadOptions::backwards().limit(1));
        let Some(event) = last.next_event().await? else {
            return Ok(None);
        };
        let after = JsonObject::parse(&event.data)
            .and_then(|json| json.get_as::<Option<u64>>(self.unit))
            .and_then(|after| {
                after.ok_or_else(|| CodecError::new(format!("there is no `{}`", self.unit)))
            });
        match after {
            Ok(after) => Ok(Some(after)),
            Err(source) => Err(ServerError::Checkpoint {
                stream: self.stream.clone(),
                source,
            }),
        }
    }

    pub(super) async fn save(&mut self, after: Option<u64>) -> Result<(), StoreError> {
        if !self.bounded {
            self.bound().await?;
        }
        let number = after.map_or_else(|| "null".to_owned(), |after| after.to_string());
        let data = format!("{{\"{}\":{number}}}", self.unit);
        let event_type =
            EventType::from_static(EVENT_TYPE).map_err(|error| StoreError::Backend {
                backend: "the command server",
                source: error.into(),
            })?;
        // Of no command in particular.
        let event = async { NewEvent::new(new_event_id(), event_type, data) };
        let event = MessageContext::new().scope(event).await;
        self.store
            .append(&self.stream, ExpectedRevision::Any, vec![event])
            .await
            .map(drop)
    }

    async fn bound(&mut self) -> Result<(), StoreError> {
        let metadata = StreamMetadata {
            max_count: Some(KEPT),
            ..StreamMetadata::default()
        };
        let set = self
            .store
            .set_stream_metadata(&self.stream, ExpectedRevision::NoStream, &metadata)
            .await;
        match set {
            Ok(_) | Err(StoreError::Conflict { .. }) => {
                self.bounded = true;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
