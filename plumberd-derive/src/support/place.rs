use proc_macro2::Span;
use syn::spanned::Spanned;

/// The place of `tokens`, for tokens that are ours: the compiler points there,
/// lints still know that no user wrote them, and names are looked up where the
/// macro stands, also for tokens that come out of a macro of the user's.
pub(crate) fn place(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}
