use crate::{
    event::NewEvent,
    json::{MAX_NESTING, excess},
    store::{AppendOutcome, IdempotencyReason, Limits, Location, StoreError, rules::read_metadata},
    stream::{ExpectedRevision, Revision, StreamMetadata, StreamName},
};

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
    /// Write the batch, its first event at this revision. When the stream is
    /// soft-deleted, [`revival_event`](super::revival_event) goes to the
    /// metadata stream before it, in the same atomic step.
    Write(Revision),
    /// Write nothing; this is the outcome.
    AlreadyApplied(AppendOutcome),
}

/// Checks what can be checked before anything is looked up: the batch is not
/// empty, within `limits`, and names no id twice; no JSON in it is nested
/// deeper than [`MAX_NESTING`]; a metadata stream takes `$metadata` events
/// only, with data that can be read.
///
/// Gives the metadata that the batch puts in force once it is written, so that
/// no backend has to read it again: that of its last event, in a metadata stream.
///
/// # Errors
///
/// The [`StoreError`] to return.
pub fn check_batch(
    stream: &StreamName,
    events: &[NewEvent],
    limits: &Limits,
) -> Result<Option<StreamMetadata>, StoreError> {
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
        if let Some((part, depth)) = too_deep(event) {
            let what = || {
                format!(
                    "the nesting of the {part} of event {index} (`{}`)",
                    event.event_type()
                )
            };
            within(&what, depth, MAX_NESTING)?;
        }
        total = total.saturating_add(event.size());
    }
    within(
        &|| "the size in bytes of an append".into(),
        total,
        limits.batch_bytes,
    )?;
    if events.len() > 1 {
        // New ids grow, so that they mostly are in order already.
        let mut ids: Vec<_> = events.iter().map(NewEvent::id).collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1])
            && let Some(event) = events.iter().rfind(|event| event.id() == pair[0])
        {
            return Err(refused(stream, event, IdempotencyReason::RepeatedInBatch));
        }
    }
    check_metadata_events(stream, events)
}

/// The part of an event that is JSON nested too deep, and how deep: readers of
/// other programs would not take it, and beyond their limit nor would ours.
fn too_deep(event: &NewEvent) -> Option<(&'static str, usize)> {
    let data = event.content_type().is_json_text();
    let data = data.then(|| excess(event.data())).flatten();
    let metadata = || excess(event.metadata().as_bytes()).map(|depth| ("metadata", depth));
    data.map(|depth| ("data", depth)).or_else(metadata)
}

fn check_metadata_events(
    stream: &StreamName,
    events: &[NewEvent],
) -> Result<Option<StreamMetadata>, StoreError> {
    let Some(of) = stream.metadata_of() else {
        return Ok(None);
    };
    let mut last = None;
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
        last = Some(read_metadata(&of, event)?);
    }
    Ok(last)
}

/// Decides an append from the stream's state and from where each event id of
/// the batch is stored already (`stored`, one entry an event, in order; none at
/// all when no event is).
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
    // What was written before the tombstone was written: who repeats it has
    // not heard so, and must not be told that it was refused.
    if let Some(outcome) = already_applied(stream, events, stored)? {
        return Ok(Admission::AlreadyApplied(outcome));
    }
    check_no_tombstone(stream, state)?;
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

/// What to do with a soft delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Append [`soft_delete_event`](super::soft_delete_event) to the metadata
    /// stream.
    Write,
    /// Nothing: the stream is deleted already.
    AlreadyDeleted,
}

/// Decides a soft delete: what is expected must hold, and there must have been
/// a stream. One that is deleted already may be deleted again, with `Any` or
/// `NoStream`.
///
/// # Errors
///
/// [`StoreError::StreamDeleted`], [`StoreError::Conflict`], or
/// [`StoreError::Unsupported`] for a metadata stream, which other metadata
/// replaces.
pub fn check_delete(
    stream: &StreamName,
    expected: ExpectedRevision,
    state: StreamState,
) -> Result<Deletion, StoreError> {
    check_no_metadata_stream(stream)?;
    check_no_tombstone(stream, state)?;
    if state.last.is_none() {
        return Err(StoreError::Conflict {
            stream: stream.clone(),
            expected,
            actual: None,
        });
    }
    check_expected(stream, expected, state)?;
    Ok(if state.deleted {
        Deletion::AlreadyDeleted
    } else {
        Deletion::Write
    })
}

/// Checks a tombstone: what is expected must hold; the stream need not exist.
///
/// # Errors
///
/// As [`check_delete`].
pub fn check_tombstone(
    stream: &StreamName,
    expected: ExpectedRevision,
    state: StreamState,
) -> Result<(), StoreError> {
    check_no_metadata_stream(stream)?;
    check_no_tombstone(stream, state)?;
    check_expected(stream, expected, state)
}

fn check_no_tombstone(stream: &StreamName, state: StreamState) -> Result<(), StoreError> {
    if !state.tombstoned {
        return Ok(());
    }
    Err(StoreError::StreamDeleted {
        stream: stream.clone(),
    })
}

fn check_no_metadata_stream(stream: &StreamName) -> Result<(), StoreError> {
    if stream.metadata_of().is_none() {
        return Ok(());
    }
    Err(StoreError::Unsupported {
        backend: "plumberd",
        what: format!("delete `{stream}`, which holds metadata; append other metadata instead"),
    })
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
