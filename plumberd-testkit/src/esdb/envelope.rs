//! An id that is stored twice.
//!
//! EventStoreDB knows an event by its id within a stream, the engine within
//! everything. An event whose id is taken by another stream is stored under an
//! id derived from both, with its own one in front of its metadata; no client
//! but this server ever sees either.

use bytes::Bytes;
use plumberd::{
    event::{NewEvent, RawMetadata, RecordedEvent},
    stream::StreamName,
};
use uuid::Uuid;

/// No JSON begins so.
const MARK: &[u8] = b"\0plumberd:id\0";

const LENGTH: usize = MARK.len() + size_of::<Uuid>();

/// The event under an id that is its own in `stream` only; the same one each
/// time.
pub(super) fn wrap(event: &NewEvent, stream: &StreamName) -> NewEvent {
    let id = Uuid::new_v5(&event.id(), stream.as_str().as_bytes());
    let (own, metadata) = split(event.id(), event.metadata());
    sealed(event, id, own, &metadata)
}

/// An event whose metadata begin as an envelope does gets one of its own, so
/// that they come back as they are.
pub(super) fn protect(event: NewEvent) -> NewEvent {
    if event.metadata().as_bytes().starts_with(MARK) {
        sealed(&event, event.id(), event.id(), event.metadata().as_bytes())
    } else {
        event
    }
}

/// The event to be stored under `id`, with what is its own in the envelope.
fn sealed(event: &NewEvent, id: Uuid, own: Uuid, inner: &[u8]) -> NewEvent {
    let mut metadata = Vec::with_capacity(LENGTH + inner.len());
    metadata.extend_from_slice(MARK);
    metadata.extend_from_slice(own.as_bytes());
    metadata.extend_from_slice(inner);
    NewEvent::new(id, event.event_type().clone(), event.data().clone())
        .with_content_type(event.content_type().clone())
        .with_raw_metadata(RawMetadata::new(metadata.into()))
}

/// The event's own id and metadata.
pub(super) fn open(event: &RecordedEvent) -> (Uuid, Bytes) {
    split(event.id, &event.metadata)
}

fn split(id: Uuid, metadata: &RawMetadata) -> (Uuid, Bytes) {
    let metadata = metadata.as_bytes();
    match metadata
        .strip_prefix(MARK)
        .and_then(|rest| rest.first_chunk())
    {
        Some(original) => (Uuid::from_bytes(*original), metadata.slice(LENGTH..)),
        None => (id, metadata.clone()),
    }
}
