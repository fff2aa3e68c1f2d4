//! What `#[derive(EventValue)]` stands on; every rule is here.

use super::{
    body::Body,
    bounds, container,
    field::{self, Owner, Style},
    item::{Item, refuse_lifetimes},
    reading::Reading,
    variant::{check_name, check_other, check_tag, check_unnamed, own_names},
};
use crate::support::{Attrs, CratePath, Errors, Key, RenameRule};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Expr, Fields, Ident, LitStr};

pub(super) struct Model {
    pub(super) item: Item,
    pub(super) form: Form,
}

pub(super) enum Form {
    Struct(Body),
    /// Variants without data, as their numbers.
    Numbers(Vec<Variant>),
    /// Variants without data, as their names.
    Names(Vec<Variant>),
    /// Variants with data, as objects with `$type`.
    Tagged(Vec<Variant>),
    /// Whatever it is, as the text that it is displayed as.
    Text,
}

pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) name: String,
    /// Other names it is read from.
    pub(super) aliases: Vec<String>,
    /// Whether it is what any other name or number is read as.
    pub(super) other: bool,
    /// Whether it is declared without parentheses and braces.
    pub(super) unit: bool,
    /// What stands behind `=`.
    pub(super) number: Option<Expr>,
    pub(super) body: Body,
}

/// The first number of a field with functions of its own; those of an event begin with
/// 0, see `expand::structure`.
const FIRST_WITH: usize = 1 << 16;
const STRUCT_KEYS: &[&str] = &[
    "as_text",
    "rename_all",
    "read",
    "deny_unknown",
    "bound",
    "crate",
];

const ENUM_KEYS: &[&str] = &[
    "as",
    "as_text",
    "rename_all",
    "rename_all_fields",
    "read",
    "deny_unknown",
    "bound",
    "crate",
];

/// What the user says about the names of variants.
struct Names<'a> {
    wish: Option<&'a (As, LitStr)>,
    rule: Option<RenameRule>,
}

/// How the user wants an enum without data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Number,
    String,
}

pub(super) fn build(input: &DeriveInput) -> syn::Result<Model> {
    let mut errors = Errors::default();
    let mut attrs = Attrs::of("event", &input.attrs, &mut errors);
    let krate = crate_path(&mut attrs, &mut errors);
    let bounds = bounds::take(&mut attrs, &mut errors);
    refuse_lifetimes(input, "a value of an event", &mut errors);
    container::refuse_on_type(&input.attrs, Owner::Value, &mut errors);
    let as_text = attrs.take("as_text");
    let mut reading = Reading::default();
    let form = match (&input.data, as_text) {
        (Data::Struct(_) | Data::Enum(_), Some(key)) => {
            refuse_beside_text(input, &key, attrs, &mut errors);
            Some(Form::Text)
        }
        (Data::Struct(data), None) => {
            reading = Reading::take(&mut attrs, &mut errors);
            let style = Style::of(Owner::Value).renamed(&mut attrs, "rename_all", &mut errors);
            container::explain_on_type(&mut attrs, Owner::Value, &mut errors);
            attrs.finish(STRUCT_KEYS, &mut errors);
            let body = Body::parse(&data.fields, style, &mut { FIRST_WITH }, &mut errors);
            reading.check(&body, &input.ident, &mut errors);
            Some(Form::Struct(body))
        }
        (Data::Enum(data), None) => {
            let wish = attrs.take("as").and_then(|key| {
                let text = errors.ok(key.parse::<LitStr>("`\"number\"` or `\"string\"`"))?;
                match text.value().as_str() {
                    "number" => Some((As::Number, text)),
                    "string" => Some((As::String, text)),
                    _ => {
                        errors.at(
                            &text,
                            "an enum is stored as `\"number\"` or as `\"string\"`",
                        );
                        None
                    }
                }
            });
            reading = Reading::take(&mut attrs, &mut errors);
            let names_by = RenameRule::take(&mut attrs, "rename_all", &mut errors);
            let style = Style::of(Owner::Value);
            let style = style.renamed(&mut attrs, "rename_all_fields", &mut errors);
            container::explain_on_type(&mut attrs, Owner::Value, &mut errors);
            attrs.finish(ENUM_KEYS, &mut errors);
            let names = Names {
                wish: wish.as_ref(),
                rule: names_by,
            };
            let form = enumeration(input, data, &names, style, &mut errors);
            if !matches!(form, Form::Tagged(_)) && (reading.deny_unknown || reading.dotnet) {
                errors.at(
                    &input.ident,
                    "`read` and `deny_unknown` are about fields, and this enum has none; remove them",
                );
            }
            Some(form)
        }
        (Data::Union(data), _) => {
            attrs.finish(&["crate"], &mut errors);
            refuse_union(data, "EventValue", &mut errors);
            None
        }
    };
    match errors.finish(form)? {
        Some(form) => {
            let mut item = Item::new(input, krate);
            item.reading = reading;
            match &form {
                Form::Struct(body) => item.bind([body], bounds),
                Form::Numbers(variants) | Form::Names(variants) | Form::Tagged(variants) => {
                    item.bind(variants.iter().map(|variant| &variant.body), bounds);
                }
                Form::Text => item.bind_self(&quote!(__p::AsText), bounds),
            }
            Ok(Model { item, form })
        }
        None => Err(syn::Error::new_spanned(&input.ident, "no stored form")),
    }
}

