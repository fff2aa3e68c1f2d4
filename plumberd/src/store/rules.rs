//! The decisions every backend that keeps its own streams must make alike.
//!
//! Pure functions: they see what a backend looked up and say what it must do.
//! The memory and SQLite stores have no other copy of these rules.

use super::{AppendOutcome, IdempotencyReason, Limits, Location, StoreError};
use crate::{
    event::{NewEvent, RecordedEvent},
    stream::{ExpectedRevision, Position, Revision, StreamMetadata, StreamName},
};
use chrono::{DateTime, Utc};
use std::collections::HashSet;

/// What a backend knows of the stream it is about to change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamState {
    /// The last revision ever written.
    pub last: Option<Revision>,
    /// Whether the stream is soft-deleted.
    pub deleted: bool,
    /// Whether the stream has a tombstone.
    pub tombstoned: bool,
}

impl StreamState {
    /// The revision a writer may expect.
    pub fn head(&self) -> Option<Revision> {
        self.last.filter(|_| !self.deleted)
    }

    /// The revision the next event gets.
    pub fn next(&self) -> Revision {
        self.last.map_or(Revision::FIRST, Revision::next)
    }
}

/// Where an event id of a batch is stored already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Whether that is the stream the batch goes to.
    pub same_stream: bool,
    /// Where it stands.
    pub location: Location,
}

/// What to do with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Write the batch, its first event at this revision.
    Write(Revision),
    /// Write nothing; this is the outcome.
    AlreadyApplied(AppendOutcome),
}

/// Checks what can be checked before anything is looked up: the batch is not
/// empty, within `limits`, and names no id twice; a metadata stream takes
/// `$metadata` events only, with data that can be read.
///
/// # Errors
///
/// The [`StoreError`] to return.
pub fn check_batch(
    stream: &StreamName,
    events: &[NewEvent],
    limits: &Limits,
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Err(StoreError::EmptyAppend {
            stream: stream.clone(),
        });
    }
    let within = |what: &dyn Fn() -> String, size: usize, limit: usize| {
        if size <= limit {
            return Ok(());
        }
        Err(StoreError::LimitExceeded {
            what: what(),
            size: size as u64,
            limit: limit as u64,
        })
    };
    within(
        &|| "the number of events of an append".into(),
        events.len(),
        limits.batch_events,
    )?;
    let mut total = 0_usize;
    for (index, event) in events.iter().enumerate() {
        let what = || {
            format!(
                "the size in bytes of event {index} (`{}`)",
                event.event_type()
            )
        };
        within(&what, event.size(), limits.event_bytes)?;
        total = total.saturating_add(event.size());
    }
    within(
        &|| "the size in bytes of an append".into(),
        total,
        limits.batch_bytes,
    )?;
    if events.len() > 1 {
        let mut ids = HashSet::with_capacity(events.len());
        for event in events {
            if !ids.insert(event.id()) {
                return Err(refused(stream, event, IdempotencyReason::RepeatedInBatch));
            }
        }
    }
    check_metadata_events(stream, events)
}

fn check_metadata_events(stream: &StreamName, events: &[NewEvent]) -> Result<(), StoreError> {
    let Some(of) = stream.metadata_of() else {
        return Ok(());
    };
    for event in events {
        if *event.event_type() != StreamMetadata::EVENT_TYPE {
            return Err(StoreError::Unsupported {
                backend: "plumberd",
                what: format!(
                    "append `{}` to `{stream}`: a metadata stream takes `$metadata` events only",
                    event.event_type()
                ),
            });
        }
        StreamMetadata::from_json(event.data()).map_err(|source| {
            StoreError::InvalidStreamMetadata {
                stream: of.clone(),
                source,
            }
        })?;
    }
    Ok(())
}

/// Decides an append from the stream's state and from where each event id of
/// the batch is stored already (`stored`, one entry an event, in order).
///
/// # Errors
///
/// The [`StoreError`] to return; nothing must be written.
pub fn admit(
    stream: &StreamName,
    expected: ExpectedRevision,
    events: &[NewEvent],
    state: StreamState,
    stored: &[Option<Stored>],
) -> Result<Admission, StoreError> {
    if state.tombstoned {
        return Err(StoreError::StreamDeleted {
            stream: stream.clone(),
        });
    }
    if let Some(outcome) = already_applied(stream, events, stored)? {
        return Ok(Admission::AlreadyApplied(outcome));
    }
    check_expected(stream, expected, state)?;
    let first = state.next();
    let fits = first
        .checked_add(events.len() as u64)
        .is_some_and(|end| end < Revision::MAX);
    if !fits {
        return Err(StoreError::LimitExceeded {
            what: format!("the revision of `{stream}`"),
            size: first.as_u64(),
            limit: Revision::MAX.as_u64(),
        });
    }
    Ok(Admission::Write(first))
}

