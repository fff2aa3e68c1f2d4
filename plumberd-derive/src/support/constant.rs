use super::Key;
use syn::ExprPath;

/// The constant that stands in place of a text, when it is one. A single name like
/// `Account` was rather meant to be a text.
pub(crate) fn constant(key: &Key) -> Option<ExprPath> {
    let path: ExprPath = syn::parse2(key.value.clone()?).ok()?;
    let is_bare = path.path.get_ident().is_some_and(|name| {
        let name = name.to_string();
        name.chars().any(char::is_lowercase)
    });
    (!is_bare).then_some(path)
}
