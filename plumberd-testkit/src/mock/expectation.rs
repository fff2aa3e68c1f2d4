use super::{CallKind, report::Rendered, store::EntryHandle};
use plumberd::{
    clock::Clock,
    event::{Event, NewEvent, RecordedEvent},
    store::{AppendOutcome, Direction, Location, ReadFrom, ReadOptions, StoreError, StreamInfo},
    stream::{ExpectedRevision, Position, Revision, StreamName},
};
use std::panic;
use uuid::Uuid;

/// An append that a [`MockStore`](super::MockStore) expects.
///
/// What is not said is not looked at: without [`ExpectedAppend::at`] any
/// expectation will do, without [`ExpectedAppend::event`] any events.
#[derive(Debug)]
pub struct ExpectedAppend<'a>(pub(super) EntryHandle<'a>);

impl ExpectedAppend<'_> {
    /// The writer expects the stream at this revision.
    #[must_use = "an expectation is complete with its events"]
    pub fn at(self, revision: Revision) -> Self {
        self.expecting(ExpectedRevision::Exact(revision))
    }

    /// The writer expects this.
    #[must_use = "an expectation is complete with its events"]
    pub fn expecting(self, expected: ExpectedRevision) -> Self {
        self.change(|append| append.expected = Some(expected));
        self
    }

    /// The batch has this event next: its stored type and data; the id and the
    /// metadata may be any. The batch may have no others than those named so.
    ///
    /// # Panics
    ///
    /// When the event cannot be encoded.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "the last step"
    )]
    pub fn event<E: Event>(self, event: &E) -> Self {
        let event = encoded(event);
        self.change(|append| append.events.get_or_insert_default().push(event));
        self
    }

    /// The store answers with this error, and nothing is written.
    pub fn fails(self, error: StoreError) {
        self.change(|append| append.error = Some(error));
    }

    /// The store answers that the batch had been written before.
    pub fn already_applied(self) {
        self.change(|append| append.already_applied = true);
    }

    fn change(&self, change: impl FnOnce(&mut WantedAppend)) {
        self.0.change(|entry| {
            if let Wanted::Append(append) = &mut entry.wanted {
                change(append);
            }
        });
    }
}

/// A read of a stream that a [`MockStore`](super::MockStore) expects, and what
/// it yields.
#[derive(Debug)]
pub struct ExpectedRead<'a>(pub(super) EntryHandle<'a>);

impl ExpectedRead<'_> {
    /// The stream has this event next; the first has revision 0. The read
    /// yields those that it asks for.
    ///
    /// # Panics
    ///
    /// When the event cannot be encoded.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "the last step"
    )]
    pub fn event<E: Event>(self, event: &E) -> Self {
        let event = encoded(event);
        self.0.change(|entry| {
            let stream = entry.stream.clone();
            if let Wanted::Read(read) = &mut entry.wanted {
                let number = read.events.len() as u64;
                read.events.push(recorded(stream, number, &event));
            }
        });
        self
    }

    /// The read comes so often.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "the last step"
    )]
    pub fn times(self, times: usize) -> Self {
        self.0.change(|entry| entry.times = times);
        self
    }

    /// The read fails with this error.
    pub fn fails(self, error: StoreError) {
        self.0.change(|entry| {
            if let Wanted::Read(read) = &mut entry.wanted {
                read.error = Some(error);
            }
        });
    }
}

#[track_caller]
fn encoded<E: Event>(event: &E) -> NewEvent {
    NewEvent::encode(event).unwrap_or_else(|error| panic!("an expected event: {error}"))
}

fn recorded(stream: StreamName, number: u64, event: &NewEvent) -> RecordedEvent {
    RecordedEvent {
        stream,
        revision: Revision::new(number),
        position: Position::new(number),
        id: event.id(),
        event_type: event.event_type().clone(),
        content_type: event.content_type().clone(),
        data: event.data().clone(),
        metadata: event.metadata().clone(),
        shape_revision: event.shape_revision(),
        recorded_at: Clock::system().now(),
        tenant: None,
        link: None,
    }
}

