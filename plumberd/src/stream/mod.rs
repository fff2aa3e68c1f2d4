//! Where events are written: stream names, revisions, positions, tenants.

pub(crate) mod keyed;
mod metadata;
mod position;
mod revision;
mod tenant;

pub use metadata::{InvalidStreamMetadata, StreamMetadata};
pub use position::{InvalidPosition, Position};
pub use revision::{ExpectedRevision, Revision};
pub use tenant::{InvalidTenant, TenantId};

use std::{
    cell::Cell,
    fmt::{self, Write as _},
    str::FromStr,
    sync::Arc,
};

thread_local! {
    /// What names are written in before their length is known.
    static NAME: Cell<String> = const { Cell::new(String::new()) };
}

/// The name of a stream: `{Category}-{id}`, or a raw name.
///
/// A name is 1 to [`StreamName::MAX_LEN`] bytes of UTF-8 without control
/// characters. [`StreamName::new`] and `parse` insist on a category and an id;
/// [`StreamName::raw`] takes any such name, for streams that plumberd did not
/// name (`$ce-Account`, `>SessionIn-…`, `Inbox`).
///
/// Cloning is cheap: clones share the text.
///
/// # Examples
///
/// ```
/// use plumberd::stream::StreamName;
///
/// let stream = StreamName::new("Account", 42)?;
/// assert_eq!(stream.as_str(), "Account-42");
///
/// // Parsed at the first dash, so an id may have more of them.
/// let stream: StreamName = "User-abc-def-123".parse()?;
/// assert_eq!((stream.category(), stream.id()), (Some("User"), Some("abc-def-123")));
/// # Ok::<(), plumberd::BoxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// The longest name a store accepts, in bytes.
    pub const MAX_LEN: usize = 1024;

    /// Names the stream of `id` in `category`.
    ///
    /// # Errors
    ///
    /// [`InvalidStreamName`] when either part is empty, the category contains
    /// a `-` (the name could not be parsed back), a control character is in
    /// either, or the whole is longer than [`StreamName::MAX_LEN`].
    pub fn new(
        category: impl AsRef<str>,
        id: impl fmt::Display,
    ) -> Result<Self, InvalidStreamName> {
        let category = category.as_ref();
        // What writes the id may name a stream itself: it finds an empty text.
        let mut text = NAME.take();
        text.clear();
        // Writing to a text does not fail, and an id that says so has no name.
        let written = write!(text, "{category}-{id}");
        let name = match written {
            Err(fmt::Error) => Err(InvalidStreamName::new(text.as_str(), Reason::NoText)),
            Ok(()) if category.contains('-') => Err(InvalidStreamName::new(
                text.as_str(),
                Reason::DashInCategory,
            )),
            Ok(()) => text.parse(),
        };
        if text.capacity() <= Self::MAX_LEN {
            NAME.set(text);
        }
        name
    }

    /// Takes `name` as it is, with or without a category.
    ///
    /// # Errors
    ///
    /// [`InvalidStreamName`] when the name is empty, too long, or has control
    /// characters.
    pub fn raw(name: impl Into<Arc<str>>) -> Result<Self, InvalidStreamName> {
        let name = name.into();
        match check(&name) {
            None => Ok(Self(name)),
            Some(reason) => Err(InvalidStreamName::new(name.as_ref(), reason)),
        }
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first `-`, unless a part would be empty.
    pub fn category(&self) -> Option<&str> {
        self.parts().map(|(category, _)| category)
    }

    /// The part after the first `-`, unless a part would be empty.
    pub fn id(&self) -> Option<&str> {
        self.parts().map(|(_, id)| id)
    }

    /// Whether the name begins with `$`: a stream that belongs to the store.
    pub fn is_system(&self) -> bool {
        self.0.starts_with('$')
    }

    /// The stream `$$name` that holds this stream's metadata.
    ///
    /// It may be longer than [`StreamName::MAX_LEN`] by the two dollar signs.
    #[must_use]
    pub fn metadata_stream(&self) -> Self {
        Self(format!("$${}", self.0).into())
    }

    /// For a stream `$$name`, the stream whose metadata it holds.
    pub fn metadata_of(&self) -> Option<Self> {
        let name = self.0.strip_prefix("$$")?;
        (!name.is_empty()).then(|| Self(name.into()))
    }

    fn parts(&self) -> Option<(&str, &str)> {
        self.0
            .split_once('-')
            .filter(|(category, id)| !category.is_empty() && !id.is_empty())
    }
}

