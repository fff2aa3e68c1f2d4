use super::text::{Text, has_control};
use std::{fmt, str::FromStr, sync::Arc};

/// The name under which an event is stored: `AccountOpened`,
/// `com.myco.account.AccountCredited`.
///
/// 1 to [`EventType::MAX_LEN`] bytes of UTF-8 without control characters.
/// Names that begin with `$` belong to the store. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EventType(Text);

impl EventType {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 512;

    /// Takes `name` as an event type.
    ///
    /// # Errors
    ///
    /// [`InvalidEventType`] when the name is empty, too long, or has control
    /// characters.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, InvalidEventType> {
        let name = name.into();
        check(&name)?;
        Ok(Self(Text::Shared(name)))
    }

    /// Takes a literal as an event type, without an allocation.
    ///
    /// # Errors
    ///
    /// As [`EventType::new`].
    pub fn from_static(name: &'static str) -> Result<Self, InvalidEventType> {
        check(name)?;
        Ok(Self(Text::Static(name)))
    }

    /// The name.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the type belongs to the store: it begins with `$`.
    pub fn is_system(&self) -> bool {
        self.as_str().starts_with('$')
    }
}

fn check(name: &str) -> Result<(), InvalidEventType> {
    let printable = |byte| matches!(byte, b' '..=b'~');
    if name.is_empty() {
        Err(InvalidEventType("it is empty"))
    } else if name.len() > EventType::MAX_LEN {
        Err(InvalidEventType("it is longer than 512 bytes"))
    } else if !name.bytes().all(printable) && name.chars().any(char::is_control) {
        Err(InvalidEventType("it contains a control character"))
    } else {
        Ok(())
    }
}

/// A stored name that is a constant, when an event can be written under it; else it
/// does not compile.
#[doc(hidden)]
#[track_caller]
pub const fn checked_event_type(name: &'static str) -> &'static str {
    assert!(
        !matches!(name.as_bytes(), [b'$', ..]),
        "a stored name does not begin with `$`: those are the store's own, and readers pass over \
         them; take another name, and this one as `alias` if it is to be read"
    );
    checked_alias(name)
}

/// A further name that is a constant, when events can be stored under it; else it does
/// not compile.
#[doc(hidden)]
#[track_caller]
pub const fn checked_alias(name: &'static str) -> &'static str {
    assert!(!name.is_empty(), "a stored name is not empty");
    assert!(
        name.len() <= EventType::MAX_LEN && !has_control(name),
        "a stored name has at most 512 bytes and no control characters; shorten it"
    );
    name
}

impl FromStr for EventType {
    type Err = InvalidEventType;

    fn from_str(name: &str) -> Result<Self, InvalidEventType> {
        Self::new(name)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.as_str())
    }
}

impl PartialEq<str> for EventType {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for EventType {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// Why a text is not an event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an event type: {0}")]
pub struct InvalidEventType(&'static str);

crate::error::always!(Invalid: InvalidEventType);
crate::json::as_text!(EventType: EventType::new);
