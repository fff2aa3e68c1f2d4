use super::{HandlerTable, Row};
use crate::event::{EventInfo, NameSet, nth_name, same_name};

/// A stored name that two handlers are for.
#[doc(hidden)]
#[derive(Debug)]
pub struct Repeated {
    name: &'static str,
    /// The method of the first handler.
    first: &'static str,
    /// The method of the second one.
    second: &'static str,
    way_out: &'static str,
}

impl Repeated {
    /// The first name that a handler further up is for as well.
    ///
    /// `#[aggregate]` asks it in a constant, once an aggregate, and fails with
    /// [`Repeated::report`] at the place of the second handler's event.
    #[doc(hidden)]
    pub const fn among<A>(table: &HandlerTable<A>) -> Option<Self> {
        let rows = table.rows();
        let mut seen = NameSet::new();
        let mut this = 0;
        while this < rows.len() {
            let row = &rows[this];
            let mut n = 0;
            while let Some(name) = nth_name(row.types(), n) {
                if seen.add(name)
                    && let Some(first) = first_for(rows, this, name)
                {
                    return Some(Self {
                        name,
                        first: first.method(),
                        second: row.method(),
                        way_out: way_out(row, first, name),
                    });
                }
                n += 1;
            }
            this += 1;
        }
        None
    }

    /// Whether the second handler is the method `method`.
    #[doc(hidden)]
    pub const fn is_at(&self, method: &str) -> bool {
        same_name(self.second, method)
    }

    /// Stops the compiler with what is wrong as its message.
    #[doc(hidden)]
    #[track_caller]
    pub const fn report(&self) -> ! {
        Text::new()
            .push("`")
            .push(self.second)
            .push("` and `")
            .push(self.first)
            .push("` are both for events stored as `")
            .push(self.name)
            .push(self.way_out)
            .panic()
    }
}

/// The first handler above the row number `below` that is for `name`.
const fn first_for<A>(
    rows: &'static [Row<A>],
    below: usize,
    name: &str,
) -> Option<&'static Row<A>> {
    let mut i = 0;
    while i < below {
        let row = &rows[i];
        let mut n = 0;
        while let Some(other) = nth_name(row.types(), n) {
            if same_name(name, other) {
                return Some(row);
            }
            n += 1;
        }
        i += 1;
    }
    None
}

/// What to do about `name`.
const fn way_out<A>(a: &Row<A>, b: &Row<A>, name: &str) -> &'static str {
    if is_alias(a.types(), name) || is_alias(b.types(), name) {
        "`; take the name out of one `#[event(alias = \"...\")]`"
    } else {
        "`; give one event another name with `#[event(type = \"...\")]`"
    }
}

const fn is_alias(types: &[EventInfo], name: &str) -> bool {
    let mut i = 0;
    while i < types.len() {
        let mut n = 0;
        while n < types[i].aliases.len() {
            if same_name(types[i].aliases[n], name) {
                return true;
            }
            n += 1;
        }
        i += 1;
    }
    false
}

/// A text put together while compiling, where nothing can be formatted.
struct Text {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Text {
    /// Enough for names that somebody would write; a longer text is cut.
    const CAPACITY: usize = 512;

    const fn new() -> Self {
        Self {
            bytes: [0; Self::CAPACITY],
            len: 0,
        }
    }

    /// With `text` behind it, or as many of its characters as there is room for.
    const fn push(mut self, text: &str) -> Self {
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
    const fn panic(&self) -> ! {
        let (text, _) = self.bytes.split_at(self.len);
        match core::str::from_utf8(text) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("two handlers are for one stored name"),
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
    use super::{Text, floor_char_boundary};

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let text = Text::new().push(&"ä".repeat(300)).push("b");

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
