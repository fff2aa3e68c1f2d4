//! Whether a command was carried out before, and what came of it.

use super::{CommandId, Executed, Repository, RepositoryError, loaded::Until};
use crate::{
    aggregate::{Aggregate, EventTypes},
    event::{NewEvent, RecordedEvent, derived_event_id},
    store::{AppendOutcome, EventStore, Filter, Location, ReadFrom, ReadOptions, StoreError},
    stream::{Revision, StreamName},
};
use std::borrow::Cow;
use uuid::Uuid;

/// A command with an identity, in one stream.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) id: CommandId,
    /// The text that the id was made of.
    given: Option<Box<str>>,
    pub(super) purpose: Option<Cow<'static, str>>,
    /// Of the ids of its events.
    pub(super) namespace: Uuid,
    /// Those that its decision may raise.
    event_types: fn() -> EventTypes,
}

type FirstIds = [(Form, Uuid); 2];

fn form_of(ids: &FirstIds, id: Uuid) -> Option<Form> {
    let (form, _) = ids.iter().find(|(_, known)| *known == id)?;
    Some(*form)
}

/// How the ids of a command's events are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    OfStream,
    /// As plumberd made them before it knew purposes: whatever the stream.
    OfCommand,
}

impl Command {
    pub(super) fn new(
        (id, given): (CommandId, Option<Box<str>>),
        purpose: Option<Cow<'static, str>>,
        event_types: fn() -> EventTypes,
        stream: &StreamName,
    ) -> Self {
        Self {
            namespace: id.namespace(stream),
            purpose,
            event_types,
            given,
            id,
        }
    }

    fn event_id(&self, form: Form, index: usize) -> Uuid {
        match form {
            Form::OfStream => derived_event_id(self.namespace, index),
            Form::OfCommand => derived_event_id(self.id.as_uuid(), index),
        }
    }

    /// The ids that its first event may have.
    fn first_ids(&self) -> FirstIds {
        [Form::OfStream, Form::OfCommand].map(|form| (form, self.event_id(form, 0)))
    }

    /// Refuses events that another command led to: one of another purpose, or,
    /// where nothing was said of the first one's, one that led to what this one
    /// cannot raise.
    fn expect_same(
        &self,
        stream: &StreamName,
        events: &[RecordedEvent],
        form: Form,
    ) -> Result<(), RepositoryError> {
        let metadata = events.first().and_then(|first| first.metadata().ok());
        let stored = metadata.and_then(|metadata| metadata.command_purpose());
        let asked = self.purpose.as_deref();
        let [mut stored_types, mut asked_types] = [Vec::new(), Vec::new()];
        if form == Form::OfCommand || (stored.is_none() && asked.is_none()) {
            let types = (self.event_types)();
            let is_known = |event: &RecordedEvent| types.contains(event.event_type.as_str());
            if events.iter().all(is_known) {
                return Ok(());
            }
            stored_types = events.iter().map(|e| e.event_type.to_string()).collect();
            stored_types.dedup();
            asked_types = types.written().map(str::to_owned).collect();
        } else if is_same_purpose(stored.as_deref(), asked) {
            return Ok(());
        }
        Err(RepositoryError::CommandIdTaken {
            stream: stream.clone(),
            command_id: self.id,
            given: self.given.clone(),
            stored: stored.map(Into::into),
            asked: asked.map(Into::into),
            stored_types: stored_types.into(),
            asked_types: asked_types.into(),
        })
    }
}

/// Whether a command of the purpose `asked` stored this one.
///
/// The purpose of a handler that borrows its command was once kept with the
/// `&` and the lifetime, if it had one, and without the space between that and
/// the name: `&Pay`, `&'aPay`.
fn is_same_purpose(stored: Option<&str>, asked: Option<&str>) -> bool {
    let (Some(stored), Some(asked)) = (stored, asked) else {
        return stored == asked;
    };
    let borrowed = || {
        let name = stored.strip_prefix('&')?;
        let Some(rest) = name.strip_prefix('\'') else {
            return Some(name == asked);
        };
        let lifetime = rest.strip_suffix(asked)?;
        let is_lifetime = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        Some(!lifetime.is_empty() && lifetime.chars().all(is_lifetime))
    };
    stored == asked || borrowed().unwrap_or(false)
}

/// A look for a command's first event, by a fold that comes by it.
#[derive(Debug)]
pub(super) struct Search {
    ids: FirstIds,
    found: Option<Found>,
    /// Whether every event there ever was is looked at.
    pub(super) complete: bool,
}

/// Where the first event of a command stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    form: Form,
    revision: Revision,
}

impl Search {
    pub(super) fn new(command: &Command) -> Self {
        Self {
            ids: command.first_ids(),
            found: None,
            complete: false,
        }
    }

