//! The fields of a struct or a variant together.

use super::field::{Field, Owner, Style, argument_of};
use crate::support::{Errors, same_ignoring_case};
use quote::ToTokens;
use syn::{Member, Type};

/// What is between the braces or the parentheses.
pub(crate) enum Body {
    /// Nothing, or fields with names: a JSON object.
    Object(Vec<Field>),
    /// One field without a name: the form of its value. Beside it there may be
    /// others that are not stored.
    Inner(Box<Field>, Vec<Member>),
    /// Several fields without names: a JSON array.
    List(Vec<Field>),
}

impl Body {
    /// Reads the fields; mistakes go to `errors`.
    pub(crate) fn parse(
        fields: &syn::Fields,
        style: Style,
        withs: &mut usize,
        errors: &mut Errors,
    ) -> Self {
        let parsed: Vec<Field> = fields
            .iter()
            .enumerate()
            .map(|(index, field)| Field::parse(field, index, style, withs, errors))
            .collect();
        match fields {
            syn::Fields::Unnamed(_) if parsed.iter().any(|field| !field.phantom) => {
                let (phantoms, mut stored): (Vec<_>, Vec<_>) =
                    parsed.into_iter().partition(|field| field.phantom);
                if stored.len() == 1 {
                    let phantoms = phantoms.into_iter().map(|field| field.member).collect();
                    return Self::Inner(Box::new(stored.remove(0)), phantoms);
                }
                stored.extend(phantoms);
                Self::List(stored)
            }
            _ => {
                distinct_keys(&parsed, errors);
                one_id(&parsed, errors);
                if style.owner == Owner::Event {
                    refuse_unmarked_id(&parsed, errors);
                }
                Self::Object(parsed)
            }
        }
    }

    pub(crate) fn fields(&self) -> &[Field] {
        match self {
            Self::Object(fields) | Self::List(fields) => fields,
            Self::Inner(field, _) => std::slice::from_ref(field),
        }
    }

    /// Whether it is stored with the key `Id`, and what may be an id in it.
    pub(crate) fn writes_id(&self) -> bool {
        match self {
            Self::Object(fields) => fields.iter().any(may_be_id),
            Self::Inner(..) | Self::List(_) => false,
        }
    }

    pub(crate) fn id(&self) -> Option<&Field> {
        self.fields().iter().find(|field| field.id)
    }
}

fn distinct_keys(fields: &[Field], errors: &mut Errors) {
    let names = |field: &Field| {
        let own = (field.written || field.read).then(|| field.key.clone());
        own.into_iter()
            .chain(field.aliases.clone())
            .collect::<Vec<_>>()
    };
    for (index, field) in fields.iter().enumerate() {
        for earlier in &fields[..index] {
            let taken = names(earlier);
            // Two ids are reported as such.
            if field.id && earlier.id {
                continue;
            }
            let both = names(field).into_iter().find_map(|key| {
                let same = |other: &&String| same_ignoring_case(other, &key);
                Some((taken.iter().find(same)?, key))
            });
            let Some((other, key)) = both else {
                continue;
            };
            let (first, second) = (spelled(earlier), spelled(field));
            let message = if *other == key {
                format!(
                    "`{second}` is stored as `{key}`, and so is `{first}`; give one of them \
                     another name with `#[event(rename = \"…\")]`"
                )
            } else {
                format!(
                    "`{second}` is stored as `{key}`, and `{first}` as `{other}`: who reads names \
                     without regard to case takes them for one; give one of them another name \
                     with `#[event(rename = \"…\")]`"
                )
            };
            errors.at(&field.named_at, message);
            errors.at(
                &earlier.named_at,
                format!("`{first}` is stored as `{other}` here"),
            );
        }
    }
}

fn one_id(fields: &[Field], errors: &mut Errors) {
    let mut ids = fields.iter().filter(|field| field.id);
    let Some(first) = ids.next() else {
        return;
    };
    for second in ids {
        errors.at(
            &second.named_at,
            "an event has one id; unmark one of the two fields",
        );
        errors.at(&first.named_at, "the other id is here");
    }
}

/// Refuses a field that is stored where the id of the event is looked for, and
/// is something else.
fn refuse_unmarked_id(fields: &[Field], errors: &mut Errors) {
    // That two fields have the name is reported already.
    if fields.iter().any(|field| field.id) {
        return;
    }
    for field in fields.iter().filter(|field| may_be_id(field)) {
        let field_name = spelled(field);
        errors.at(
            &field.named_at,
            format!(
                "`{field_name}` is stored as `{}`, where .NET and Python look for the id of the \
                 event: two events with one value would be one event to them, and the second is \
                 dropped; mark it `#[event(id)]` if it is the id of the event itself, or give it \
                 another name with `#[event(rename = \"…\")]`",
                field.key
            ),
        );
    }
}

/// Whether it stands where the id of an event is looked for, and may be taken for one.
fn may_be_id(field: &Field) -> bool {
    field.written && same_ignoring_case(&field.key, "Id") && !is_number(&field.ty)
}

/// Whether the type is spelled as one that is not taken for an id: .NET and
/// Python refuse a number there.
fn is_number(ty: &Type) -> bool {
    const NUMBERS: &[&str] = &[
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
        "f32", "f64", "bool", "Decimal",
    ];
    if let Some(inner) = argument_of(ty, "Option") {
        return is_number(inner);
    }
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| NUMBERS.iter().any(|number| last.ident == number))
}

fn spelled(field: &Field) -> String {
    field.member.to_token_stream().to_string()
}
