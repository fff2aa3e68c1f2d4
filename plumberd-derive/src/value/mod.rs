//! `#[derive(EventValue)]`.

use proc_macro2::TokenStream;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    item.into_iter().take(0).collect()
}
