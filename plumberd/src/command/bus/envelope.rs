use super::PostError;
use crate::{
    codec::{CodecError, JsonObject},
    command::{
        Command,
        metadata_headers::MetadataHeaders,
        names::{self, NamedId},
        request::command_metadata,
    },
    context::MessageContext,
    event::{EncodeError, NewEvent, RecordedEvent, new_event_id},
};
use uuid::Uuid;

/// A command on its way to its handler.
pub(super) struct Envelope {
    pub(super) command_id: Uuid,
    /// The stored name of the command.
    pub(super) name: &'static str,
    pub(super) event: NewEvent,
}

impl Envelope {
    /// The command as it is written, after its own check.
    pub(super) fn write<C: Command>(
        mut command: C,
        context: &MessageContext,
    ) -> Result<Self, PostError> {
        command.validate()?;
        let own = command.id().filter(|id| !id.is_nil());
        let id = own.unwrap_or_else(new_event_id);
        command.assign_id(id);
        let name = C::TYPES
            .get(command.type_index())
            .map_or("", |info| info.name);
        let wrong = |error| EncodeError::new(name, error);
        let mut event = NewEvent::encode_with(&command, id, context)?;
        let content_type = event.content_type();
        if !content_type.is_json() {
            let why = format!("a command is JSON, and this is `{}`", content_type.as_str());
            return Err(wrong(CodecError::new(why)).into());
        }
        // `Id` in the data is the identity for every reader, from any sender.
        let mut command_id = id;
        match names::named_id(event.data()) {
            NamedId::Id(named) => command_id = named,
            NamedId::Other => {}
            NamedId::None => event = with_id(&event, id).map_err(wrong)?,
        }
        if command_id != id {
            event = NewEvent::encode_with(&command, command_id, context)?;
        }
        let metadata = command_metadata(&event, context).map_err(wrong)?;
        Ok(Self {
            command_id,
            name,
            event: event.with_raw_metadata(metadata),
        })
    }

    /// Whether this is what is stored under its id.
    pub(super) fn is(&self, stored: &RecordedEvent) -> bool {
        self.event.is_stored_as(stored) && recipient(stored.metadata.as_bytes()) == self.recipient()
    }

    /// To whom it goes.
    pub(super) fn recipient(&self) -> Option<String> {
        recipient(self.event.metadata().as_bytes())
    }
}

fn recipient(metadata: &[u8]) -> Option<String> {
    MetadataHeaders::of(metadata, &mut JsonObject::new()).recipient()
}

/// The event with its id in the data: .NET requires it there.
fn with_id(event: &NewEvent, id: Uuid) -> Result<NewEvent, CodecError> {
    let mut json = JsonObject::new();
    json.insert(names::ID, &id.to_string())?;
    let mut rest = JsonObject::parse(event.data())?;
    rest.remove(names::ID);
    json.extend(&rest);
    Ok(
        NewEvent::new(event.id(), event.event_type().clone(), json.to_bytes())
            .with_content_type(event.content_type().clone())
            .with_raw_metadata(event.metadata().clone()),
    )
}
