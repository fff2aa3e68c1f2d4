//! `#[derive(EventValue)]`, and the fields that it shares with
//! `#[derive(Event)]`.

mod as_text;
pub(crate) mod body;
pub(crate) mod bounds;
mod checks;
mod choice;
pub(crate) mod container;
pub(crate) mod expand;
pub(crate) mod fallback;
pub(crate) mod field;
pub(crate) mod item;
pub(crate) mod model;
pub(crate) mod owned;
pub(crate) mod part;
mod read;
pub(crate) mod reading;
mod style;
mod variant;
mod with;

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
