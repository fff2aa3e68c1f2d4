use crate::{
    codec::JsonObject,
    stream::{InvalidStreamName, StreamName},
};
use std::fmt::Display;
use uuid::Uuid;

const SESSION_IN: &str = ">SessionIn";
const SESSION_OUT: &str = ">SessionOut";

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

/// The id of the event that says what came of a command of a session: the same
/// whoever answers and however often, so that the store keeps the first one.
pub fn outcome_id(command_id: Uuid, session: &str) -> Uuid {
    Uuid::new_v5(&command_id, format!("outcome {session}").as_bytes())
}

/// The identity of a command: the UUID in its `Id`, as .NET and Python have it,
/// else that of its event.
pub(super) fn command_id(data: &[u8], event_id: Uuid) -> Uuid {
    JsonObject::parse(data)
        .ok()
        .and_then(|json| json.get_str("Id")?.parse().ok())
        .filter(|id: &Uuid| !id.is_nil())
        .unwrap_or(event_id)
}
