use crate::{error::always, event::derived_event_id, stream::StreamName};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The identity of a command: a UUID, never the nil one.
///
/// However often a command is repeated, it is carried out once. An id belongs
/// to one command in each stream: to the same command in several streams, but
/// never to two commands in one.
///
/// # Examples
///
/// ```
/// use plumberd::{prelude::*, repository::CommandId};
///
/// // The text of a UUID is that UUID, any other text makes one of its own.
/// let id: CommandId = "3fa85f64-5717-4562-b3fc-2c963f66afa6".parse()?;
/// assert_eq!(id.to_string(), "3fa85f64-5717-4562-b3fc-2c963f66afa6");
/// let id: CommandId = "invoice 17, second reminder".parse()?;
/// assert_eq!(id.as_uuid(), Uuid::new_v5(&CommandId::NAMESPACE, b"invoice 17, second reminder"));
///
/// assert!("".parse::<CommandId>().is_err());
/// assert!(CommandId::new(Uuid::nil()).is_err());
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CommandId(Uuid);

impl CommandId {
    /// The namespace in which a text that is no UUID makes one of version 5:
    /// `b6a3d0c4-5f0e-5c39-9d0b-7c1c0f4f6e2a`.
    pub const NAMESPACE: Uuid = Uuid::from_u128(0xb6a3_d0c4_5f0e_5c39_9d0b_7c1c_0f4f_6e2a);

    /// Takes a UUID as an id.
    ///
    /// # Errors
    ///
    /// [`InvalidCommandId::Nil`]: the nil UUID stands there when the caller
    /// has given no id, and would be the id of all such commands.
    pub const fn new(id: Uuid) -> Result<Self, InvalidCommandId> {
        if id.is_nil() {
            return Err(InvalidCommandId::Nil);
        }
        Ok(Self(id))
    }

    /// Takes a text as an id, such as the value of an `Idempotency-Key`: the
    /// text of a UUID in any of its spellings is that UUID, any other text is
    /// the UUID of version 5 of its bytes in [`CommandId::NAMESPACE`].
    ///
    /// # Errors
    ///
    /// [`InvalidCommandId`] when there is nothing but white space in it, or it
    /// is the nil UUID.
    pub fn from_text(text: &str) -> Result<Self, InvalidCommandId> {
        match Uuid::parse_str(text) {
            Ok(id) => Self::new(id),
            Err(_) if text.trim().is_empty() => Err(InvalidCommandId::Empty),
            Err(_) => Ok(Self(Uuid::new_v5(&Self::NAMESPACE, text.as_bytes()))),
        }
    }

    /// The UUID.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }

    /// The id of the event number `index` (from 0) that the command leads to
    /// in `stream`: [`derived_event_id`] in the namespace that is the UUID of
    /// version 5 of `stream {name}` in the namespace of the command's id.
    pub fn event_id(self, stream: &StreamName, index: usize) -> Uuid {
        derived_event_id(self.namespace(stream), index)
    }

    /// The namespace of the ids of its events in `stream`.
    pub(super) fn namespace(self, stream: &StreamName) -> Uuid {
        Uuid::new_v5(&self.0, format!("stream {stream}").as_bytes())
    }
}

impl FromStr for CommandId {
    type Err = InvalidCommandId;

    fn from_str(text: &str) -> Result<Self, InvalidCommandId> {
        Self::from_text(text)
    }
}

impl TryFrom<Uuid> for CommandId {
    type Error = InvalidCommandId;

    fn try_from(id: Uuid) -> Result<Self, InvalidCommandId> {
        Self::new(id)
    }
}

impl From<CommandId> for Uuid {
    fn from(id: CommandId) -> Self {
        id.0
    }
}

impl<'de> Deserialize<'de> for CommandId {
    /// From any text, as [`CommandId::from_text`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).map_err(de::Error::custom)
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommandId({})", self.0)
    }
}

/// What cannot be the identity of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCommandId {
    /// There is nothing in the text.
    #[error("the command id is empty")]
    Empty,
    /// It is the UUID that stands for none.
    #[error("the command id is the nil UUID, which stands for none")]
    Nil,
    /// The purpose that goes with it cannot be one.
    #[error("the purpose of a command is 1 to 200 bytes without control characters")]
    Purpose,
}

always!(Invalid: InvalidCommandId);

/// What [`Execute::command_id`](super::Execute::command_id) takes: a
/// [`CommandId`], a `Uuid`, a text, or an `Option` of one of them.
pub trait IntoCommandId {
    /// The id; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`InvalidCommandId`].
    fn into_command_id(self) -> Result<Option<CommandId>, InvalidCommandId>;

    /// The text that the id is made of, for errors that tell of the command: at
    /// most its first 100 characters, and none when it is a UUID anyway.
    fn given_text(&self) -> Option<Box<str>> {
        None
    }
}

impl IntoCommandId for CommandId {
    fn into_command_id(self) -> Result<Option<CommandId>, InvalidCommandId> {
        Ok(Some(self))
    }
}

impl IntoCommandId for Uuid {
    fn into_command_id(self) -> Result<Option<CommandId>, InvalidCommandId> {
        CommandId::new(self).map(Some)
    }
}

impl IntoCommandId for &str {
    fn into_command_id(self) -> Result<Option<CommandId>, InvalidCommandId> {
        CommandId::from_text(self).map(Some)
    }

    fn given_text(&self) -> Option<Box<str>> {
        if Uuid::parse_str(self).is_ok() {
            return None;
        }
        match self.char_indices().nth(100) {
            Some((end, _)) => Some(format!("{}…", &self[..end]).into()),
            None => Some((*self).into()),
        }
    }
}

impl IntoCommandId for String {
    fn into_command_id(self) -> Result<Option<CommandId>, InvalidCommandId> {
        self.as_str().into_command_id()
    }

    fn given_text(&self) -> Option<Box<str>> {
        self.as_str().given_text()
    }
}

impl IntoCommandId for &String {
    fn into_command_id(self) -> Result<Option<CommandId>, InvalidCommandId> {
        self.as_str().into_command_id()
    }

    fn given_text(&self) -> Option<Box<str>> {
        self.as_str().given_text()
    }
}

impl<T: IntoCommandId> IntoCommandId for Option<T> {
    fn into_command_id(self) -> Result<Option<CommandId>, InvalidCommandId> {
        self.map_or(Ok(None), T::into_command_id)
    }

    fn given_text(&self) -> Option<Box<str>> {
        self.as_ref()?.given_text()
    }
}