/// What is displayed as a whole has no parts whose form could be changed.
fn refuse_beside_text(input: &DeriveInput, key: &Key, attrs: Attrs, errors: &mut Errors) {
    errors.ok(key.flag());
    let text = "the whole is stored as the text that `Display` writes, because of `as_text` on \
                the type, so this changes nothing; remove one of the two";
    for key in attrs.into_keys(&["crate"]) {
        errors.at(&key.name, text);
    }
    let (fields, variants) = match &input.data {
        Data::Struct(data) => (Some(&data.fields), None),
        Data::Enum(data) => (None, Some(&data.variants)),
        Data::Union(_) => (None, None),
    };
    let variants = || variants.into_iter().flatten();
    let fields = fields
        .into_iter()
        .chain(variants().map(|variant| &variant.fields));
    let inside = fields.flatten().map(|field| &field.attrs);
    for attrs in inside.chain(variants().map(|variant| &variant.attrs)) {
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("event")) {
            errors.at(&attr.path(), text);
        }
    }
}

pub(crate) fn crate_path(attrs: &mut Attrs, errors: &mut Errors) -> CratePath {
    let path = attrs.take("crate").and_then(|key| {
        let path = field::path(&key, "the path of the crate plumberd, as `crate = path`");
        errors.ok(path).map(|path| path.path)
    });
    CratePath::new(path)
}

pub(crate) fn refuse_union(data: &syn::DataUnion, derive: &str, errors: &mut Errors) {
    errors.at(
        &data.union_token,
        format!(
            "`{derive}` cannot be derived for a union, which does not know what it holds; use an \
             enum"
        ),
    );
}

fn enumeration(
    input: &DeriveInput,
    data: &DataEnum,
    names: &Names<'_>,
    style: Style,
    errors: &mut Errors,
) -> Form {
    let wish = names.wish;
    if data.variants.is_empty() {
        errors.at(
            &input.ident,
            "an enum without variants has no values to store; add one",
        );
    }
    let with_data = data
        .variants
        .iter()
        .find(|variant| !variant.fields.is_empty());
    if let (Some(variant), Some((_, text))) = (with_data, wish) {
        let ident = &variant.ident;
        errors.at(
            text,
            format!(
                "`as` is for enums without data, and `{ident}` has some; remove `as`, and the \
                 enum is stored as an object with `$type`"
            ),
        );
        errors.at(ident, "this variant has data");
    }
    let numbers = with_data.is_none() && !matches!(wish, Some((As::String, _)));
    let mut withs = 0;
    let mut named_at: Vec<(String, TokenStream)> = Vec::new();
    let mut any_other: Option<Key> = None;
    let mut variants = Vec::new();
    for variant in &data.variants {
        let ident = &variant.ident;
        let mut attrs = Attrs::of("event", &variant.attrs, errors);
        container::refuse_on_variant(&variant.attrs, Owner::Value, errors);
        let own_names = own_names(
            &mut attrs,
            ident,
            names.rule,
            numbers.then_some(&input.ident),
            errors,
        );
        let other = attrs
            .take("other")
            .filter(|key| errors.ok(key.flag()).is_some());
        let style = style.renamed(&mut attrs, "rename_all", errors);
        container::explain_on_variant(&mut attrs, Owner::Value, errors);
        attrs.finish(&["rename", "rename_all", "alias", "other"], errors);
        if let Some(key) = &other {
            check_other(variant, key, &mut any_other, errors);
        }
        for (name, place) in &own_names {
            check_name(
                name,
                place,
                &named_at,
                with_data.is_none() && !numbers,
                errors,
            );
        }
        named_at.extend(own_names.iter().cloned());
        check_unnamed(variant, errors);
        let body = Body::parse(&variant.fields, style, &mut withs, errors);
        check_tag(ident, &body, errors);
        variants.push(Variant {
            ident: ident.clone(),
            name: own_names[0].0.clone(),
            aliases: own_names[1..]
                .iter()
                .map(|(alias, _)| alias.clone())
                .collect(),
            other: other.is_some(),
            unit: matches!(variant.fields, Fields::Unit),
            number: variant
                .discriminant
                .as_ref()
                .map(|(_, number)| number.clone()),
            body,
        });
    }
    match with_data {
        Some(_) => Form::Tagged(variants),
        None if numbers => Form::Numbers(variants),
        None => Form::Names(variants),
    }
}
