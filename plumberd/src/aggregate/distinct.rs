use super::{HandlerTable, Row};
use crate::{
    event::{ConstText, EventInfo, nth_name},
    value::{NameSet, same_name},
};

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
        ConstText::new()
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
