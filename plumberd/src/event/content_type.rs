use super::text::Text;
use std::{convert::Infallible, fmt, sync::Arc};

/// How an event's data is encoded: `application/json` unless said otherwise.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ContentType(Text);

impl ContentType {
    /// JSON, the default.
    pub const JSON: Self = Self(Text::Static("application/json"));
    /// Bytes that mean something to the program that wrote them.
    pub const OCTET_STREAM: Self = Self(Text::Static("application/octet-stream"));

    /// The content type with this name.
    pub fn new(name: impl AsRef<str>) -> Self {
        match name.as_ref() {
            "application/json" => Self::JSON,
            "application/octet-stream" => Self::OCTET_STREAM,
            other => Self(Text::Shared(Arc::from(other))),
        }
    }

    /// The content type with this name, without an allocation.
    pub const fn from_static(name: &'static str) -> Self {
        Self(Text::Static(name))
    }

    /// The name.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is JSON in the manner of RFC 6839: also `…+json`.
    pub(super) fn is_any_json(&self) -> bool {
        self.is_json() || self.as_str().ends_with("+json")
    }

    /// Whether it is [`ContentType::JSON`].
    #[inline]
    pub fn is_json(&self) -> bool {
        self.as_str() == "application/json"
    }

    /// Whether the data is JSON text, of whatever kind: `application/json`,
    /// `application/cloudevents+json; charset=utf-8`.
    #[inline]
    pub(crate) fn is_json_text(&self) -> bool {
        // Mostly that.
        self.is_json() || self.is_other_json_text()
    }

    fn is_other_json_text(&self) -> bool {
        let essence = self.as_str().split(';').next().unwrap_or_default().trim();
        essence.ends_with("/json") || essence.ends_with("+json")
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "any text is one; others are checked"
)]
fn named(name: String) -> Result<ContentType, Infallible> {
    Ok(ContentType::new(name))
}

crate::json::as_text!(ContentType: named);

impl Default for ContentType {
    fn default() -> Self {
        Self::JSON
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.as_str())
    }
}
