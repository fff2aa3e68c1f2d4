use super::proto::{EventData, EventMetadata};
use bytes::Bytes;
use plumberd::event::{ContentType, EventType, NewEvent, RawMetadata, RecordedEvent, new_event_id};
use prost::Message;
use tonic::Status;
use uuid::Uuid;

/// The namespace of ids that are made of texts that are none.
const NAMESPACE: Uuid = Uuid::from_u128(0x3a7c_90de_1f55_5b0e_8b8e_2d07_9c4f_6a10);

/// What the protocol says of an event that its client did not.
const CONTENT_TYPE: &str = "application/octet-stream";

/// The event as the engine keeps it: what the protocol knows of it is its
/// metadata. With `fresh_id` the engine does not get to know the event's id.
pub(super) fn stored(
    mut meta: EventMetadata,
    payload: Bytes,
    fresh_id: bool,
) -> Result<NewEvent, Status> {
    if meta.content_type.is_empty() {
        CONTENT_TYPE.clone_into(&mut meta.content_type);
    }
    // The engine's own.
    meta.aggregate_nonce = 0;
    meta.global_nonce = 0;
    meta.recorded_time_unix_ms = 0;
    let event_type: EventType = meta
        .event_type
        .parse()
        .map_err(|error| Status::invalid_argument(format!("event_type: {error}")))?;
    let id = if fresh_id {
        new_event_id()
    } else {
        Uuid::parse_str(&meta.event_id)
            .unwrap_or_else(|_| Uuid::new_v5(&NAMESPACE, meta.event_id.as_bytes()))
    };
    let metadata = RawMetadata::new(meta.encode_to_vec().into());
    // To this server the payload is text, whatever its content type says.
    Ok(NewEvent::new(id, event_type, payload)
        .with_content_type(ContentType::OCTET_STREAM)
        .with_raw_metadata(metadata))
}

/// The event as it goes out.
pub(super) fn sent(event: &RecordedEvent) -> Result<EventData, Status> {
    let mut meta = EventMetadata::decode(event.metadata.as_bytes().clone())
        .map_err(|error| Status::internal(error.to_string()))?;
    meta.aggregate_nonce = nonce(event);
    meta.global_nonce = event.position.as_u64();
    let recorded = event.recorded_at.timestamp_millis();
    meta.recorded_time_unix_ms = u64::try_from(recorded).unwrap_or(0);
    Ok(EventData {
        meta: Some(meta),
        payload: event.data.clone(),
    })
}

/// Nonces count from 1.
pub(super) fn nonce(event: &RecordedEvent) -> u64 {
    event.revision.as_u64() + 1
}
