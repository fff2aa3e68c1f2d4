//! Between the values of the `eventstore` crate and plumberd's.

use super::{BACKEND, envelope};
use crate::{
    event::{ContentType, NewEvent, RawMetadata, RecordedEvent},
    store::{StoreError, toolkit::rules::resolve_link},
    stream::{ExpectedRevision, Position, Revision, StreamName},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use eventstore::{EventData, ResolvedEvent};
use serde_json::value::RawValue;

/// The event as it is sent: id, data and metadata exactly as they are.
pub(super) fn event_data(event: &NewEvent) -> EventData {
    let name = event.event_type().as_str();
    let metadata = event.metadata();
    if event.content_type().is_json()
        && let Some(json) = as_json(event.data())
        && let Ok(data) = EventData::json(name, &json)
    {
        return data.id(event.id()).metadata(metadata.as_bytes().clone());
    }
    // What a link holds is no JSON, whatever it is said to be.
    let metadata = if name == RecordedEvent::LINK {
        metadata.as_bytes().clone()
    } else {
        envelope::wrap(event.content_type(), metadata)
    };
    EventData::binary(name, event.data().clone())
        .id(event.id())
        .metadata(metadata)
}

/// The data as JSON that the client crate writes as it stands: not what is no
/// JSON, and not with space around it, which it would take off.
fn as_json(data: &Bytes) -> Option<&RawValue> {
    let json: &RawValue = serde_json::from_slice(data).ok()?;
    (json.get().len() == data.len()).then_some(json)
}

/// How many bytes of an append the server counts for this event.
pub(super) fn wire_size(event: &NewEvent) -> usize {
    // It keeps the type in two bytes a character.
    event.size() + 2 * event.event_type().as_str().encode_utf16().count()
}

pub(super) fn expected_revision(expected: ExpectedRevision) -> eventstore::ExpectedRevision {
    match expected {
        ExpectedRevision::Any => eventstore::ExpectedRevision::Any,
        ExpectedRevision::NoStream => eventstore::ExpectedRevision::NoStream,
        ExpectedRevision::StreamExists => eventstore::ExpectedRevision::StreamExists,
        ExpectedRevision::Exact(revision) => eventstore::ExpectedRevision::Exact(revision.as_u64()),
    }
}

/// A place as the protocol has it: the two parts are the same for every event
/// but those of transactions, which servers no longer write.
pub(super) const fn position(position: Position) -> eventstore::Position {
    eventstore::Position {
        commit: position.as_u64(),
        prepare: position.as_u64(),
    }
}

/// What was read: an event, a link with what it points to, or a link to
/// nothing, which is yielded as itself.
pub(super) fn resolved(read: ResolvedEvent) -> Result<RecordedEvent, StoreError> {
    match (read.event, read.link) {
        (Some(event), None) => recorded(event),
        (None, Some(link)) => recorded(link),
        (Some(event), Some(link)) => Ok(resolve_link(recorded(link)?, Some(recorded(event)?))),
        (None, None) => Err(corrupt("an answer", "has neither an event nor a link")),
    }
}

fn recorded(event: eventstore::RecordedEvent) -> Result<RecordedEvent, StoreError> {
    let place = || format!("{}@{}", event.revision, event.stream_id);
    let stream = StreamName::raw(event.stream_id.as_str())
        .map_err(|error| corrupt(&place(), &error.to_string()))?;
    let event_type = event
        .event_type
        .parse()
        .map_err(|error: crate::event::InvalidEventType| corrupt(&place(), &error.to_string()))?;
    let recorded_at = recorded_at(&event);
    let (content_type, metadata) = if event.is_json {
        (ContentType::JSON, RawMetadata::new(event.custom_metadata))
    } else {
        envelope::unwrap(event.custom_metadata)
    };
    Ok(RecordedEvent {
        stream,
        revision: Revision::new(event.revision),
        position: Position::new(event.position.commit),
        id: event.id,
        event_type,
        content_type,
        data: event.data,
        metadata,
        // It is in the metadata.
        shape_revision: 0,
        recorded_at,
        tenant: None,
        link: None,
    })
}

/// The time in steps of 100 ns; the client crate's own is cut to seconds.
fn recorded_at(event: &eventstore::RecordedEvent) -> DateTime<Utc> {
    const TICKS: i64 = 10_000_000;
    let ticks = event.metadata.get("created").and_then(|t| t.parse().ok());
    ticks
        .and_then(|ticks: i64| {
            let nanos = u32::try_from(ticks.rem_euclid(TICKS) * 100).ok()?;
            DateTime::from_timestamp(ticks.div_euclid(TICKS), nanos)
        })
        .unwrap_or(event.created)
}

fn corrupt(place: &str, what: &str) -> StoreError {
    StoreError::Corrupt {
        backend: BACKEND,
        what: format!("{place}: {what}"),
    }
}
