//! `#[aggregate]`, with `#[event_sourcing_handler]` and `#[command_handler]`.

mod expand;
mod expand_handlers;
mod fallback;
mod handlers;
mod keys;
mod model;
mod names;
mod parse;
mod signature;

use proc_macro2::TokenStream;
use quote::quote;

/// The attribute of a method that applies an event.
pub(crate) const EVENT_SOURCING_HANDLER: &str = "event_sourcing_handler";
/// The attribute of a method that decides a command.
pub(crate) const COMMAND_HANDLER: &str = "command_handler";

pub(crate) fn attribute(args: TokenStream, item: &TokenStream) -> TokenStream {
    let block = match parse::parse(args, item.clone()) {
        Ok(block) => block,
        Err(error) => return fallback::unreadable(item, &error),
    };
    let (model, errors) = model::build(block);
    let check = model.krate.check();
    let expansion = match errors.finish(()) {
        Ok(()) => expand::expand(&model),
        Err(error) => fallback::expand(&model, &error),
    };
    quote!(#check #expansion)
}

/// What a handler's attribute says where no `#[aggregate]` took it away.
pub(crate) fn misplaced(attribute: &str, item: &TokenStream) -> TokenStream {
    let or_block = if attribute == COMMAND_HANDLER {
        ", or on an `impl` block whose `async` methods handle commands"
    } else {
        ""
    };
    let error = syn::Error::new(
        proc_macro2::Span::call_site(),
        format!(
            "`#[{attribute}]` belongs on a method of the `impl` block with `#[aggregate]`{or_block}; \
             move the method there, or, when the type has no such block, add \
             `#[plumberd::aggregate]` to this one; when it has one, write `blocks = 2` there and \
             `#[plumberd::aggregate(block = 2)]` here"
        ),
    );
    fallback::unreadable(item, &error)
}
