//! Events in their stored form: recorded, compared, shown.

mod diff;
mod json;
mod round_trip;
mod text;

pub(crate) use diff::{diff, indented};
pub(crate) use json::{Json, Numbers};
pub(crate) use round_trip::{Origin, round_trip, same_data};
pub(crate) use text::EventText;

use chrono::{DateTime, Utc};
use plumberd::{
    aggregate::Aggregate,
    context::MessageContext,
    event::{NewEvent, RecordedEvent},
    stream::{InvalidStreamName, Position, Revision, StreamName},
};
use std::error::Error;

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
        None => context.with_created(THEN.fixed_offset()),
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
