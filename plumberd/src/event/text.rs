use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// A short name that costs nothing to clone: a literal, or shared text.
#[derive(Debug, Clone)]
pub(super) enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Text {
    #[inline]
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// Whether a character of `text` is a control character, for code that runs in the
/// compiler.
pub(crate) const fn has_control(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        // Those beyond ASCII are two bytes, of which the first one is 0xC2.
        let beyond = i > 0 && bytes[i - 1] == 0xc2 && bytes[i] < 0xa0;
        if bytes[i].is_ascii_control() || beyond {
            return true;
        }
        i += 1;
    }
    false
}

/// Stands in `Debug` for what may be personal, or long.
pub(super) struct Length<'a>(pub(super) &'a [u8]);

impl fmt::Debug for Length<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::has_control;

    #[test]
    fn control_characters_are_found_among_all_others() {
        let found = ('\0'..='\u{3000}').filter(|c| has_control(&format!("a{c}é")));

        assert!(found.eq(('\0'..='\u{3000}').filter(|c| c.is_control())));
    }
}
