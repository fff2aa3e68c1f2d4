use crate::{
    event::{EventType, NewEvent, RecordedEvent, new_event_id},
    store::StoreError,
    stream::{Revision, StreamMetadata, StreamName},
};
use chrono::{DateTime, Utc};

/// The metadata that `event`, appended to the metadata stream of `stream`,
/// puts in force.
///
/// # Errors
///
/// [`StoreError::InvalidStreamMetadata`] when the data is not metadata.
pub fn read_metadata(stream: &StreamName, event: &NewEvent) -> Result<StreamMetadata, StoreError> {
    StreamMetadata::from_json(event.data()).map_err(|source| StoreError::InvalidStreamMetadata {
        stream: stream.clone(),
        source,
    })
}

/// The `$metadata` event that soft-deletes a stream whose metadata is
/// `current`: `$tb` is [`Revision::MAX`], every other key stays.
///
/// # Errors
///
/// [`StoreError::InvalidStreamMetadata`] when `current` cannot be written.
pub fn soft_delete_event(
    stream: &StreamName,
    current: &StreamMetadata,
) -> Result<NewEvent, StoreError> {
    truncation_event(stream, current, Revision::MAX)
}

/// The `$metadata` event that goes with the first append after a soft delete:
/// `$tb` is `next`, the revision of the first event appended, so that what was
/// deleted stays hidden.
///
/// # Errors
///
/// [`StoreError::InvalidStreamMetadata`] when `current` cannot be written.
pub fn revival_event(
    stream: &StreamName,
    current: &StreamMetadata,
    next: Revision,
) -> Result<NewEvent, StoreError> {
    truncation_event(stream, current, next)
}

fn truncation_event(
    stream: &StreamName,
    current: &StreamMetadata,
    before: Revision,
) -> Result<NewEvent, StoreError> {
    let mut metadata = current.clone();
    metadata.truncate_before = Some(before);
    let json = metadata
        .to_json()
        .map_err(|source| StoreError::InvalidStreamMetadata {
            stream: stream.clone(),
            source,
        })?;
    Ok(NewEvent::new(
        new_event_id(),
        system_type(StreamMetadata::EVENT_TYPE),
        json,
    ))
}

/// The event of the revision [`Revision::MAX`] that a tombstone leaves in the
/// global order.
pub fn tombstone_event() -> NewEvent {
    NewEvent::new(
        new_event_id(),
        system_type(RecordedEvent::TOMBSTONE),
        Vec::new(),
    )
}

fn system_type(name: &'static str) -> EventType {
    EventType::from_static(name).unwrap_or_else(|_| unreachable!("`{name}` is a valid type"))
}

/// Which events of a stream its metadata leaves visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visibility {
    first: Revision,
    recorded_after: Option<DateTime<Utc>>,
}

impl Visibility {
    /// What `metadata` leaves visible at the time `now` of a stream whose last
    /// event is `last`.
    pub fn of(metadata: &StreamMetadata, last: Option<Revision>, now: DateTime<Utc>) -> Self {
        let truncated = metadata.truncate_before.unwrap_or(Revision::FIRST);
        let counted = match (metadata.max_count, last) {
            (Some(count), Some(last)) => Revision::new((last.as_u64() + 1).saturating_sub(count)),
            _ => Revision::FIRST,
        };
        let recorded_after = metadata.max_age.and_then(|age| {
            // An age that reaches before the calendar hides nothing.
            now.checked_sub_signed(chrono::TimeDelta::from_std(age).ok()?)
        });
        Self {
            first: truncated.max(counted),
            recorded_after,
        }
    }

    /// The first revision that may be visible.
    pub const fn first_revision(&self) -> Revision {
        self.first
    }

    /// Events are visible that were recorded after this time.
    pub const fn recorded_after(&self) -> Option<DateTime<Utc>> {
        self.recorded_after
    }

    /// Whether an event of this revision, recorded then, is visible.
    pub fn shows(&self, revision: Revision, recorded_at: DateTime<Utc>) -> bool {
        revision >= self.first && self.recorded_after.is_none_or(|after| recorded_at > after)
    }
}
