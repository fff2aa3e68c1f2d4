use super::{CommandContext, metadata_headers::MetadataHeaders, names, reply::Reply};
use crate::{
    codec::{CodecError, JsonObject},
    context::{MessageContext, MessageId},
    event::{EventType, NewEvent, RawMetadata, RecordedEvent},
    stream::StreamName,
};
use uuid::Uuid;

/// What a command's metadata says, or what can be made of it.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) command_id: Uuid,
    pub(super) recipient: Option<String>,
    session: Option<String>,
    message: MessageContext,
}

impl Request {
    /// Reads the metadata of a command, as .NET, Python and plumberd write it.
    /// What is missing or wrong is left out: that is answered, not an error.
    /// Headers stay behind, as in [`MessageContext::caused_by`].
    pub(super) fn of(event: &RecordedEvent) -> Self {
        let mut whole = JsonObject::new();
        let headers = MetadataHeaders::of(event.metadata.as_bytes(), &mut whole);
        let command_id = names::command_id(&event.data, event.id);
        let recipient = headers.recipient().filter(|text| !text.is_empty());
        // A writer that forgot it has written to the stream of its session all the same.
        let session = headers
            .session()
            .or_else(|| {
                let name = event.stream.as_str();
                Some(name.strip_prefix(names::COMMANDS_PREFIX)?.to_owned())
            })
            .filter(|text| !text.is_empty());
        let correlation = headers.correlation().map(MessageId::new);
        let mut message = MessageContext::new()
            .with_correlation(
                correlation
                    .and_then(Result::ok)
                    .unwrap_or_else(|| command_id.into()),
            )
            .with_causation(command_id);
        if let Some(user) = headers.user() {
            message = message.with_user(user);
        }
        if let Some(session) = &session {
            message = message.with_session(session.as_str());
        }
        if let Some(recipient) = &recipient {
            message = message.with_recipient(recipient.as_str());
        }
        // The store knows better than the command's sender.
        let said = || headers.tenant()?.parse().ok();
        if let Some(tenant) = event.tenant.clone().or_else(said) {
            message = message.with_tenant(tenant);
        }
        Self {
            command_id,
            recipient,
            session,
            message,
        }
    }

    /// Where the answer goes, and under which id; `None` when no sender waits.
    pub(super) fn answer_to(&self) -> Option<(StreamName, Uuid)> {
        let session = self.session.as_deref()?;
        let stream = names::session_out(session).ok()?;
        Some((stream, names::outcome_id(self.command_id, session)))
    }

    /// What the handler is told, when it is said for whom the command is.
    pub(super) fn context(&self) -> Option<CommandContext> {
        let recipient = self.recipient.clone()?;
        Some(CommandContext::new(
            self.command_id,
            recipient,
            self.message.clone(),
        ))
    }

    /// Whether the event has the id that the command gives it, so that a store
    /// that remembers it has no other one of the command in its session.
    pub(super) fn has_own_id(&self, event_id: Uuid) -> bool {
        let repeated = |session: &str| names::repeated_event_id(self.command_id, session);
        event_id == self.command_id || self.session.as_deref().map(repeated) == Some(event_id)
    }

    /// The event that says what came of the command.
    pub(super) async fn answer(
        &self,
        id: Uuid,
        command: &str,
        reply: &Reply,
    ) -> Result<NewEvent, CodecError> {
        let event_type = EventType::new(reply.event_type(command))
            .map_err(|error| CodecError::caused_by("the answer has no name", error))?;
        let data = reply.to_json()?;
        let event = async { NewEvent::new(id, event_type, data) };
        Ok(self.message.scope(event).await)
    }
}

/// The metadata of a command, with the keys in Python's order, and then the
/// sender's own.
pub(super) fn command_metadata(
    event: &NewEvent,
    context: &MessageContext,
) -> Result<RawMetadata, CodecError> {
    let mut whole = JsonObject::new();
    let mut json = MetadataHeaders::of(event.metadata().as_bytes(), &mut whole).to_json();
    if !context.headers().is_empty() {
        let mut ordered = JsonObject::parse(&json)?;
        ordered.extend(&JsonObject::parse(event.metadata().as_bytes())?);
        json = ordered.to_bytes();
    }
    Ok(RawMetadata::new(json.into()))
}
