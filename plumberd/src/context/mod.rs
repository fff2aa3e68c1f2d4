//! Why something is done, and for whom: carried along without being passed.

mod created;
mod message_id;
mod scope;

pub use created::InvalidCreated;
pub use message_id::{InvalidMessageId, MessageId};
pub use scope::Scope;

use crate::{
    json::{CodecError, JsonObject},
    stream::TenantId,
};
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use std::{fmt, sync::Arc};
use uuid::Uuid;

/// Correlation, causation, user, tenant and headers of what is being done.
///
/// It is ambient: [`MessageContext::scope`] sets it for a future, and every
/// append inside writes it into the metadata. Cloning is cheap.
///
/// A scope holds while its future is polled, so it follows `.await` and does
/// not cross into a spawned task: wrap what is spawned in a scope of its own.
///
/// `Debug` says of user, session, recipient and headers only that they are there.
///
/// # Examples
///
/// ```
/// use plumberd::MessageContext;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let context = MessageContext::new().with_user("joe");
/// context.scope(async {
///     assert_eq!(MessageContext::current().user_id(), Some("joe"));
/// }).await;
/// assert_eq!(MessageContext::current().user_id(), None);
/// # }
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct MessageContext(Option<Arc<Parts>>);

#[derive(Clone, Default, PartialEq)]
struct Parts {
    correlation: Option<MessageId>,
    causation: Option<MessageId>,
    user: Option<String>,
    session: Option<String>,
    recipient: Option<String>,
    tenant: Option<TenantId>,
    created: Option<DateTime<FixedOffset>>,
    purpose: Option<Arc<str>>,
    headers: JsonObject,
}

/// The metadata key of what a command is for.
pub(crate) const COMMAND_PURPOSE: &str = "CommandPurpose";

static NO_HEADERS: JsonObject = JsonObject::new();

impl MessageContext {
    /// A context that says nothing.
    pub const fn new() -> Self {
        Self(None)
    }

    /// The context of the scope this code runs in; an empty one outside.
    pub fn current() -> Self {
        scope::current()
    }

    /// Runs `future` with this context as the current one.
    pub fn scope<F: Future>(&self, future: F) -> Scope<F> {
        Scope::new(self.clone(), future)
    }

    /// With this id on everything that belongs together: `$correlationId`.
    #[must_use]
    pub fn with_correlation(mut self, id: impl Into<MessageId>) -> Self {
        self.parts().correlation = Some(id.into());
        self
    }

    /// With the id of what led to this: `$causationId`.
    #[must_use]
    pub fn with_causation(mut self, id: impl Into<MessageId>) -> Self {
        self.parts().causation = Some(id.into());
        self
    }

    /// With who does it: `UserId`.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.parts().user = Some(user.into());
        self
    }

    /// With the session it is done in: `SessionId`.
    #[must_use]
    pub fn with_session(mut self, session: impl Into<String>) -> Self {
        self.parts().session = Some(session.into());
        self
    }

    /// With whom it was asked of: `RecipientId`.
    #[must_use]
    pub fn with_recipient(mut self, recipient: impl Into<String>) -> Self {
        self.parts().recipient = Some(recipient.into());
        self
    }

    /// With the tenant it is done for: `TenantId` in the metadata. Which
    /// tenant's streams are read and written is the store handle's matter.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.parts().tenant = Some(tenant);
        self
    }

    /// With the time it happened, where that is not now: `Created`. For
    /// events that come from elsewhere, like a log that is read in.
    ///
    /// # Errors
    ///
    /// [`InvalidCreated`] when its year, by its own offset, is not 1 to 9999:
    /// that is what readers know.
    pub fn with_created(mut self, time: DateTime<FixedOffset>) -> Result<Self, InvalidCreated> {
        self.parts().created = Some(InvalidCreated::check(time)?);
        Ok(self)
    }

    /// With a metadata key of your own, which may override a standard one;
    /// not `Revision`, because that says how the data is read, nor
    /// [`Metadata::COMMAND_PURPOSE`](crate::event::Metadata::COMMAND_PURPOSE).
    ///
    /// # Errors
    ///
    /// [`CodecError`] when `value` has no JSON form, or `key` is one of these.
    pub fn with_header<T: Serialize + ?Sized>(
        mut self,
        key: &str,
        value: &T,
    ) -> Result<Self, CodecError> {
        let owner = match key {
            "Revision" => "the revision of an event's shape, which the event itself says",
            COMMAND_PURPOSE => "the purpose of a command, which the command itself says",
            _ => "",
        };
        if !owner.is_empty() {
            return Err(CodecError::new(format!("key `{key}` is {owner}")));
        }
        self.parts().headers.insert(key, value)?;
        Ok(self)
    }

    /// What belongs together.
    pub fn correlation_id(&self) -> Option<&MessageId> {
        self.0.as_ref()?.correlation.as_ref()
    }

    /// What led to this.
    pub fn causation_id(&self) -> Option<&MessageId> {
        self.0.as_ref()?.causation.as_ref()
    }

    /// Who does it.
    pub fn user_id(&self) -> Option<&str> {
        self.0.as_ref()?.user.as_deref()
    }

    /// The session it is done in.
    pub fn session_id(&self) -> Option<&str> {
        self.0.as_ref()?.session.as_deref()
    }

    /// Whom it was asked of.
    pub fn recipient_id(&self) -> Option<&str> {
        self.0.as_ref()?.recipient.as_deref()
    }

    /// The tenant it is done for.
    pub fn tenant_id(&self) -> Option<&TenantId> {
        self.0.as_ref()?.tenant.as_ref()
    }

    /// The time it happened, where that is not now.
    pub fn created(&self) -> Option<DateTime<FixedOffset>> {
        self.0.as_ref()?.created
    }

    /// With what the command is for that leads to the events.
    #[must_use]
    pub(crate) fn with_purpose(mut self, purpose: impl Into<Arc<str>>) -> Self {
        self.parts().purpose = Some(purpose.into());
        self
    }

    /// Whether it says nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn purpose(&self) -> Option<&str> {
        self.0.as_ref()?.purpose.as_deref()
    }

    /// The metadata keys of the user's own.
    pub fn headers(&self) -> &JsonObject {
        self.0.as_ref().map_or(&NO_HEADERS, |parts| &parts.headers)
    }

    fn parts(&mut self) -> &mut Parts {
        Arc::make_mut(self.0.get_or_insert_with(Arc::default))
    }
}

impl fmt::Debug for MessageContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const THERE: fmt::Arguments<'static> = format_args!("…");
        let mut all = f.debug_struct("MessageContext");
        let Some(parts) = self.0.as_deref() else {
            return all.finish();
        };
        let shown: [(_, Option<&dyn fmt::Debug>); 8] = [
            ("correlation", parts.correlation.as_ref().map(|id| id as _)),
            ("causation", parts.causation.as_ref().map(|id| id as _)),
            ("user", parts.user.as_ref().map(|_| &THERE as _)),
            ("session", parts.session.as_ref().map(|_| &THERE as _)),
            ("recipient", parts.recipient.as_ref().map(|_| &THERE as _)),
            ("tenant", parts.tenant.as_ref().map(|id| id as _)),
            ("created", parts.created.as_ref().map(|time| time as _)),
            (
                "headers",
                (!parts.headers.is_empty()).then_some(&THERE as _),
            ),
        ];
        for (name, value) in shown {
            if let Some(value) = value {
                all.field(name, value);
            }
        }
        all.finish()
    }
}

impl From<Uuid> for MessageId {
    fn from(id: Uuid) -> Self {
        Self::of_uuid(id)
    }
}
