//! The names that an aggregate is stored under.

use super::signature::{spelled, ungrouped};
use crate::support::{Errors, pascal_case};
use syn::{GenericArgument, LitStr, PathArguments, PathSegment, Type, TypePath, ext::IdentExt};

/// The name of a type as written, without its path.
pub(super) fn type_name(ty: &Type) -> String {
    match ungrouped(ty) {
        Type::Path(ty) => ty
            .path
            .segments
            .last()
            .map(|last| last.ident.unraw().to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// What a command is called, to know it again: its type as written. Without
/// lifetimes and without the `&` of a handler that borrows it, which say
/// nothing of the command, and without spaces, which compilers put in other
/// places.
pub(super) fn command_name(ty: &Type) -> String {
    let spelled = |ty: &Type| spelled(ty).split_whitespace().collect();
    if let Type::Reference(borrowed) = ungrouped(ty) {
        return command_name(&borrowed.elem);
    }
    let Type::Path(TypePath {
        qself: None, path, ..
    }) = ungrouped(ty)
    else {
        return spelled(ty);
    };
    let says_nothing = |segment: &PathSegment| match &segment.arguments {
        PathArguments::None => true,
        PathArguments::AngleBracketed(all) => all
            .args
            .iter()
            .all(|argument| matches!(argument, GenericArgument::Lifetime(_))),
        PathArguments::Parenthesized(_) => false,
    };
    if !path.segments.iter().all(says_nothing) {
        return spelled(ty);
    }
    let names = path.segments.iter().map(|it| it.ident.unraw().to_string());
    names.collect::<Vec<_>>().join("::")
}

pub(super) fn check_category(category: &LitStr, errors: &mut Errors) {
    let name = category.value();
    if name.is_empty() {
        errors.at(
            category,
            "a category is not empty; leave `category` out to use the type's name",
        );
    } else if name.starts_with('$') {
        errors.at(
            category,
            "a category does not begin with `$`: those streams are the store's own, and readers \
             of all streams pass over them",
        );
    } else if name.contains('-') {
        let meant = pascal_case(&name.replace('-', "_")).replace('_', "");
        errors.at(
            category,
            format!(
                "a category has no `-`: the stream of an aggregate is named `category-id`, \
                 and is taken apart at the first `-`; did you mean `{meant}`?"
            ),
        );
    } else if name.chars().any(char::is_control) {
        errors.at(category, "a category has no control characters");
    }
}
