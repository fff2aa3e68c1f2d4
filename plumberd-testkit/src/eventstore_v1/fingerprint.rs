use super::proto::{EventData, EventMetadata};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A digest of events by which a repeated request is told from another: the
/// same for the same events, whatever the order of their headers.
pub(super) fn fingerprint(events: &[EventData]) -> u64 {
    let mut digest = DefaultHasher::new();
    events.len().hash(&mut digest);
    for event in events {
        event.payload.hash(&mut digest);
        event.meta.is_some().hash(&mut digest);
        if let Some(meta) = &event.meta {
            add(meta, &mut digest);
        }
    }
    digest.finish()
}

fn add(meta: &EventMetadata, digest: &mut DefaultHasher) {
    for text in [
        &meta.event_id,
        &meta.aggregate_id,
        &meta.aggregate_type,
        &meta.event_type,
        &meta.content_type,
        &meta.content_schema,
        &meta.correlation_id,
        &meta.causation_id,
        &meta.actor_id,
        &meta.tenant_id,
    ] {
        text.hash(digest);
    }
    (meta.aggregate_nonce, meta.event_version).hash(digest);
    (meta.timestamp_unix_ms, meta.recorded_time_unix_ms).hash(digest);
    (&meta.payload_sha256, meta.global_nonce).hash(digest);
    let mut headers: Vec<_> = meta.headers.iter().collect();
    headers.sort_unstable();
    headers.hash(digest);
}
