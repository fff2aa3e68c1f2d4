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
use chrono::{DateTime, Utc};
use ring::digest::{SHA256, digest};
use uuid::Uuid;

/// The namespace of ids that are made of other ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f0b_3f52_0c1e_5d0b_9a41_6c7d_7e0f_2b11);

/// The kind of aggregate that is said of a stream: its category, or the whole
/// name where it has none.
pub(super) fn aggregate_type(stream: &StreamName) -> &str {
    stream.category().unwrap_or(stream.as_str())
}

/// The key of a batch: the same for the same first event, whoever sends it and
/// whatever follows. So a server that knows it refuses a batch with another
/// tail too, also one that does not look at ids.
pub(super) fn idempotency_key(events: &[NewEvent]) -> String {
    let first = events.first().map(NewEvent::id).unwrap_or_default();
    text(Uuid::new_v5(&NAMESPACE, first.as_bytes()))
}

/// The event as it is sent after the nonce before `nonce`, at this time.
pub(super) fn sent(
    event: &NewEvent,
    nonce: u64,
    now: DateTime<Utc>,
    config: &EventStoreV1Config,
) -> EventData {
    let mut meta = EventMetadata {
        event_id: text(event.id()),
        aggregate_nonce: nonce,
        event_type: event.event_type().as_str().to_owned(),
        event_version: event.shape_revision(),
        content_type: event.content_type().as_str().to_owned(),
        payload_sha256: Bytes::copy_from_slice(sha256(event.data()).as_ref()),
        ..EventMetadata::default()
    };
    metadata::write(event.metadata(), now, config, &mut meta);
    EventData {
        meta: Some(meta),
        payload: event.data().clone(),
    }
}

/// Events as they come back, with everything checked that can be.
///
/// The events of a page have most of their names in common: what is the same
/// as in the event before is kept once.
pub(super) struct Receiver<'a> {
    tenant: &'a TenantId,
    stream: Option<StreamName>,
    event_type: Option<EventType>,
}

impl<'a> Receiver<'a> {
    /// For the answer to a call of this tenant.
    pub(super) const fn new(tenant: &'a TenantId) -> Self {
        Self {
            tenant,
            stream: None,
            event_type: None,
        }
    }

    pub(super) fn event(&mut self, event: EventData) -> Result<RecordedEvent, StoreError> {
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
        if !meta.payload_sha256.is_empty() && meta.payload_sha256 != sha256(&payload).as_ref() {
            return Err(wrong("its data is not what was hashed when it was written"));
        }
        if !["", self.tenant.as_str()].contains(&meta.tenant_id.as_str()) {
            return Err(wrong("it is another tenant's"));
        }
        let stream = match &self.stream {
            Some(last) if last.as_str() == meta.aggregate_id => last.clone(),
            _ => StreamName::raw(meta.aggregate_id.as_str())
                .map_err(|error| wrong(&format!("its aggregate id: {error}")))?,
        };
        let event_type = match &self.event_type {
            Some(last) if last.as_str() == meta.event_type => last.clone(),
            _ => EventType::new(meta.event_type.as_str())
                .map_err(|error| wrong(&format!("its type: {error}")))?,
        };
        let recorded_at = i64::try_from(meta.recorded_time_unix_ms)
            .ok()
            .and_then(DateTime::from_timestamp_millis)
            .ok_or_else(|| wrong("the time it was recorded at is none"))?;
        let shape_revision = match meta.event_version {
            0 if !metadata::is_own(&meta) => 1,
            version => version,
        };
        self.stream = Some(stream.clone());
        self.event_type = Some(event_type.clone());
        Ok(RecordedEvent {
            revision: Revision::new(revision),
            position: Position::new(meta.global_nonce),
            id: event_id(&meta.event_id),
            event_type,
            content_type: ContentType::new(&meta.content_type),
            data: payload,
            metadata: metadata::read(&mut meta, &stream)?,
            stream,
            shape_revision,
            recorded_at,
            tenant: Some(self.tenant.clone()),
            link: None,
        })
    }
}

/// The id of an event that another client may have named otherwise: a UUID as
/// it is, any other text as a UUID of version 5 made of it.
fn event_id(text: &str) -> Uuid {
    Uuid::parse_str(text).unwrap_or_else(|_| Uuid::new_v5(&NAMESPACE, text.as_bytes()))
}

fn text(id: Uuid) -> String {
    id.hyphenated()
        .encode_lower(&mut Uuid::encode_buffer())
        .to_owned()
}

fn sha256(data: &[u8]) -> ring::digest::Digest {
    digest(&SHA256, data)
}
