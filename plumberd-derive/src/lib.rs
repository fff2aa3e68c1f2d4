//! The macros of plumberd; use them through that crate, where their
//! documentation is.

mod aggregate;
mod command;
mod event;
mod support;
mod value;

use proc_macro::TokenStream;

#[expect(missing_docs, reason = "documented where `plumberd` re-exports it")]
#[proc_macro_attribute]
pub fn aggregate(args: TokenStream, item: TokenStream) -> TokenStream {
    aggregate::attribute(args.into(), &item.into()).into()
}

/// Marks a method of an `#[aggregate]` block that applies an event.
///
/// See [`aggregate`](macro@aggregate); anywhere else it is an error.
#[proc_macro_attribute]
pub fn event_sourcing_handler(_: TokenStream, item: TokenStream) -> TokenStream {
    aggregate::misplaced(aggregate::EVENT_SOURCING_HANDLER, &item.into()).into()
}

#[expect(missing_docs, reason = "documented where `plumberd` re-exports it")]
#[proc_macro_attribute]
pub fn command_handler(args: TokenStream, item: TokenStream) -> TokenStream {
    command::attribute(args.into(), &item.into()).into()
}

#[expect(missing_docs, reason = "documented where `plumberd` re-exports it")]
#[proc_macro_derive(Event, attributes(event, serde))]
pub fn event(item: TokenStream) -> TokenStream {
    event::derive(item.into()).into()
}

#[expect(missing_docs, reason = "documented where `plumberd` re-exports it")]
#[proc_macro_derive(EventValue, attributes(event, serde))]
pub fn event_value(item: TokenStream) -> TokenStream {
    value::derive(item.into()).into()
}

#[cfg(test)]
mod tests;
