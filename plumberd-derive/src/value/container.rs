//! What serde's attributes on a type or a variant would change. Those of fields
//! are carried over; these are not, and to pass them over in silence would be to
//! store another form than the one that was asked for.

use super::field::Owner;
use crate::support::{Attrs, Errors};
use syn::Attribute;

/// Refuses what serde's attributes say about the form of a type.
pub(crate) fn refuse_on_type(attrs: &[Attribute], owner: Owner, errors: &mut Errors) {
    refuse(attrs, &of_type(owner), errors);
}

/// Refuses the same keys in `#[event(…)]`, of those that are left.
pub(crate) fn explain_on_type(attrs: &mut Attrs, owner: Owner, errors: &mut Errors) {
    explain(attrs, &of_type(owner), errors);
}

/// What serde's keys on a type would change, and what stands for them here.
fn of_type(owner: Owner) -> Vec<(&'static str, &'static str)> {
    let (name, tag) = match owner {
        Owner::Event => (
            "the stored name is set by `#[event(type = \"…\")]`",
            "each variant of an event enum is stored as a type of its own, under its name",
        ),
        Owner::Value => (
            "a value is stored without the name of its type",
            "an enum with data is stored as an object with the key `$type`",
        ),
    };
    let all = "names of fields are stored in PascalCase; write `#[event(rename_all = \"…\")]` \
               for another rule";
    let with = "name functions that convert it with `#[event(with = \"module\")]`, on the fields \
                of this type";
    vec![
        ("rename", name),
        ("rename_all", all),
        ("rename_all_fields", all),
        ("tag", tag),
        ("content", tag),
        ("untagged", tag),
        (
            "transparent",
            "a struct with one unnamed field is stored as the value inside",
        ),
        (
            "default",
            "write `#[event(default)]` on each field that may be missing",
        ),
        ("from", with),
        ("try_from", with),
        ("into", with),
        ("remote", with),
        (
            "deny_unknown_fields",
            "unknown keys are passed over, so that a program reads what a newer one wrote; write \
             `#[event(deny_unknown)]` where they are an error",
        ),
        ("field_identifier", tag),
        ("variant_identifier", tag),
    ]
}

/// Refuses what serde's attributes say about the form of a variant.
pub(crate) fn refuse_on_variant(attrs: &[Attribute], owner: Owner, errors: &mut Errors) {
    refuse(attrs, &of_variant(owner), errors);
}

/// Refuses the same keys in `#[event(…)]`, of those that are left.
pub(crate) fn explain_on_variant(attrs: &mut Attrs, owner: Owner, errors: &mut Errors) {
    explain(attrs, &of_variant(owner), errors);
}

/// What serde's keys on a variant would change, and what stands for them here.
fn of_variant(owner: Owner) -> Vec<(&'static str, &'static str)> {
    let name = match owner {
        Owner::Event => "the stored name is set by `#[event(type = \"…\")]`",
        Owner::Value => "its name is set by `#[event(rename = \"…\")]`",
    };
    let all = "names of fields are stored in PascalCase; write `#[event(rename_all = \"…\")]` \
               for another rule";
    let each = "every variant is written and read, each in the one form and by the one name it has";
    let ours = match owner {
        Owner::Event => each,
        Owner::Value => "write it as `#[event(…)]`, which has it as well",
    };
    vec![
        ("rename", name),
        ("rename_all", all),
        ("alias", ours),
        ("other", ours),
        ("untagged", each),
        ("skip", each),
        ("skip_serializing", each),
        ("skip_deserializing", each),
        ("with", each),
        ("serialize_with", each),
        ("deserialize_with", each),
    ]
}

fn refuse(attrs: &[Attribute], refused: &[(&str, &str)], errors: &mut Errors) {
    let mut serde = Attrs::of("serde", attrs, errors);
    for (name, instead) in refused {
        while let Some(key) = serde.take(name) {
            errors.at(
                &key.name,
                format!(
                    "serde's `{name}` is carried over only from fields: {instead}; remove it, or \
                     derive serde's traits for a type of their own"
                ),
            );
        }
    }
}

fn explain(attrs: &mut Attrs, refused: &[(&str, &str)], errors: &mut Errors) {
    for (name, instead) in refused {
        while let Some(key) = attrs.take(name) {
            errors.at(&key.name, format!("`{name}` is not a key here: {instead}"));
        }
    }
}
