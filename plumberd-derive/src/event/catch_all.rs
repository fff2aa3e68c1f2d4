//! The variant of an event enum that events of unknown types are read as.

use super::stored::KEYS;
use crate::{
    support::{Attrs, Errors, Key},
    value::{container, field::Owner},
};
use proc_macro2::Span;
use syn::{Fields, Ident, Member, Type};

pub(super) struct CatchAll {
    pub(super) ident: Ident,
    /// What holds the event, if anything.
    pub(super) field: Option<(Member, Type)>,
    /// Where it is marked.
    mark: Span,
}

impl CatchAll {
    /// Reads the variant that `mark` stands on.
    pub(super) fn read(
        variant: &syn::Variant,
        mark: &Key,
        attrs: &mut Attrs,
        errors: &mut Errors,
    ) -> Self {
        errors.ok(mark.flag());
        for name in KEYS.iter().chain(&["transparent", "rename_all"]) {
            while let Some(key) = attrs.take(name) {
                let message = format!(
                    "events of unknown types are only read as this variant, under whichever name \
                     they are stored; remove `{name}`, or `other`"
                );
                errors.at(&key.name, message);
            }
        }
        container::explain_on_variant(attrs, Owner::Event, errors);
        std::mem::take(attrs).finish(&["other"], errors);
        for field in &variant.fields {
            for name in ["event", "serde"] {
                Attrs::of(name, &field.attrs, errors).finish(&["none here"], errors);
            }
        }
        if variant.fields.len() > 1 {
            errors.at(
                &variant.fields,
                format!(
                    "events of unknown types are kept as they were recorded, in one field: \
                     `{0}(RecordedEvent)`; or not at all: `{0}`",
                    variant.ident
                ),
            );
        }
        Self {
            ident: variant.ident.clone(),
            field: field(&variant.fields),
            mark: mark.name.span(),
        }
    }

    /// Reports the second one of an enum.
    pub(super) fn repeats(&self, first: &Self, errors: &mut Errors) {
        let message = "events of unknown types are read as one variant; unmark one of the two";
        errors.push(syn::Error::new(self.mark, message));
        errors.push(syn::Error::new(first.mark, "the other one is here"));
    }
}

fn field(fields: &Fields) -> Option<(Member, Type)> {
    let member = fields.members().next()?;
    let field = fields.iter().next()?;
    Some((member, field.ty.clone()))
}
