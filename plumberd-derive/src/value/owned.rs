//! Types of fields that no event can hold, as far as can be seen: of each the
//! compiler would say several things, and none of them the one that helps.

use quote::ToTokens;
use syn::{GenericArgument, Lifetime, PathArguments, Type};

/// Why a field of this type cannot be stored, and what to write instead.
pub(crate) fn refusal(ty: &Type) -> Option<String> {
    match ty {
        // Of one that the type declares, it is said where that is.
        Type::Reference(reference) if is_declared(reference.lifetime.as_ref()) => None,
        Type::Reference(reference) => Some(format!(
            "an event owns what it holds, because it is read long after it was written; write \
             {} in place of `{}`",
            owned(&reference.elem),
            spelled(ty),
        )),
        Type::Ptr(_) => Some(format!(
            "a `{}` says where a value is, and an event holds the value; write its type",
            spelled(ty)
        )),
        Type::FnPtr(_) => Some(
            "a function cannot be stored; write down what it depends on, as an enum that derives \
             `EventValue`"
                .to_owned(),
        ),
        Type::Path(_) if is_shared(ty) => Some(format!(
            "events go from thread to thread, and `{}` must not; write the value itself, or \
             an `Arc` of it",
            spelled(ty)
        )),
        Type::Group(group) => refusal(&group.elem),
        Type::Paren(paren) => refusal(&paren.elem),
        Type::Array(array) => refusal(&array.elem),
        Type::Slice(slice) => refusal(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(refusal),
        Type::Path(path) => {
            let segments = path.path.segments.iter();
            segments.flat_map(arguments).find_map(refusal)
        }
        _ => None,
    }
}

/// Whether a type with such a field cannot even be given an implementation without
/// content, because an event is `Send` and `Sync`.
pub(crate) fn keeps_to_its_thread(ty: &Type) -> bool {
    match ty {
        Type::Ptr(_) => true,
        Type::Group(group) => keeps_to_its_thread(&group.elem),
        Type::Paren(paren) => keeps_to_its_thread(&paren.elem),
        Type::Array(array) => keeps_to_its_thread(&array.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(keeps_to_its_thread),
        Type::Path(path) => {
            let mut segments = path.path.segments.iter().flat_map(arguments);
            is_shared(ty) || segments.any(keeps_to_its_thread)
        }
        _ => false,
    }
}

fn arguments(segment: &syn::PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    let arguments = arguments.into_iter().flatten();
    arguments.filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn is_declared(lifetime: Option<&Lifetime>) -> bool {
    lifetime.is_some_and(|lifetime| lifetime.ident != "static")
}

/// Whether it is one of the standard library's that are for one thread.
fn is_shared(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let mut segments = path.path.segments.iter().rev();
    let Some(last) = segments.next() else {
        return false;
    };
    let within = |module: &str| segments.clone().next().is_some_and(|it| it.ident == module);
    !last.arguments.is_empty()
        && (last.ident == "Rc"
            || last.ident == "RefCell"
            || (last.ident == "Weak" && within("rc"))
            || (last.ident == "Cell" && within("cell")))
}

/// The type to write for a reference to `elem`.
fn owned(elem: &Type) -> String {
    match elem {
        Type::Path(path) if path.path.is_ident("str") => {
            "`String`, or `Cow<'static, str>`,".to_owned()
        }
        Type::Slice(slice) => format!("`Vec<{}>`", spelled(&slice.elem)),
        Type::TraitObject(_) => "an enum that derives `EventValue`".to_owned(),
        other => format!("`{}`", spelled(other)),
    }
}

/// As a user would write it.
fn spelled(ty: &Type) -> String {
    let mut text = String::new();
    for part in ty.to_token_stream().to_string().split(' ') {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let apart = text.ends_with(word) && part.starts_with(word)
            || text.ends_with(',')
            || (text.ends_with(word) && text.contains('\'') && part.starts_with('['));
        if apart {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}
