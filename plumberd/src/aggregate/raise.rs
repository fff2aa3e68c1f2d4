use super::{ApplyError, Handles};
use crate::{
    context::MessageContext,
    error::ErrorKind,
    event::{DecodeError, EncodeError, Event, NewEvent, derived_event_id, new_event_id},
};
use uuid::Uuid;

/// Takes the events of a decision: applies each to the aggregate, and keeps it
/// encoded for the append.
#[derive(Debug)]
pub struct Raise<'a, A> {
    /// None where the events are only encoded.
    aggregate: Option<&'a mut A>,
    events: &'a mut Vec<NewEvent>,
    context: &'a MessageContext,
    command_id: Option<Uuid>,
    /// How many events of this command were raised before.
    index: usize,
}

impl<'a, A> Raise<'a, A> {
    /// Applies to `aggregate` and appends to `events`.
    ///
    /// The ids of events without one of their own follow from `command_id`, if
    /// there is one: see [`derived_event_id`].
    pub const fn new(
        aggregate: &'a mut A,
        events: &'a mut Vec<NewEvent>,
        context: &'a MessageContext,
        command_id: Option<Uuid>,
    ) -> Self {
        Self {
            aggregate: Some(aggregate),
            events,
            context,
            command_id,
            index: 0,
        }
    }

    /// Appends to `events` and applies to nothing: for tests, which compare
    /// events, and tools that write them.
    ///
    /// An event without an id of its own gets the one that the command
    /// `command_id` would give it; one with an id of its own keeps it.
    pub const fn encoding(
        events: &'a mut Vec<NewEvent>,
        context: &'a MessageContext,
        command_id: Uuid,
    ) -> Self {
        Self {
            aggregate: None,
            events,
            context,
            command_id: Some(command_id),
            index: 0,
        }
    }

    /// Takes one event.
    ///
    /// # Errors
    ///
    /// [`RaiseError`] when it cannot be stored, or its id cannot be the one that
    /// the command leads to. The aggregate may have been changed by events
    /// raised before; throw it away.
    pub fn event<E: Event>(&mut self, mut event: E) -> Result<(), RaiseError>
    where
        A: Handles<E>,
    {
        let has_id = event.id().is_some();
        let own = event.id().filter(|id| !id.is_nil());
        let id = match (own, self.command_id) {
            (Some(own), Some(command))
                if self.aggregate.is_some() && own != derived_event_id(command, self.index) =>
            {
                return Err(RaiseError::OwnId {
                    event_id: own,
                    command_id: command,
                });
            }
            (Some(own), _) => own,
            (None, Some(command)) => derived_event_id(command, self.index),
            (None, None) => new_event_id(),
        };
        if has_id {
            event.assign_id(id);
        }
        let index = event.type_index();
        let mut encoded = NewEvent::encode_with(&event, id, self.context)?;
        if own.is_none() {
            encoded = encoded.with_new_id();
        }
        if let Some(aggregate) = &mut self.aggregate {
            // What is applied is what a replay will see: a stored form may keep
            // less than the value had, and one that cannot be read back must
            // not be stored.
            let stored: E = encoded.decode_as(index)?;
            aggregate.handle(&stored, encoded.metadata())?;
        }
        self.events.push(encoded);
        self.index += 1;
        Ok(())
    }
}

/// Why an event cannot be raised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RaiseError {
    /// The event cannot be stored.
    #[error(transparent)]
    Encode(#[from] EncodeError),

    /// The event's stored form could not be read back.
    #[error("the stored form of an event could not be read back")]
    Decode(#[from] DecodeError),

    /// A handler asks for the metadata, and it cannot be read.
    #[error(transparent)]
    Apply(#[from] ApplyError),

    /// The event has an id of its own and the command has one too: a repeated
    /// command could not be recognised. Leave the event's id nil.
    #[error(
        "event {event_id} has an id of its own, so command {command_id} could not be recognised \
         when it is repeated; leave the field `#[event(id)]` nil"
    )]
    OwnId {
        /// The event's own id.
        event_id: Uuid,
        /// The command's id.
        command_id: Uuid,
    },
}

impl RaiseError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Encode(error) => error.kind(),
            // It was written a moment ago, so the codec is at fault.
            Self::Decode(_) => ErrorKind::Internal,
            Self::Apply(error) => error.kind(),
            Self::OwnId { .. } => ErrorKind::Invalid,
        }
    }
}
