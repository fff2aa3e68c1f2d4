//! The variants of an enum of values: their names, and what they may not be.

use super::{body::Body, bounds::is_phantom, field};
use crate::support::{Attrs, Errors, Key, RenameRule, same_ignoring_case};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Fields, Ident, ext::IdentExt};

/// The name of a variant, then its aliases, each with the place it comes from. A variant
/// of `numbers`, an enum that is stored as numbers, is given none.
pub(super) fn own_names(
    attrs: &mut Attrs,
    ident: &Ident,
    rule: Option<RenameRule>,
    numbers: Option<&Ident>,
    errors: &mut Errors,
) -> Vec<(String, TokenStream)> {
    let mut name = ident.unraw().to_string();
    if let Some(rule) = rule {
        name = rule.variant(&name);
    }
    let mut place = ident.to_token_stream();
    if let Some(key) = attrs.take("rename") {
        if let Some(numbers) = numbers {
            errors.at(
                &key.name,
                format!(
                    "`{numbers}` is stored as numbers, so a name changes nothing; remove `rename`, \
                     or store names with `#[event(as = \"string\")]` on the enum"
                ),
            );
        } else if let Some(text) = errors.ok(field::text(&key)) {
            name = text.value();
            place = text.to_token_stream();
        }
    }
    let mut names = vec![(name, place)];
    while let Some(key) = attrs.take("alias") {
        if let Some(text) = errors.ok(field::text(&key)) {
            names.push((text.value(), text.to_token_stream()));
        }
    }
    names
}

/// That the body leaves the key `$type` to the variant's name.
pub(super) fn check_tag(variant: &Ident, body: &Body, errors: &mut Errors) {
    for field in body.fields().iter().filter(|field| field.key == "$type") {
        let message = "the key `$type` tells the variants apart; take another name";
        errors.at(&field.named_at, message);
    }
    if let Body::Inner(field, _) = body
        && field.with.is_some()
    {
        errors.at(
            &field.named_at,
            format!(
                "a variant without names for its fields is the struct inside it, with the key \
                 `$type`; write `{variant} {{ name: … }}` for a form of its own"
            ),
        );
    }
}

/// That no other variant has the name. Names are read without regard to case
/// where there are only names.
pub(super) fn check_name(
    name: &str,
    place: &TokenStream,
    named_at: &[(String, TokenStream)],
    ignoring_case: bool,
    errors: &mut Errors,
) {
    let same = |(taken, _): &&(String, TokenStream)| {
        taken == name || ignoring_case && same_ignoring_case(taken, name)
    };
    let Some((taken, first)) = named_at.iter().find(same) else {
        return;
    };
    let message = if taken == name {
        format!("two variants are stored as `{name}`; give one of them another name with")
    } else {
        format!(
            "`{name}` and `{taken}` are one name, because names are read without regard to case; \
             give one of them another name with"
        )
    };
    errors.at(place, format!("{message} `#[event(rename = \"…\")]`"));
    errors.at(first, format!("the other `{taken}` is here"));
}

/// That one variant without data is what the others are not.
pub(super) fn check_other(
    variant: &syn::Variant,
    key: &Key,
    first: &mut Option<Key>,
    errors: &mut Errors,
) {
    if !variant.fields.is_empty() {
        errors.at(
            &key.name,
            "what is not known is read as this variant, so it has no data; remove the fields",
        );
    }
    if let Some(first) = first {
        errors.at(
            &key.name,
            "one variant is what is not known; unmark one of the two",
        );
        errors.at(&first.name, "the other one is here");
    } else {
        *first = Some(key.clone());
    }
}

/// That the fields of a variant have keys beside `$type`: names, or those of
/// the struct that is inside.
pub(super) fn check_unnamed(variant: &syn::Variant, errors: &mut Errors) {
    let Fields::Unnamed(fields) = &variant.fields else {
        return;
    };
    let stored = fields.unnamed.iter().filter(|field| !is_phantom(&field.ty));
    if stored.count() > 1 {
        let ident = &variant.ident;
        errors.at(
            fields,
            format!(
                "a variant with data is an object with the key `$type`, and these fields have no \
                 names to be keys; write `{ident} {{ name: … }}`, or hold one struct: \
                 `{ident}(MyStruct)`"
            ),
        );
    }
}
