//! What reacts to an event has it as its cause.

use super::{Metadata, RecordedEvent};
use crate::{
    context::{MessageContext, MessageId},
    json::CodecError,
};

impl MessageContext {
    /// The context of what reacts to `event`: the same correlation, user and
    /// tenant, and the event as the cause. Headers stay behind.
    ///
    /// An event without a correlation begins one of its own, by its id. So does
    /// an event with one that is no [`MessageId`], and a warning says it.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when the event's metadata is not a JSON object.
    pub fn caused_by(event: &RecordedEvent) -> Result<Self, CodecError> {
        let metadata = Metadata::from_json(event.metadata.as_bytes())?;
        let mut context = Self::new()
            .with_correlation(correlation(&metadata, event))
            .with_causation(event.id);
        if let Some(user) = metadata.user_id() {
            context = context.with_user(user);
        }
        if let Some(session) = metadata.session_id() {
            context = context.with_session(session);
        }
        if let Some(tenant) = &event.tenant {
            context = context.with_tenant(tenant.clone());
        }
        Ok(context)
    }
}

fn correlation(metadata: &Metadata, event: &RecordedEvent) -> MessageId {
    let raw = metadata.json().get("$correlationId");
    if raw.is_none_or(|raw| raw.get() == "null") {
        return event.id.into();
    }
    let id = metadata.correlation_id().map(MessageId::new);
    id.and_then(Result::ok).unwrap_or_else(|| {
        tracing::warn!(
            stream = %event.stream,
            revision = %event.revision,
            "the event's `$correlationId` is not the id of a message; its own id takes its place"
        );
        event.id.into()
    })
}
