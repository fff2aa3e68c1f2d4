/// A text put together while compiling, where nothing can be formatted.
pub(crate) struct ConstText {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl ConstText {
    /// Enough for names that are written by hand; a longer text is cut.
    const CAPACITY: usize = 512;

    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; Self::CAPACITY],
            len: 0,
        }
    }

    /// With `text` behind it, or as many of its characters as there is room for.
    pub(crate) const fn push(mut self, text: &str) -> Self {
        let (text, _) = text.split_at(floor_char_boundary(text, Self::CAPACITY - self.len));
        let text = text.as_bytes();
        let mut i = 0;
        while i < text.len() {
            self.bytes[self.len] = text[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    /// Stops the compiler with the text as its message.
    #[track_caller]
    pub(crate) const fn panic(&self) -> ! {
        let (text, _) = self.bytes.split_at(self.len);
        match core::str::from_utf8(text) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("two things have one stored name"),
        }
    }
}

/// The last place at or before `index` where a character of `text` begins.
const fn floor_char_boundary(text: &str, index: usize) -> usize {
    if index >= text.len() {
        return text.len();
    }
    let mut index = index;
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::{ConstText, floor_char_boundary};

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let text = ConstText::new().push(&"ä".repeat(300)).push("b");

        let text = std::str::from_utf8(&text.bytes[..text.len]).unwrap();

        assert_eq!(text, "ä".repeat(256));
    }

    #[test]
    fn a_character_is_never_halved() {
        assert_eq!(floor_char_boundary("aä", 2), 1);
        assert_eq!(floor_char_boundary("aä", 3), 3);
        assert_eq!(floor_char_boundary("", 5), 0);
    }
}
