//! The fields of a struct or a variant together.

use super::field::{Field, Owner};
use crate::support::Errors;
use quote::ToTokens;
use syn::Member;

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
        owner: Owner,
        withs: &mut usize,
        errors: &mut Errors,
    ) -> Self {
        let parsed: Vec<Field> = fields
            .iter()
            .enumerate()
            .map(|(index, field)| Field::parse(field, index, owner, withs, errors))
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
            if let Some(key) = names(field).iter().find(|key| taken.contains(key)) {
                let (first, second) = (spelled(earlier), spelled(field));
                errors.at(
                    &field.named_at,
                    format!(
                        "`{second}` is stored as `{key}`, and so is `{first}`; give one of them \
                         another name with `#[event(rename = \"…\")]`"
                    ),
                );
                errors.at(
                    &earlier.named_at,
                    format!("`{first}` is stored as `{key}` here"),
                );
            }
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

fn spelled(field: &Field) -> String {
    field.member.to_token_stream().to_string()
}
