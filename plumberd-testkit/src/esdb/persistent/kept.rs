//! What the service keeps in streams of the engine's: definitions and
//! checkpoints.

use super::{super::engine::Engine, definition::Definition};
use plumberd::{
    event::{ContentType, EventType, NewEvent, RawMetadata, RecordedEvent, new_event_id},
    store::{EventStore, EventStoreExt, ReadOptions, StoreError},
    stream::{ExpectedRevision, StreamMetadata, StreamName},
};
use serde_json::{Value, json};

const CONFIG_STREAM: &str = "$persistentSubscriptionConfig";
const CONFIG_TYPE: &str = "$PersistentConfig";
const CHECKPOINT_TYPE: &str = "$SubscriptionCheckpoint";

/// Every definition there is, as the last event of the stream says.
pub(super) async fn read_definitions(engine: &Engine) -> Result<Vec<Definition>, StoreError> {
    let Some(event) = last_event(engine, &config_stream()?).await? else {
        return Ok(Vec::new());
    };
    let damaged = || StoreError::Corrupt {
        backend: "the test server",
        what: format!("revision {} of `{CONFIG_STREAM}`", event.revision),
    };
    let json: Value = serde_json::from_slice(&event.data).map_err(|_| damaged())?;
    json.get("entries")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|entry| Definition::from_json(entry).ok_or_else(damaged))
        .collect()
}

pub(super) async fn write_definitions<'a>(
    engine: &Engine,
    definitions: impl Iterator<Item = &'a Definition> + Send,
) -> Result<(), StoreError> {
    let entries: Vec<Value> = definitions.map(Definition::to_json).collect();
    let json = json!({"version": "2", "entries": entries});
    append(engine, &config_stream()?, CONFIG_TYPE, json).await
}

/// The checkpoint in this stream, as it was written.
pub(super) async fn read_checkpoint(
    engine: &Engine,
    stream: &StreamName,
) -> Result<Option<String>, StoreError> {
    let event = last_event(engine, stream).await?;
    Ok(event.and_then(|event| serde_json::from_slice(&event.data).ok()))
}

pub(super) async fn write_checkpoint(
    engine: &Engine,
    stream: &StreamName,
    place: String,
) -> Result<(), StoreError> {
    append(engine, stream, CHECKPOINT_TYPE, place.into()).await
}

/// Keeps the stream of checkpoints short.
pub(super) async fn limit_checkpoints(
    engine: &Engine,
    stream: &StreamName,
) -> Result<(), StoreError> {
    let (mut metadata, expected) = engine.store.stream_metadata(stream).await?;
    if metadata.max_count.is_some() {
        return Ok(());
    }
    metadata.max_count = Some(5);
    set_metadata(engine, stream, expected, &metadata).await
}

async fn set_metadata(
    engine: &Engine,
    stream: &StreamName,
    expected: ExpectedRevision,
    metadata: &StreamMetadata,
) -> Result<(), StoreError> {
    engine
        .store
        .set_stream_metadata(stream, expected, metadata)
        .await
        .map(drop)
}

/// Empties a stream of a group's; one that never was is empty.
pub(super) async fn forget(engine: &Engine, stream: &StreamName) -> Result<(), StoreError> {
    match engine.store.delete(stream, ExpectedRevision::Any).await {
        Ok(()) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A system event of that type, with no metadata.
pub(super) fn system_event(event_type: &'static str, data: impl Into<bytes::Bytes>) -> NewEvent {
    let event_type = EventType::from_static(event_type)
        .unwrap_or_else(|_| unreachable!("`{event_type}` is a valid type"));
    NewEvent::new(new_event_id(), event_type, data).with_raw_metadata(RawMetadata::default())
}

/// A link with that metadata.
pub(super) fn link(data: bytes::Bytes, metadata: &Value) -> NewEvent {
    system_event(RecordedEvent::LINK, data)
        .with_content_type(ContentType::OCTET_STREAM)
        .with_raw_metadata(RawMetadata::new(metadata.to_string().into()))
}

async fn append(
    engine: &Engine,
    stream: &StreamName,
    event_type: &'static str,
    json: Value,
) -> Result<(), StoreError> {
    let event = system_event(event_type, json.to_string());
    let events = vec![event];
    engine
        .store
        .append(stream, ExpectedRevision::Any, events)
        .await
        .map(drop)
}

async fn last_event(
    engine: &Engine,
    stream: &StreamName,
) -> Result<Option<RecordedEvent>, StoreError> {
    let options = ReadOptions::backwards().limit(1);
    engine.read_stream(stream, options).next_event().await
}

fn config_stream() -> Result<StreamName, StoreError> {
    StreamName::raw(CONFIG_STREAM).map_err(|error| StoreError::Backend {
        backend: "the test server",
        source: error.into(),
    })
}
