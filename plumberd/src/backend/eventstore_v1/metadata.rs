use super::{
    ATTEMPT_HEADER, EventStoreV1Config, METADATA_BASE64_HEADER, METADATA_HEADER, error::corrupt,
    proto::EventMetadata,
};
use crate::{
    event::{Metadata, RawMetadata},
    store::StoreError,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, Utc};

/// Keys of the metadata that the protocol has a field for.
const FIELDS: [&str; 6] = [
    "Created",
    "$correlationId",
    "$causationId",
    "UserId",
    "TenantId",
    "Revision",
];

/// The headers that are plumberd's own begin so.
const OWN: &str = "plumberd-";

/// Writes `metadata` twice: as it is, in a header, so that it comes back byte
/// for byte; and, for other clients, as far as the protocol has a place for it.
pub(super) fn write(metadata: &RawMetadata, config: &EventStoreV1Config, into: &mut EventMetadata) {
    let bytes = metadata.as_bytes();
    // What is no JSON object has no keys that others could use.
    let parsed = Metadata::from_json(bytes).unwrap_or_default();
    into.correlation_id = parsed.correlation_id().unwrap_or_default();
    into.causation_id = parsed.causation_id().unwrap_or_default();
    into.actor_id = parsed
        .user_id()
        .or_else(|| config.actor.clone())
        .unwrap_or_default();
    let created = parsed.created().ok().flatten();
    let created = created.map_or_else(|| config.clock.now(), |time| time.to_utc());
    into.timestamp_unix_ms = u64::try_from(created.timestamp_millis()).unwrap_or(0);
    for (key, value) in parsed.json().iter() {
        if FIELDS.contains(&key) || key.starts_with(OWN) {
            continue;
        }
        if let Ok(text) = serde_json::from_str(value.get()) {
            into.headers.insert(key.to_owned(), text);
        }
    }
    let (header, value) = match std::str::from_utf8(bytes) {
        Ok(text) => (METADATA_HEADER, text.to_owned()),
        Err(_) => (METADATA_BASE64_HEADER, BASE64.encode(bytes)),
    };
    into.headers.insert(header.to_owned(), value);
}

/// Whether plumberd wrote the event: its metadata is there as it was written.
pub(super) fn is_own(meta: &EventMetadata) -> bool {
    meta.headers.contains_key(METADATA_HEADER) || meta.headers.contains_key(METADATA_BASE64_HEADER)
}

/// The metadata of an event: as it was written, or what the fields of another
/// client's event say.
pub(super) fn read(meta: &mut EventMetadata) -> Result<RawMetadata, StoreError> {
    if let Some(text) = meta.headers.remove(METADATA_HEADER) {
        return Ok(RawMetadata::new(text.into()));
    }
    if let Some(text) = meta.headers.remove(METADATA_BASE64_HEADER) {
        let bytes = BASE64.decode(text).map_err(|_| {
            corrupt(format!(
                "event `{}` has a header `{METADATA_BASE64_HEADER}` that is no base64",
                meta.event_id
            ))
        })?;
        return Ok(RawMetadata::new(bytes.into()));
    }
    Ok(RawMetadata::new(of_fields(meta).to_bytes().into()))
}

fn of_fields(meta: &EventMetadata) -> Metadata {
    let mut metadata = Metadata::new();
    let created = i64::try_from(meta.timestamp_unix_ms).unwrap_or(i64::MAX);
    if let Some(created) = DateTime::<Utc>::from_timestamp_millis(created)
        && created.timestamp_millis() != 0
    {
        // A year that has no text is left out, as one that was never said.
        let _ = metadata.set_created(created.fixed_offset());
    }
    let json = metadata.json_mut();
    for (key, value) in [
        ("$correlationId", &meta.correlation_id),
        ("$causationId", &meta.causation_id),
        ("UserId", &meta.actor_id),
    ] {
        if !value.is_empty() {
            // A text always has a JSON form; so has a number.
            let _ = json.insert(key, value);
        }
    }
    if meta.event_version > 1 {
        let _ = json.insert("Revision", &meta.event_version);
    }
    let mut headers: Vec<_> = meta.headers.iter().collect();
    headers.sort();
    for (key, value) in headers {
        if !FIELDS.contains(&key.as_str()) && key != ATTEMPT_HEADER {
            let _ = json.insert(key, value);
        }
    }
    metadata
}
