//! Events in their stored form: recorded, compared, shown.

mod diff;
mod json;
mod round_trip;
mod text;

pub(crate) use diff::{diff, indented};
pub(crate) use json::{Json, Numbers};
pub(crate) use round_trip::{Origin, round_trip, same_data};
pub(crate) use text::EventText;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use plumberd::{
    aggregate::Aggregate,
    context::MessageContext,
    event::{ContentType, EventType, NewEvent, RawMetadata, RecordedEvent},
    stream::{InvalidStreamName, Position, Revision, StreamName},
};
use std::error::Error;
use uuid::Uuid;

/// When everything happens that no context says otherwise of: so that a
/// handler which reads `Created` sees the same time in every run.
pub(crate) const THEN: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// The stream in which an aggregate of a test lives.
pub(crate) fn stream_of<A: Aggregate>() -> Result<StreamName, InvalidStreamName> {
    StreamName::new(A::CATEGORY, "test")
}

/// The ambient context, standing still in time.
pub(crate) fn still_context() -> MessageContext {
    at_rest(MessageContext::current())
}

/// `context` with a time of its own, so that it is not the machine's.
pub(crate) fn at_rest(context: MessageContext) -> MessageContext {
    match context.created() {
        Some(_) => context,
        // The year of `THEN` has four digits.
        None => context
            .clone()
            .with_created(THEN.fixed_offset())
            .unwrap_or(context),
    }
}

/// `event` as a store would give it back.
pub(crate) fn record(stream: &StreamName, number: usize, event: &NewEvent) -> RecordedEvent {
    let number = number as u64;
    RecordedEvent {
        stream: stream.clone(),
        revision: Revision::new(number),
        position: Position::new(number),
        id: event.id(),
        event_type: event.event_type().clone(),
        content_type: event.content_type().clone(),
        data: event.data().clone(),
        metadata: event.metadata().clone(),
        shape_revision: event.shape_revision(),
        recorded_at: THEN,
        tenant: None,
        link: None,
    }
}

/// An event as it was stored in this revision of its shape.
pub(crate) fn as_stored<A: Aggregate>(
    name: &str,
    revision: u32,
    content_type: &str,
    data: &[u8],
) -> Result<RecordedEvent, String> {
    let stream = stream_of::<A>().map_err(|error| report(&error))?;
    let event_type = EventType::new(name).map_err(|error| report(&error))?;
    let metadata = RawMetadata::for_event(Uuid::nil(), revision, &still_context());
    let event = NewEvent::new(Uuid::nil(), event_type, Bytes::copy_from_slice(data))
        .with_content_type(ContentType::new(content_type))
        .with_raw_metadata(metadata);
    Ok(record(&stream, 0, &event))
}

/// Builds the state that `events` lead to.
pub(crate) fn fold<'a, A: Aggregate>(
    mut state: A,
    events: impl IntoIterator<Item = &'a RecordedEvent>,
) -> Result<A, String> {
    for event in events {
        A::HANDLERS
            .apply(&mut state, event)
            .map_err(|error| report(&error))?;
    }
    Ok(state)
}

/// An error and what caused it, on one line.
pub(crate) fn report(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // An error that only passes another one on says the same twice.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
