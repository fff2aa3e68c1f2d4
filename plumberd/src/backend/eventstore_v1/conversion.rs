use super::{
    EventStoreV1Config,
    error::corrupt,
    metadata,
    proto::{EventData, EventMetadata},
};
use crate::{
    event::{ContentType, EventType, NewEvent, RecordedEvent},
    store::StoreError,
    stream::{Position, Revision, StreamName, TenantId},
};
use bytes::Bytes;
use chrono::DateTime;
use ring::digest::{SHA256, digest};
use uuid::Uuid;

/// The namespace of ids that are made of other ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f0b_3f52_0c1e_5d0b_9a41_6c7d_7e0f_2b11);

/// The kind of aggregate that is said of a stream: its category, or the whole
/// name where it has none.
pub(super) fn aggregate_type(stream: &StreamName) -> &str {
    stream.category().unwrap_or(stream.as_str())
}

/// The key of a batch: the same for the same event ids, whoever sends them.
pub(super) fn idempotency_key(events: &[NewEvent]) -> String {
    let ids: Vec<u8> = events
        .iter()
        .flat_map(|event| event.id().into_bytes())
        .collect();
    Uuid::new_v5(&NAMESPACE, &ids).to_string()
}

/// The event as it is sent, but for its nonce.
pub(super) fn sent(event: &NewEvent, config: &EventStoreV1Config) -> EventData {
    let mut meta = EventMetadata {
        event_id: event.id().to_string(),
        event_type: event.event_type().as_str().to_owned(),
        event_version: event.shape_revision(),
        content_type: event.content_type().as_str().to_owned(),
        payload_sha256: sha256(event.data()),
        ..EventMetadata::default()
    };
    metadata::write(event.metadata(), config, &mut meta);
    EventData {
        meta: Some(meta),
        payload: event.data().clone(),
    }
}

/// The event as it came back, with everything checked that can be.
pub(super) fn received(event: EventData) -> Result<RecordedEvent, StoreError> {
    let EventData { meta, payload } = event;
    let mut meta = meta.ok_or_else(|| corrupt("an event without its metadata"))?;
    let wrong = |what: &str| {
        corrupt(format!(
            "event `{}` of position {}: {what}",
            meta.event_id, meta.global_nonce
        ))
    };
    let revision = meta
        .aggregate_nonce
        .checked_sub(1)
        .ok_or_else(|| wrong("its nonce is 0"))?;
    if !meta.payload_sha256.is_empty() && meta.payload_sha256 != sha256(&payload) {
        return Err(wrong("its data is not what was hashed when it was written"));
    }
    let stream = StreamName::raw(meta.aggregate_id.as_str())
        .map_err(|error| wrong(&format!("its aggregate id: {error}")))?;
    let event_type = EventType::new(meta.event_type.as_str())
        .map_err(|error| wrong(&format!("its type: {error}")))?;
    let recorded_at = i64::try_from(meta.recorded_time_unix_ms)
        .ok()
        .and_then(DateTime::from_timestamp_millis)
        .ok_or_else(|| wrong("the time it was recorded at is none"))?;
    let tenant = match meta.tenant_id.as_str() {
        "" => None,
        name => Some(TenantId::new(name).map_err(|error| wrong(&format!("its tenant: {error}")))?),
    };
    let shape_revision = match meta.event_version {
        0 if !metadata::is_own(&meta) => 1,
        version => version,
    };
    Ok(RecordedEvent {
        stream,
        revision: Revision::new(revision),
        position: Position::new(meta.global_nonce),
        id: event_id(&meta.event_id),
        event_type,
        content_type: ContentType::new(&meta.content_type),
        data: payload,
        metadata: metadata::read(&mut meta)?,
        shape_revision,
        recorded_at,
        tenant,
        link: None,
    })
}

/// The id of an event that another client may have named otherwise: a UUID as
/// it is, any other text as a UUID of version 5 made of it.
fn event_id(text: &str) -> Uuid {
    Uuid::parse_str(text).unwrap_or_else(|_| Uuid::new_v5(&NAMESPACE, text.as_bytes()))
}

fn sha256(data: &[u8]) -> Bytes {
    Bytes::copy_from_slice(digest(&SHA256, data).as_ref())
}