/// Checks what a writer expects of a stream against its state.
///
/// # Errors
///
/// [`StoreError::Conflict`].
pub fn check_expected(
    stream: &StreamName,
    expected: ExpectedRevision,
    state: StreamState,
) -> Result<(), StoreError> {
    let actual = state.head();
    let met = match expected {
        ExpectedRevision::Any => true,
        ExpectedRevision::NoStream => actual.is_none(),
        ExpectedRevision::StreamExists => actual.is_some(),
        ExpectedRevision::Exact(revision) => actual == Some(revision),
    };
    if met {
        return Ok(());
    }
    Err(StoreError::Conflict {
        stream: stream.clone(),
        expected,
        actual,
    })
}

/// Checks a soft delete: what is expected must hold, and there must have been
/// a stream. One that is deleted already may be deleted again, with `Any` or
/// `NoStream`.
///
/// # Errors
///
/// [`StoreError::StreamDeleted`] or [`StoreError::Conflict`].
pub fn check_delete(
    stream: &StreamName,
    expected: ExpectedRevision,
    state: StreamState,
) -> Result<(), StoreError> {
    if state.tombstoned {
        return Err(StoreError::StreamDeleted {
            stream: stream.clone(),
        });
    }
    if state.last.is_none() {
        return Err(StoreError::Conflict {
            stream: stream.clone(),
            expected,
            actual: None,
        });
    }
    check_expected(stream, expected, state)
}

fn already_applied(
    stream: &StreamName,
    events: &[NewEvent],
    stored: &[Option<Stored>],
) -> Result<Option<AppendOutcome>, StoreError> {
    let Some(found) = stored.iter().position(Option::is_some) else {
        return Ok(None);
    };
    let mut places = Vec::with_capacity(events.len());
    for (event, place) in events.iter().zip(stored) {
        let reason = match place {
            Some(place) if !place.same_stream => IdempotencyReason::OtherStream,
            Some(place) => {
                places.push(place.location);
                continue;
            }
            // The first stored one is named where the batch begins with new ones.
            None if found > 0 => {
                return Err(refused(
                    stream,
                    &events[found],
                    IdempotencyReason::OtherHead,
                ));
            }
            None => IdempotencyReason::OtherTail,
        };
        return Err(refused(stream, event, reason));
    }
    for (index, pair) in places.windows(2).enumerate() {
        if pair[0].revision.next() != pair[1].revision {
            return Err(refused(
                stream,
                &events[index + 1],
                IdempotencyReason::OtherOrder,
            ));
        }
    }
    Ok(match (places.first(), places.last()) {
        (Some(first), Some(last)) => Some(AppendOutcome::already_applied(
            first.revision,
            last.revision,
            last.position,
        )),
        _ => None,
    })
}

fn refused(stream: &StreamName, event: &NewEvent, reason: IdempotencyReason) -> StoreError {
    StoreError::Idempotency {
        stream: stream.clone(),
        event_id: event.id(),
        reason,
    }
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

/// The revision and stream that a link's data points to.
pub fn link_target(data: &[u8]) -> Option<(Revision, StreamName)> {
    let (revision, stream) = std::str::from_utf8(data).ok()?.split_once('@')?;
    Some((
        Revision::new(revision.parse().ok()?),
        StreamName::raw(stream).ok()?,
    ))
}

/// The position past which nobody has anything to read: for a read of the
/// global order that starts at [`ReadFrom::End`](super::ReadFrom::End).
pub const END: Position = Position::new(u64::MAX);

/// Refuses to read a stream that EventStoreDB's projections would fill and
/// this backend does not: an empty answer would look like there is nothing.
///
/// # Errors
///
/// [`StoreError::Unsupported`], which names the filter to use instead.
pub fn check_readable(backend: &'static str, stream: &StreamName) -> Result<(), StoreError> {
    let name = stream.as_str();
    let instead = if name.starts_with("$ce-") {
        "read all with `Filter::category`"
    } else if name.starts_with("$et-") {
        "read all with `Filter::event_type`"
    } else if name.starts_with("$bc-") || name == "$streams" {
        "read all events"
    } else {
        return Ok(());
    };
    Err(StoreError::Unsupported {
        backend,
        what: format!("read `{stream}`, which only a server's projections fill; {instead} instead"),
    })
}

/// Whether an event is a link whose target must be looked up.
pub fn is_link(event: &RecordedEvent) -> bool {
    event.event_type == RecordedEvent::LINK
}
