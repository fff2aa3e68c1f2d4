//! Where events of unknown types go: to one place.

use super::{HandlerTable, UnknownEvents};
use crate::event::ConstText;

/// Fails to compile when events of unknown types have two ways to go.
#[doc(hidden)]
#[track_caller]
pub const fn assert_one_catch_all<A>(table: &HandlerTable<A>, policy: UnknownEvents) {
    let rows = table.rows();
    let mut first: Option<&'static str> = None;
    let mut row = 0;
    while row < rows.len() {
        if rows[row].catches_all() {
            let method = rows[row].method();
            if let Some(first) = first {
                ConstText::new()
                    .push("`")
                    .push(method)
                    .push("` and `")
                    .push(first)
                    .push("` are both for events of unknown types, because the enums they take have variants `#[event(other)]`; remove one of the variants")
                    .panic()
            }
            first = Some(method);
        }
        row += 1;
    }
    let Some(method) = first else { return };
    let begins = ConstText::new().push("`").push(method).push(
        "` is for events of unknown types, because the enum it takes has a variant `#[event(other)]`, and ",
    );
    if table.has_other() {
        begins
            .push("so is the `#[event_sourcing_handler(other)]`; remove one of the two")
            .panic()
    }
    if matches!(policy, UnknownEvents::Skip) {
        begins
            .push("`unknown_events = \"skip\"` passes over them; remove one of the two")
            .panic()
    }
}
