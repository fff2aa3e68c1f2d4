//! `#[derive(Event)]`.

mod catch_all;
mod expand;
mod expand_enum;
mod expand_struct;
mod fallback;
mod fragments;
mod model;
mod name;
mod stored;

use proc_macro2::TokenStream;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let input: syn::DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    model::build(&input).map_or_else(
        |error| fallback::expand(&input, &error),
        |model| expand::expand(&model),
    )
}
