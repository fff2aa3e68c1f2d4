//! What `#[derive(Event)]` stands on; every rule is here.

use super::{
    catch_all::CatchAll,
    name::Name,
    stored::{Format, KEYS, Stored},
};
use crate::{
    support::{Attrs, Errors, Key, RenameRule},
    value::{
        body::Body,
        bounds, container,
        field::{Owner, Style},
        item::{Item, refuse_lifetimes},
        model::{crate_path, refuse_union},
        reading::Reading,
    },
};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Ident, Type, WherePredicate, ext::IdentExt};

pub(super) struct Model {
    pub(super) item: Item,
    pub(super) form: Form,
}

pub(super) enum Form {
    Struct(Box<Stored>, Body),
    /// The stored variants, and what events of other types are read as.
    Enum(Vec<Variant>, Option<Box<CatchAll>>),
}

/// A variant of an event enum.
pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// Stored under a name of its own.
    Own(Box<Stored>, Body),
    /// Stored as the event inside.
    Transparent(Box<Type>),
}

pub(super) fn build(input: &DeriveInput) -> syn::Result<Model> {
    let mut errors = Errors::default();
    let mut attrs = Attrs::of("event", &input.attrs, &mut errors);
    let krate = crate_path(&mut attrs, &mut errors);
    let bounds = bounds::take(&mut attrs, &mut errors);
    let reading = match &input.data {
        Data::Union(_) => Reading::default(),
        _ => Reading::take(&mut attrs, &mut errors),
    };
    refuse_lifetimes(input, "an event", &mut errors);
    container::refuse_on_type(&input.attrs, Owner::Event, &mut errors);
    let name = input.ident.unraw().to_string();
    let form = match &input.data {
        Data::Struct(data) => {
            let outer = Format::default();
            let stored = Stored::take(&mut attrs, &name, &input.ident, &outer, &mut errors);
            if let Some(key) = attrs.take("transparent") {
                refuse_transparent_struct(&key, &mut errors);
            }
            if let Some(key) = attrs.take("other") {
                let message = "`other` is for a variant of an event enum, which events of unknown \
                               types are read as";
                errors.at(&key.name, message);
            }
            let style = Style::of(Owner::Event).renamed(&mut attrs, "rename_all", &mut errors);
            container::explain_on_type(&mut attrs, Owner::Event, &mut errors);
            attrs.finish(
                &known(&["rename_all", "read", "deny_unknown", "bound", "crate"]),
                &mut errors,
            );
            let body = Body::parse(&data.fields, style, &mut 0, &mut errors);
            reading.check(&body, &input.ident, &mut errors);
            Some(Form::Struct(Box::new(stored), body))
        }
        Data::Enum(data) => {
            let (variants, other) = enumeration(input, data, attrs, &mut errors);
            Some(Form::Enum(variants, other.map(Box::new)))
        }
        Data::Union(data) => {
            refuse_union(data, "Event", &mut errors);
            None
        }
    };
    match errors.finish(form)? {
        Some(form) => {
            let mut item = Item::new(input, krate);
            item.reading = reading;
            item.bind_all(&quote!(
                ::core::marker::Send + ::core::marker::Sync + 'static
            ));
            bind(&mut item, &form, bounds);
            Ok(Model { item, form })
        }
        None => Err(syn::Error::new_spanned(&input.ident, "no stored form")),
    }
}

/// Asks for what the fields need.
fn bind(item: &mut Item, form: &Form, bounds: Option<Vec<WherePredicate>>) {
    let given = bounds.is_some();
    match form {
        Form::Struct(_, body) => item.bind([body], bounds),
        Form::Enum(variants, other) => {
            let bodies = variants.iter().filter_map(|variant| match &variant.kind {
                Kind::Own(_, body) => Some(body),
                Kind::Transparent(_) => None,
            });
            item.bind(bodies, bounds);
            for variant in variants {
                if let Kind::Transparent(ty) = &variant.kind
                    && !given
                {
                    item.bind_type(ty, &quote!(__p::Event));
                }
            }
            if let Some((_, ty)) = other.as_ref().and_then(|other| other.field.as_ref())
                && !given
            {
                item.bind_type(ty, &quote!(__p::FromOther));
            }
        }
    }
}

/// The keys of an event enum, besides those of its variants.
const ENUM_KEYS: &[&str] = &[
    "rename_all",
    "rename_all_fields",
    "read",
    "deny_unknown",
    "bound",
    "crate",
    "content_type",
    "codec",
    "output_stream",
];

