use crate::{
    event::RecordedEvent,
    store::{Deletion, StoreError, StreamDeleted},
    stream::{Revision, StreamMetadata},
};

/// What the store's own event `event` says of a stream: that it was deleted or
/// truncated. `hidden` looks up what was hidden before it: [`truncated_before`]
/// of the event before it in its stream. It is asked only where that matters.
///
/// # Errors
///
/// Those of `hidden`.
pub fn stream_deleted(
    event: &RecordedEvent,
    hidden: impl FnOnce() -> Result<Option<Revision>, StoreError>,
) -> Result<Option<StreamDeleted>, StoreError> {
    let said = |stream, what| {
        Some(StreamDeleted::new(stream, event.position, what).of_tenant(event.tenant.clone()))
    };
    if event.event_type == RecordedEvent::TOMBSTONE {
        return Ok(said(event.stream.clone(), Deletion::Tombstoned));
    }
    let (Some(stream), Some(before)) = (event.stream.metadata_of(), truncated_before(event)) else {
        return Ok(None);
    };
    if hidden()? >= Some(before) {
        return Ok(None);
    }
    let what = match before {
        Revision::MAX => Deletion::SoftDeleted,
        before => Deletion::Truncated(before),
    };
    Ok(said(stream, what))
}

/// The revision before which events are hidden by the metadata in `event`;
/// `None` when none are, and when it is no metadata.
pub fn truncated_before(event: &RecordedEvent) -> Option<Revision> {
    if event.event_type != StreamMetadata::EVENT_TYPE {
        return None;
    }
    let metadata = StreamMetadata::from_json(&event.data).ok()?;
    metadata
        .truncate_before
        .filter(|before| *before > Revision::FIRST)
}
