use super::{HandlerTable, Row};

/// Fails to compile when a handler above that of the method `method` is for a
/// stored name that this one is for as well.
///
/// `#[aggregate]` writes it in a constant, with the place of the event in the
/// handler, which is where the compiler then points.
#[doc(hidden)]
#[track_caller]
pub const fn assert_distinct<A>(table: &HandlerTable<A>, method: &str) {
    let rows = table.rows();
    let mut this = 0;
    while this < rows.len() && !same(rows[this].method(), method) {
        this += 1;
    }
    if this == rows.len() {
        return;
    }
    let mut other = 0;
    while other < this {
        if let Some(name) = common_name(&rows[this], &rows[other]) {
            Text::new()
                .push("`")
                .push(method)
                .push("` and `")
                .push(rows[other].method())
                .push("` are both for events stored as `")
                .push(name)
                .push(way_out(&rows[this], &rows[other], name))
                .panic();
        }
        other += 1;
    }
}

/// A stored name that both rows are for.
const fn common_name<A>(a: &Row<A>, b: &Row<A>) -> Option<&'static str> {
    let mut i = 0;
    while let Some(name) = nth_name(a, i) {
        let mut j = 0;
        while let Some(other) = nth_name(b, j) {
            if same(name, other) {
                return Some(name);
            }
            j += 1;
        }
        i += 1;
    }
    None
}

/// What to do about `name`: a type can have another one, and a handler need not
/// be for a further one.
const fn way_out<A>(a: &Row<A>, b: &Row<A>, name: &str) -> &'static str {
    if is_alias(a, name) || is_alias(b, name) {
        "`; take the name out of one `#[event_sourcing_handler(\"...\")]`"
    } else {
        "`; give one event another name with `#[event(type = \"...\")]`"
    }
}

const fn is_alias<A>(row: &Row<A>, name: &str) -> bool {
    let mut i = 0;
    while i < row.aliases().len() {
        if same(row.aliases()[i], name) {
            return true;
        }
        i += 1;
    }
    false
}

/// The types' names, then the others.
const fn nth_name<A>(row: &Row<A>, n: usize) -> Option<&'static str> {
    let types = row.types();
    let aliases = row.aliases();
    if n < types.len() {
        Some(types[n].name)
    } else if n - types.len() < aliases.len() {
        Some(aliases[n - types.len()])
    } else {
        None
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
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
    use super::{Text, floor_char_boundary, same};

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

    #[test]
    fn names_are_the_same_only_when_every_byte_is() {
        assert!(same("AccountOpened", "AccountOpened"));
        assert!(!same("AccountOpened", "AccountOpenee"));
        assert!(!same("Account", "AccountOpened"));
    }
}
