use super::metadata_headers::{read_object, text};
use crate::{
    codec::JsonObject,
    stream::{InvalidStreamName, Revision, StreamName},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt::Display;
use uuid::Uuid;

const SESSION_IN: &str = ">SessionIn";
const SESSION_OUT: &str = ">SessionOut";

/// Begins as [`SESSION_IN`] does, and is a category: so a program that follows both has
/// the store leave out nearly everything else.
const CHECKPOINT: &str = ">SessionInCheckpoint";

/// What the names of all streams with commands begin with.
pub(super) const COMMANDS_PREFIX: &str = ">SessionIn-";

/// The stream that a session's commands are written to.
///
/// # Errors
///
/// [`InvalidStreamName`] when the session is empty or too long, or has control
/// characters.
pub fn session_in(session: impl Display) -> Result<StreamName, InvalidStreamName> {
    StreamName::new(SESSION_IN, session)
}

/// The stream that the answers to a session's commands are written to.
///
/// # Errors
///
/// As [`session_in`].
pub fn session_out(session: impl Display) -> Result<StreamName, InvalidStreamName> {
    StreamName::new(SESSION_OUT, session)
}

/// The stream in which the server of this name remembers how far it has come.
pub(super) fn checkpoint(server: &str) -> Result<StreamName, InvalidStreamName> {
    StreamName::new(CHECKPOINT, server)
}

/// The id of the event that says what came of a command of a session: the same
/// whichever server answers and however often, so that the store keeps the first one.
pub fn outcome_id(command_id: Uuid, session: &str) -> Uuid {
    Uuid::new_v5(&command_id, format!("outcome {session}").as_bytes())
}

/// The id of an answer that is written once more, for an event of the command
/// that came after it.
pub(super) fn outcome_again_id(outcome: Uuid, command: Revision) -> Uuid {
    Uuid::new_v5(&outcome, format!("again {command}").as_bytes())
}

/// The key of a command's identity in its data.
pub(super) const ID: &str = "Id";

/// What a command's data says of its identity.
pub(super) enum NamedId {
    Id(Uuid),
    /// Something that is no UUID.
    Other,
    /// Nothing.
    None,
}

pub(super) fn named_id(data: &[u8]) -> NamedId {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow, rename = "Id")]
        id: Option<&'a RawValue>,
    }
    let whole;
    let raw = match read_object::<Named<'_>>(data) {
        Some(named) => named.id,
        None => match JsonObject::parse(data) {
            Ok(json) => {
                whole = json;
                whole.get(ID).filter(|raw| raw.get() != "null")
            }
            Err(_) => return NamedId::Other,
        },
    };
    if raw.is_none() {
        return NamedId::None;
    }
    match text(raw).and_then(|text| text.parse().ok()) {
        Some(id) if Uuid::is_nil(&id) => NamedId::None,
        Some(id) => NamedId::Id(id),
        None => NamedId::Other,
    }
}

/// The identity of a command: the UUID in its `Id`, as .NET and Python have it,
/// else that of its event.
pub(super) fn command_id(data: &[u8], event_id: Uuid) -> Uuid {
    match named_id(data) {
        NamedId::Id(id) => id,
        NamedId::Other | NamedId::None => event_id,
    }
}

/// The id of the event of a command that was sent in another session before:
/// its own id is taken.
pub(super) fn repeated_event_id(command_id: Uuid, session: &str) -> Uuid {
    Uuid::new_v5(&command_id, session.as_bytes())
}
