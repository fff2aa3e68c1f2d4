//! `#[command_handler]` on an `impl` block whose methods handle commands.

mod expand;
mod model;
mod signature;

use crate::aggregate::{COMMAND_HANDLER, misplaced};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Item;

pub(crate) fn attribute(args: TokenStream, item: &TokenStream) -> TokenStream {
    // On a method it is one of an aggregate's, which has not taken it away.
    let Ok(Item::Impl(block)) = syn::parse2(item.clone()) else {
        return misplaced(COMMAND_HANDLER, item);
    };
    let (model, errors) = model::build(args, block);
    let check = model.krate.check();
    let expansion = match errors.finish(()) {
        Ok(()) => expand::expand(&model),
        Err(error) => {
            let (errors, stub) = (error.to_compile_error(), expand::stub(&model));
            quote!(#errors #stub)
        }
    };
    quote!(#check #expansion)
}