fn check(name: &str) -> Option<Reason> {
    let limit = StreamName::MAX_LEN + if name.starts_with("$$") { 2 } else { 0 };
    if name.is_empty() {
        Some(Reason::Empty)
    } else if name.len() > limit {
        Some(Reason::TooLong(name.len()))
    } else if is_printable_ascii(name) {
        None
    } else {
        name.chars()
            .find(|character| character.is_control())
            .map(Reason::Control)
    }
}

/// Looks at all of it, which is quicker than to stop.
fn is_printable_ascii(name: &str) -> bool {
    let mut all = true;
    for byte in name.bytes() {
        all &= matches!(byte, b' '..=b'~');
    }
    all
}

impl FromStr for StreamName {
    type Err = InvalidStreamName;

    fn from_str(text: &str) -> Result<Self, InvalidStreamName> {
        let reason = match text.split_once('-') {
            None => Some(Reason::NoDash),
            Some(("", _)) => Some(Reason::EmptyCategory),
            Some((_, "")) => Some(Reason::EmptyId),
            Some(_) => check(text),
        };
        match reason {
            None => Ok(Self(text.into())),
            Some(reason) => Err(InvalidStreamName::new(text, reason)),
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

impl AsRef<str> for StreamName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a stream name, and what the text was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a stream name: {reason}")]
pub struct InvalidStreamName {
    text: String,
    reason: Reason,
}

crate::error::always!(Invalid: InvalidStreamName);
// Any name that a store may hold, as `raw` takes it.
crate::json::as_text!(StreamName: StreamName::raw);

impl InvalidStreamName {
    fn new(text: impl Into<String>, reason: Reason) -> Self {
        let mut text = text.into();
        if let Some((end, _)) = text.char_indices().nth(80) {
            text.truncate(end);
            text.push('…');
        }
        Self { text, reason }
    }

    /// What is wrong, without the text: "no '-' between category and id".
    pub fn reason(&self) -> String {
        self.reason.to_string()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("empty name")]
    Empty,
    #[error("no '-' between category and id")]
    NoDash,
    #[error("empty category")]
    EmptyCategory,
    #[error("the id has no text: its `Display` fails")]
    NoText,
    #[error("empty id")]
    EmptyId,
    #[error("the category contains '-', where the id would begin")]
    DashInCategory,
    #[error("{0} bytes long, the limit is {limit}", limit = StreamName::MAX_LEN)]
    TooLong(usize),
    #[error("it contains the control character {0:?}")]
    Control(char),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_stream_may_name_a_stream_while_it_is_written() {
        struct Nested;

        impl fmt::Display for Nested {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let inner = StreamName::new("Inner", 7).map_err(|_| fmt::Error)?;
                write!(f, "of {inner}")
            }
        }

        let name = StreamName::new("Outer", Nested).expect("a name");

        assert_eq!(name.as_str(), "Outer-of Inner-7");
    }

    #[test]
    fn an_id_that_cannot_be_written_names_no_stream() {
        struct Failing;

        impl fmt::Display for Failing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }

        let error = StreamName::new("Account", Failing).expect_err("no name");

        assert_eq!(
            error.to_string(),
            "`Account-half` is not a stream name: the id has no text: its `Display` fails"
        );
        let next = StreamName::new("Account", 1).expect("a name");
        assert_eq!(next.as_str(), "Account-1");
    }
}
