//! The macros of plumberd; use them through that crate, where their
//! documentation is.

mod event;
#[expect(dead_code, unused_imports, reason = "the macros that use it follow")]
mod support;
mod value;

use proc_macro::TokenStream;

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
