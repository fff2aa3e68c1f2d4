use super::{
    EventStoreV1Config,
    error::corrupt,
    metadata,
    wire::{EventData, EventMetadata, bytes, text},
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

/// The key of a batch: the same for the same first event, from any sender and
/// whatever follows. So a server that knows it refuses a batch with another
/// tail too, also one that does not look at ids.
pub(super) fn idempotency_key(events: &[NewEvent]) -> String {
    let first = events.first().map(NewEvent::id).unwrap_or_default();
    Uuid::new_v5(&NAMESPACE, first.as_bytes()).to_string()
}

/// Events as they are sent.
///
/// The events of a batch have most of their names in common: what is the same
/// as in the event before is written once.
pub(super) struct Sender<'a> {
    config: &'a EventStoreV1Config,
    now: DateTime<Utc>,
    event_type: Option<(&'a EventType, Bytes)>,
    content_type: Option<(&'a ContentType, Bytes)>,
}

impl<'a> Sender<'a> {
    /// For events that are sent at this time.
    pub(super) const fn new(config: &'a EventStoreV1Config, now: DateTime<Utc>) -> Self {
        Self {
            config,
            now,
            event_type: None,
            content_type: None,
        }
    }

    pub(super) fn event(&mut self, event: &'a NewEvent, nonce: u64) -> EventData {
        let id = event.id().hyphenated();
        let mut meta = EventMetadata {
            event_id: bytes(id.encode_lower(&mut Uuid::encode_buffer())),
            aggregate_nonce: nonce,
            event_type: once(&mut self.event_type, event.event_type(), EventType::as_str),
            event_version: event.shape_revision(),
            content_type: once(
                &mut self.content_type,
                event.content_type(),
                ContentType::as_str,
            ),
            payload_sha256: Bytes::copy_from_slice(sha256(event.data()).as_ref()),
            ..EventMetadata::default()
        };
        metadata::write(event.metadata(), self.now, self.config, &mut meta);
        EventData {
            meta: Some(meta),
            payload: event.data().clone(),
        }
    }
}

/// The text of a name, written anew only when it is another than the last.
fn once<'a, T: PartialEq>(
    last: &mut Option<(&'a T, Bytes)>,
    name: &'a T,
    text: impl Fn(&T) -> &str,
) -> Bytes {
    match last {
        Some((known, written)) if *known == name => written.clone(),
        _ => {
            let written = bytes(text(name));
            *last = Some((name, written.clone()));
            written
        }
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
        let meta = meta.ok_or_else(|| corrupt("an event without its metadata"))?;
        let wrong = |what: &str| {
            corrupt(format!(
                "event `{}` of position {}: {what}",
                String::from_utf8_lossy(&meta.event_id),
                meta.global_nonce
            ))
        };
        let revision = meta
            .aggregate_nonce
            .checked_sub(1)
            .ok_or_else(|| wrong("its nonce is 0"))?;
        if !meta.payload_sha256.is_empty() && meta.payload_sha256 != sha256(&payload).as_ref() {
            return Err(wrong("its data is not what was hashed when it was written"));
        }
        if !meta.tenant_id.is_empty() && meta.tenant_id != self.tenant.as_str() {
            return Err(wrong("it is another tenant's"));
        }
        let stream = match &self.stream {
            Some(last) if meta.aggregate_id == last.as_str() => last.clone(),
            _ => StreamName::raw(text(&meta.aggregate_id)?)
                .map_err(|error| wrong(&format!("its aggregate id: {error}")))?,
        };
        let event_type = match &self.event_type {
            Some(last) if meta.event_type == last.as_str() => last.clone(),
            _ => EventType::new(text(&meta.event_type)?)
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
            id: event_id(&meta.event_id)?,
            event_type,
            content_type: ContentType::new(text(&meta.content_type)?),
            data: payload,
            metadata: metadata::read(&meta, &stream)?,
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
fn event_id(id: &Bytes) -> Result<Uuid, StoreError> {
    if let Ok(id) = Uuid::try_parse_ascii(id) {
        return Ok(id);
    }
    Ok(Uuid::new_v5(&NAMESPACE, text(id)?.as_bytes()))
}

fn sha256(data: &[u8]) -> ring::digest::Digest {
    digest(&SHA256, data)
}
