//! The names that an aggregate is stored under.

use super::signature::ungrouped;
use crate::support::{Errors, pascal_case};
use syn::{LitStr, Type, ext::IdentExt};

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

pub(super) fn check_category(category: &LitStr, errors: &mut Errors) {
    let name = category.value();
    if name.is_empty() {
        errors.at(
            category,
            "a category is not empty; leave `category` out to use the type's name",
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

/// Why a name cannot be an event type; the rule of `plumberd::event::EventType`.
pub(super) fn unfit_event_type(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > 512 {
        Some("it is longer than 512 bytes")
    } else if name.chars().any(char::is_control) {
        Some("it contains a control character")
    } else {
        None
    }
}
