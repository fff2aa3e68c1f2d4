use crate::event::{DecodeError, EncodeError, EncodedEvent, Event, EventInfo, Shape, ShapeBuilder};
use std::borrow::Cow;

/// What is to be done; sent over a [`CommandBus`](super::CommandBus).
///
/// A command is a type with `#[derive(Event)]`: so it has a name, PascalCase
/// data, and with a field `#[event(id)]` an identity. Add one line:
///
/// ```
/// use plumberd::{Event, command::{Command, NoFault, ValidationError}, prelude::*};
///
/// #[derive(Event, Debug)]
/// struct CreditAccount {
///     #[event(id)]
///     id: Uuid,
///     amount: Decimal,
/// }
///
/// impl Command for CreditAccount {
///     type Fault = NoFault;
///
///     fn validate(&self) -> Result<(), ValidationError> {
///         if self.amount <= dec!(0) {
///             return Err(ValidationError::new("Amount must be positive"));
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// The key `Id` of a command's data, when it is a UUID, is the command's
/// identity for every system on the bus: leave it nil to have one made, and
/// keep the ids of other things in other fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "not a command",
    note = "add `impl plumberd::command::Command for {Self} {{ type Fault = plumberd::command::NoFault; }}`"
)]
pub trait Command: Event {
    /// What may be said when it fails, besides a message: an event, or an event
    /// enum of several. [`NoFault`] when nothing is.
    type Fault: Event;

    /// What can be seen to be wrong without knowing any state. Asked before the
    /// command is sent, and again before it is handled.
    ///
    /// # Errors
    ///
    /// [`ValidationError`]: the command then fails with the code 400.
    fn validate(&self) -> Result<(), ValidationError> {
        Ok(())
    }
}

/// What is wrong with a command, for its sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ValidationError {
    message: Cow<'static, str>,
}

crate::error::always!(Invalid: ValidationError);

impl ValidationError {
    /// With this message.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

/// The fault of a command that says no more than a code and a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoFault {}

impl Event for NoFault {
    const TYPES: &'static [EventInfo] = &[];

    fn type_index(&self) -> usize {
        match *self {}
    }

    fn encode(&self, _: &mut Vec<u8>) -> Result<(), EncodeError> {
        match *self {}
    }

    fn decode(_: usize, encoded: &EncodedEvent<'_>) -> Result<Self, DecodeError> {
        Err(DecodeError::OtherType {
            found: encoded.event_type.to_owned(),
            expected: Vec::new(),
        })
    }

    fn shape(_: usize, _: &mut ShapeBuilder) -> Shape {
        Shape::Choice(Vec::new())
    }
}