    pub(super) fn look_at(&mut self, events: &[RecordedEvent]) {
        if self.found.is_some() {
            return;
        }
        self.found = events.iter().find_map(|event| {
            Some(Found {
                form: form_of(&self.ids, event.id)?,
                revision: event.revision,
            })
        });
    }

    pub(super) const fn found(&self) -> Option<Found> {
        self.found
    }
}

impl<A: Aggregate> Repository<A> {
    /// What the command came to when it was carried out before, wherever its
    /// events are by now.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::CommandIdTaken`], [`RepositoryError::DeletedSince`];
    /// [`RepositoryError::Store`] when it cannot be told.
    pub(super) async fn first_outcome(
        &self,
        id: &A::Id,
        stream: &StreamName,
        command: &Command,
        attempts: u32,
    ) -> Result<Option<Executed<A>>, RepositoryError> {
        let ids = command.first_ids();
        let either = ids.map(|(_, id)| id);
        let Some((id_found, place)) = self.store.find_any_event(stream, &either).await? else {
            return Ok(None);
        };
        let form = form_of(&ids, id_found).unwrap_or(Form::OfStream);
        let found = Found {
            form,
            revision: place.revision,
        };
        let visible = self.seen_outcome(id, stream, command, found, attempts);
        if let Some(executed) = visible.await? {
            return Ok(Some(executed));
        }
        let events = self.hidden_events(stream, command, form, place).await?;
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Err(RepositoryError::Store {
                source: StoreError::Corrupt {
                    backend: "the store",
                    what: format!(
                        "event {} of `{stream}` is found and cannot be read",
                        place.revision
                    ),
                },
            });
        };
        command.expect_same(stream, &events, form)?;
        if self.was_deleted_since(stream, last.revision).await? {
            return Err(RepositoryError::DeletedSince {
                stream: stream.clone(),
                command_id: command.id,
                given: command.given.clone(),
                revision: last.revision,
            });
        }
        Ok(Some(outcome_of(id, first, last, &events, attempts)))
    }

    /// The same, of a command whose first event is there to be read; `None`
    /// when it is hidden.
    pub(super) async fn seen_outcome(
        &self,
        id: &A::Id,
        stream: &StreamName,
        command: &Command,
        found: Found,
        attempts: u32,
    ) -> Result<Option<Executed<A>>, RepositoryError> {
        let from = ReadOptions::forwards().from(ReadFrom::At(found.revision));
        let mut read = self.store.read_stream(stream, from);
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            match read.next_event().await {
                Ok(Some(event)) if event.id == command.event_id(found.form, events.len()) => {
                    events.push(event);
                }
                Ok(_) | Err(StoreError::StreamDeleted { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Ok(None);
        };
        command.expect_same(stream, &events, found.form)?;
        let executed = outcome_of(id, first, last, &events, attempts);
        let until = Until::Revision(last.revision);
        Ok(Some(match self.read(stream, until, None).await {
            Ok(then) if then.revision() == Some(last.revision) => executed.with_state(then.state),
            Err(error) if error.is_transient() => return Err(error),
            // What cannot be built is not there; the outcome is.
            Ok(_) | Err(_) => executed,
        }))
    }

    /// The events of a command that its stream does not show any more: the
    /// global order does.
    async fn hidden_events(
        &self,
        stream: &StreamName,
        command: &Command,
        form: Form,
        place: Location,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let from = ReadOptions::forwards().from(ReadFrom::At(place.position));
        let filter = Filter::new().stream(stream.clone()).with_system_events();
        let mut read = self.store.read_all(from, filter);
        let mut events: Vec<RecordedEvent> = Vec::new();
        while let Some(event) = read.next_event().await? {
            if event.id != command.event_id(form, events.len()) {
                break;
            }
            events.push(event);
        }
        Ok(events)
    }

    /// Whether the stream was deleted when it had this event.
    async fn was_deleted_since(
        &self,
        stream: &StreamName,
        revision: Revision,
    ) -> Result<bool, StoreError> {
        let info = self.store.stream_info(stream).await?;
        if info.deleted || info.tombstoned {
            return Ok(true);
        }
        self.began_anew(stream, |first| first > revision).await
    }
}

fn outcome_of<A: Aggregate>(
    id: &A::Id,
    first: &RecordedEvent,
    last: &RecordedEvent,
    events: &[RecordedEvent],
    attempts: u32,
) -> Executed<A> {
    let outcome = AppendOutcome::already_applied(first.revision, last.revision, last.position);
    let written = events.iter().map(|event| {
        NewEvent::new(event.id, event.event_type.clone(), event.data.clone())
            .with_content_type(event.content_type.clone())
            .with_raw_metadata(event.metadata.clone())
    });
    Executed::written_as(id.clone(), &outcome, attempts, written.collect())
}
