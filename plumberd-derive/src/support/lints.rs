use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Meta};

/// `#[allow(deprecated)]`, when something with these attributes is deprecated
/// itself, or allows what is.
///
/// Not in every case, because under `forbid(deprecated)` the attribute itself is an
/// error.
pub(crate) fn allow_deprecated<'a>(
    attrs: impl IntoIterator<Item = &'a Attribute>,
) -> Option<TokenStream> {
    attrs
        .into_iter()
        .any(is_about_deprecation)
        .then(|| quote!(#[allow(deprecated)]))
}

fn is_about_deprecation(attr: &Attribute) -> bool {
    if attr.path().is_ident("deprecated") {
        return true;
    }
    let Meta::List(list) = &attr.meta else {
        return false;
    };
    (list.path.is_ident("allow") || list.path.is_ident("expect"))
        && list
            .tokens
            .clone()
            .into_iter()
            .any(|token| matches!(token, TokenTree::Ident(word) if word == "deprecated"))
}