fn known(more: &[&'static str]) -> Vec<&'static str> {
    KEYS.iter().chain(more).copied().collect()
}

fn refuse_transparent_struct(key: &Key, errors: &mut Errors) {
    errors.at(
        &key.name,
        "`transparent` is for variants of an event enum; a struct with one unnamed field is \
         stored as the value inside without it",
    );
}

fn enumeration(
    input: &DeriveInput,
    data: &DataEnum,
    mut attrs: Attrs,
    errors: &mut Errors,
) -> (Vec<Variant>, Option<CatchAll>) {
    let outer = Format::take(&mut attrs, &Format::default(), errors);
    for name in [
        "type",
        "alias",
        "revision",
        "upcast",
        "upcast_from",
        "transparent",
    ] {
        while let Some(key) = attrs.take(name) {
            let message = format!(
                "an event enum is stored under one name a variant, so `{name}` belongs on a variant"
            );
            errors.at(&key.name, message);
        }
    }
    let names_by = RenameRule::take(&mut attrs, "rename_all", errors);
    let style = Style::of(Owner::Event).renamed(&mut attrs, "rename_all_fields", errors);
    container::explain_on_type(&mut attrs, Owner::Event, errors);
    attrs.finish(ENUM_KEYS, errors);
    if data.variants.is_empty() {
        errors.at(
            &input.ident,
            "an event enum without variants has nothing to store; add one",
        );
    }
    let mut withs = 0;
    let mut names: Vec<Name> = Vec::new();
    let mut variants = Vec::new();
    let mut catch_all: Option<CatchAll> = None;
    for variant in &data.variants {
        let mut attrs = Attrs::of("event", &variant.attrs, errors);
        container::refuse_on_variant(&variant.attrs, Owner::Event, errors);
        let ident = &variant.ident;
        if let Some(key) = attrs.take("other") {
            let other = CatchAll::read(variant, &key, &mut attrs, errors);
            match &catch_all {
                Some(first) => other.repeats(first, errors),
                None => catch_all = Some(other),
            }
            continue;
        }
        let kind = if let Some(key) = attrs.take("transparent") {
            errors.ok(key.flag());
            transparent(variant, &key, &mut attrs, errors)
        } else {
            let name = ident.unraw().to_string();
            let name = names_by.map_or(name.clone(), |rule| rule.variant(&name));
            let stored = Stored::take(&mut attrs, &name, ident, &outer, errors);
            for name in stored.names() {
                let shown = name.shown();
                let same = |known: &&Name| known.spelled() == name.spelled();
                if let Some(first) = names.iter().find(same) {
                    errors.at(
                        &name.at,
                        format!(
                            "two variants are stored as `{shown}`; {}",
                            if name.spelled() == stored.name.spelled() {
                                "give one of them another name with `#[event(type = \"…\")]`"
                            } else {
                                "take the alias out of one"
                            }
                        ),
                    );
                    errors.at(&first.at, format!("the other `{shown}` is here"));
                }
            }
            names.extend(stored.names().cloned());
            let style = style.renamed(&mut attrs, "rename_all", errors);
            let body = Body::parse(&variant.fields, style, &mut withs, errors);
            Kind::Own(Box::new(stored), body)
        };
        container::explain_on_variant(&mut attrs, Owner::Event, errors);
        attrs.finish(&known(&["rename_all", "transparent", "other"]), errors);
        variants.push(Variant {
            ident: ident.clone(),
            kind,
        });
    }
    if let (Some(other), []) = (&catch_all, &*variants) {
        errors.at(
            &other.ident,
            "an event enum with nothing but a variant for events of unknown types has nothing to \
             store; add a variant for an event that is written",
        );
    }
    (variants, catch_all)
}

/// A variant that is the event inside it.
fn transparent(variant: &syn::Variant, key: &Key, attrs: &mut Attrs, errors: &mut Errors) -> Kind {
    for name in KEYS {
        while let Some(other) = attrs.take(name) {
            errors.at(
                &other.name,
                format!(
                    "a transparent variant is stored as the event inside it; put `{name}` there, \
                     or remove `transparent`"
                ),
            );
            errors.at(&key.name, "`transparent` is set here");
        }
    }
    match &variant.fields {
        syn::Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let field = &fields.unnamed[0];
            for name in ["event", "serde"] {
                Attrs::of(name, &field.attrs, errors).finish(&["none here"], errors);
            }
            Kind::Transparent(Box::new(field.ty.clone()))
        }
        _ => {
            errors.at(
                &key.name,
                format!(
                    "a transparent variant holds one event: `{}(MyEvent)`",
                    variant.ident
                ),
            );
            Kind::Transparent(Box::new(Type::Verbatim(TokenStream::new())))
        }
    }
}
