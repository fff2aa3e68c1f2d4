use std::{fmt, str::FromStr, sync::Arc};
use uuid::Uuid;

/// The id of a message: of a correlation or a cause.
///
/// plumberd writes UUIDs, and .NET readers take nothing else; other writers'
/// texts are carried along as they are. 1 to 200 bytes, no control characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MessageId(Arc<str>);

impl MessageId {
    /// Takes a text as an id.
    ///
    /// # Errors
    ///
    /// [`InvalidMessageId`] when it is empty, longer than 200 bytes, or has
    /// control characters.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, InvalidMessageId> {
        let text = text.into();
        if text.is_empty() || text.len() > 200 || text.chars().any(char::is_control) {
            return Err(InvalidMessageId);
        }
        Ok(Self(text))
    }

    pub(super) fn of_uuid(id: Uuid) -> Self {
        Self(
            id.hyphenated()
                .encode_lower(&mut Uuid::encode_buffer())
                .into(),
        )
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a UUID, if it is one.
    pub fn as_uuid(&self) -> Option<Uuid> {
        self.0.parse().ok()
    }
}

impl FromStr for MessageId {
    type Err = InvalidMessageId;

    fn from_str(text: &str) -> Result<Self, InvalidMessageId> {
        Self::new(text)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// A text that is not the id of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message id is 1 to 200 bytes without control characters")]
pub struct InvalidMessageId;

crate::error::always!(Invalid: InvalidMessageId);
crate::json::as_text!(MessageId: MessageId::new);