/// A call that is expected of one stream.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) stream: StreamName,
    pub(super) wanted: Wanted,
    /// How often it is still expected.
    pub(super) times: usize,
    /// Where the test says so.
    pub(super) line: &'static panic::Location<'static>,
}

#[derive(Debug)]
pub(super) enum Wanted {
    Append(Box<WantedAppend>),
    Read(WantedRead),
    Info(StreamInfo),
    Find(Uuid, Option<Location>),
    Delete(ExpectedRevision),
    Tombstone(ExpectedRevision),
}

#[derive(Debug, Default)]
pub(super) struct WantedAppend {
    pub(super) expected: Option<ExpectedRevision>,
    pub(super) events: Option<Vec<NewEvent>>,
    error: Option<StoreError>,
    already_applied: bool,
}

#[derive(Debug, Default)]
pub(super) struct WantedRead {
    events: Vec<RecordedEvent>,
    error: Option<StoreError>,
}

impl Wanted {
    pub(super) fn append() -> Self {
        Self::Append(Box::default())
    }

    pub(super) fn read() -> Self {
        Self::Read(WantedRead::default())
    }

    pub(super) const fn kind(&self) -> CallKind {
        match self {
            Self::Append(_) => CallKind::Append,
            Self::Read(_) => CallKind::ReadStream,
            Self::Info(_) => CallKind::StreamInfo,
            Self::Find(..) => CallKind::FindEvent,
            Self::Delete(_) => CallKind::Delete,
            Self::Tombstone(_) => CallKind::Tombstone,
        }
    }
}

impl Entry {
    pub(super) fn rendered(&self) -> Rendered {
        Rendered::of_entry(self)
    }

    pub(super) fn answer_append(
        &mut self,
        expected: ExpectedRevision,
        events: &[NewEvent],
        position: &mut u64,
    ) -> Result<Result<AppendOutcome, StoreError>, Rendered> {
        let Wanted::Append(append) = &mut self.wanted else {
            return Err(Rendered::default());
        };
        let as_expected = append.expected.is_none_or(|wanted| wanted == expected);
        let same = |wanted: &[NewEvent]| {
            wanted.len() == events.len()
                && wanted.iter().zip(events).all(|(wanted, event)| {
                    // Written by one encoder: equal values are equal bytes.
                    (wanted.event_type(), wanted.data()) == (event.event_type(), event.data())
                })
        };
        if !as_expected || !append.events.as_deref().is_none_or(same) {
            return Err(self.rendered());
        }
        if let Some(error) = append.error.take() {
            return Ok(Err(error));
        }
        let first = match expected {
            ExpectedRevision::Exact(revision) => revision.next(),
            _ => Revision::FIRST,
        };
        let last = first
            .checked_add(events.len().saturating_sub(1) as u64)
            .unwrap_or(Revision::MAX);
        *position += events.len() as u64;
        let at = Position::new(*position);
        Ok(Ok(if append.already_applied {
            AppendOutcome::already_applied(first, last, at)
        } else {
            AppendOutcome::written(first, last, at)
        }))
    }

    pub(super) fn answer_read(
        &mut self,
        options: ReadOptions<Revision>,
    ) -> Result<Result<Vec<RecordedEvent>, StoreError>, Rendered> {
        let Wanted::Read(read) = &mut self.wanted else {
            return Err(Rendered::default());
        };
        if let Some(error) = read.error.take() {
            return Ok(Err(error));
        }
        let forwards = options.direction == Direction::Forwards;
        let begins = |event: &&RecordedEvent| match options.from {
            ReadFrom::Start => forwards,
            ReadFrom::End => !forwards,
            ReadFrom::At(from) if forwards => event.revision >= from,
            ReadFrom::After(from) if forwards => event.revision > from,
            ReadFrom::At(from) => event.revision <= from,
            ReadFrom::After(from) => event.revision < from,
        };
        let mut events: Vec<_> = read.events.iter().filter(begins).cloned().collect();
        if !forwards {
            events.reverse();
        }
        if let Some(limit) = options.limit {
            events.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(Ok(events))
    }
}
