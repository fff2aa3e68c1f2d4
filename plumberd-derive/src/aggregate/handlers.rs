//! The methods with an attribute, and what was read of them.

use super::{
    model::{Aggregate, cfgs},
    parse::Marked,
    signature::{self, spelled},
};
use crate::support::Errors;
use proc_macro2::TokenStream;
use std::collections::{HashMap, hash_map::Entry};
use syn::{Attribute, Ident, LifetimeParam, Meta, Type};

/// A method that applies an event.
pub(super) struct EventHandler {
    pub(super) method: Ident,
    pub(super) event: Type,
    /// The type of the second parameter.
    pub(super) metadata: Option<Type>,
    pub(super) cfgs: Vec<Attribute>,
    /// What lints are told about what names it.
    pub(super) lints: Option<TokenStream>,
}

/// A method that applies events which no other handler is for.
pub(super) struct OtherHandler {
    pub(super) method: Ident,
    /// What is written in the parentheses of its attribute.
    pub(super) mark: Ident,
    pub(super) cfgs: Vec<Attribute>,
}

/// A method that decides a command.
pub(super) struct CommandHandler {
    pub(super) method: Ident,
    pub(super) command: Type,
    /// What it is given besides.
    pub(super) service: Option<Type>,
    pub(super) output: Type,
    /// The lifetimes that it names.
    pub(super) lifetimes: Vec<LifetimeParam>,
    pub(super) cfgs: Vec<Attribute>,
    /// What lints are told about what names it.
    pub(super) lints: Option<TokenStream>,
}

impl Aggregate {
    pub(super) fn read_event_handler(
        &mut self,
        marked: &Marked,
        attribute: &Attribute,
        errors: &mut Errors,
    ) {
        if let Some(mark) = other_mark(attribute) {
            self.read_other_handler(marked, mark, errors);
            return;
        }
        let signature = &marked.method.sig;
        let read = signature::event_handler(signature, errors);
        let Some(event) = read.event else { return };
        refuse_names(attribute, &event, errors);
        let handler = EventHandler {
            method: signature.ident.clone(),
            event,
            metadata: read.metadata,
            cfgs: cfgs(&marked.method.attrs),
            lints: self.lints(&marked.method.attrs),
        };
        let place = self.handlers.len();
        match first_of(&mut self.events, &handler.event, &handler.cfgs, place) {
            None => self.handlers.push(handler),
            Some(first) => {
                let first = &self.handlers[first];
                errors.at(
                    &handler.event,
                    format!("`{}` already handles this event", first.method),
                );
                errors.at(
                    &first.event,
                    format!("first handled here; remove this or `{}`", handler.method),
                );
            }
        }
    }

    fn read_other_handler(&mut self, marked: &Marked, mark: Ident, errors: &mut Errors) {
        let signature = &marked.method.sig;
        signature::other_handler(signature, errors);
        if self.skips_unknown_events {
            errors.at(
                &mark,
                "events that no handler is for are passed over by `unknown_events = \"skip\"`, \
                 or handled here; remove one of the two",
            );
        }
        let handler = OtherHandler {
            method: signature.ident.clone(),
            mark,
            cfgs: cfgs(&marked.method.attrs),
        };
        match &self.other {
            Some(first) if first.cfgs.is_empty() && handler.cfgs.is_empty() => {
                errors.at(
                    &handler.mark,
                    format!("`{}` already handles all other events", first.method),
                );
                errors.at(&first.mark, "first handled here");
            }
            Some(first) => {
                errors.at(
                    &handler.mark,
                    format!(
                        "two handlers of all other events, `{}` is one; put the `#[cfg(…)]`s \
                         into the method",
                        first.method
                    ),
                );
            }
            None => self.other = Some(handler),
        }
    }

    pub(super) fn read_command_handler(
        &mut self,
        marked: &Marked,
        attribute: &Attribute,
        errors: &mut Errors,
    ) {
        if !matches!(attribute.meta, Meta::Path(_)) {
            errors.at(
                attribute,
                "write `#[command_handler]`; which command it is for is the type of its parameter",
            );
        }
        let signature = &marked.method.sig;
        let read = signature::command_handler(signature, errors);
        let (Some(command), Some(output)) = (read.command, read.output) else {
            return;
        };
        let handler = CommandHandler {
            method: signature.ident.clone(),
            command,
            service: read.service,
            output,
            lifetimes: read.lifetimes,
            cfgs: cfgs(&marked.method.attrs),
            lints: self.lints(&marked.method.attrs),
        };
        let place = self.commands.len();
        match first_of(&mut self.decided, &handler.command, &handler.cfgs, place) {
            None => self.commands.push(handler),
            Some(first) => {
                let first = &self.commands[first];
                errors.at(
                    &handler.command,
                    format!("`{}` already decides this command", first.method),
                );
                errors.at(
                    &first.command,
                    format!("first decided here; remove this or `{}`", handler.method),
                );
            }
        }
    }
}

/// The `other` of `#[event_sourcing_handler(other)]`.
fn other_mark(attribute: &Attribute) -> Option<Ident> {
    let Meta::List(list) = &attribute.meta else {
        return None;
    };
    let mark: Ident = syn::parse2(list.tokens.clone()).ok()?;
    (mark == "other").then_some(mark)
}

/// The index of the first handler for `ty`, which is noted as `place` when there is
/// none. Of two with a `cfg` perhaps only one is there; the compiler knows.
fn first_of(
    known: &mut HashMap<String, usize>,
    ty: &Type,
    cfgs: &[Attribute],
    place: usize,
) -> Option<usize> {
    if !cfgs.is_empty() {
        return None;
    }
    match known.entry(spelled(ty)) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(free) => {
            free.insert(place);
            None
        }
    }
}

/// A name that only one handler knew would be a trap: `decode`, filters, models
/// and subscriptions would not know it.
fn refuse_names(attribute: &Attribute, event: &Type, errors: &mut Errors) {
    if matches!(attribute.meta, Meta::Path(_)) {
        return;
    }
    errors.at(
        attribute,
        format!(
            "other stored names belong to the event, so that they are known wherever it is read: \
             write `#[event(alias = \"OldName\")]` on `{}`, and here `#[event_sourcing_handler]`",
            spelled(event)
        ),
    );
}
