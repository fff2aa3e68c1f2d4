//! One field: its attributes, and what they mean.

pub(crate) use super::style::{Owner, Style};
use super::{bounds::is_phantom, owned::refusal, with::With};
use crate::support::{Attrs, Errors, Key, RenameRule};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::{
    Expr, ExprPath, GenericArgument, Ident, LitStr, Member, PathArguments, Type, ext::IdentExt,
};

/// The keys that a field may have, in `#[event(…)]` or `#[serde(…)]`.
const KEYS: &[&str] = &[
    "id",
    "rename",
    "alias",
    "default",
    "with",
    "as_text",
    "skip",
    "serialize_with",
    "deserialize_with",
    "skip_serializing",
    "skip_deserializing",
    "skip_serializing_if",
];

/// Those of them that serde does not have.
const OURS: &[&str] = &["id", "as_text"];

/// The keys of serde that are refused, in either attribute, and what to write instead.
const REFUSED: &[(&str, &str)] = &[
    (
        "flatten",
        "`flatten` is not supported, because unknown keys are passed over; write the fields \
         out, or keep them together in a field whose type derives `EventValue`",
    ),
    (
        "borrow",
        "`borrow` is not supported, because an event owns what it holds; use `String` or \
         `Cow<'static, str>`",
    ),
    (
        "getter",
        "`getter` is not supported, because it is for types of other crates; use \
         `with = \"module\"`",
    ),
    (
        "bound",
        "`bound` is not carried over; write `#[event(bound = \"…\")]` on the type",
    ),
];

/// What a field that is not read becomes.
pub(crate) enum Fallback {
    Default,
    /// A value, or a function that returns one.
    Value(Box<Expr>),
}

/// A field, and how it is stored.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers a question of its own, and every combination may be"
)]
pub(crate) struct Field {
    pub(crate) member: Member,
    /// The name of a variable for it.
    pub(crate) binding: Ident,
    pub(crate) ty: Type,
    /// Its name in JSON; nothing for the fields of a tuple.
    pub(crate) key: String,
    pub(crate) aliases: Vec<String>,
    /// Where its name in JSON comes from.
    pub(crate) named_at: TokenStream,
    pub(crate) default: Option<Fallback>,
    pub(crate) written: bool,
    pub(crate) unless: Option<ExprPath>,
    pub(crate) read: bool,
    pub(crate) with: Option<With>,
    pub(crate) id: bool,
    /// Whether it is a `PhantomData`: neither written nor read, and nothing
    /// is lost.
    pub(crate) phantom: bool,
}

/// Both attributes of one field.
pub(super) struct Both<'a> {
    pub(super) event: Attrs,
    pub(super) serde: Attrs,
    pub(super) errors: &'a mut Errors,
}

impl Both<'_> {
    fn take(&mut self, name: &str) -> Option<Key> {
        match (self.event.take(name), self.serde.take(name)) {
            (Some(event), Some(serde)) => {
                let message = format!("`{name}` is set twice, here and in the other attribute");
                self.errors.at(&serde.name, message);
                self.errors.at(&event.name, "first set here; keep one");
                Some(event)
            }
            (event, serde) => event.or(serde),
        }
    }

    fn flag(&mut self, name: &str) -> Option<Key> {
        let key = self.take(name)?;
        self.errors.ok(key.flag())?;
        Some(key)
    }

    pub(super) fn path(&mut self, name: &str, expected: &str) -> Option<ExprPath> {
        let key = self.take(name)?;
        self.errors.ok(path(&key, expected))
    }
}

/// A name: `key = "name"`, not empty.
pub(crate) fn text(key: &Key) -> syn::Result<LitStr> {
    text_or(key, &format!("a string: `{} = \"…\"`", key.name))
}

/// A name as [`text`] reads it, where more is `expected`.
pub(crate) fn text_or(key: &Key, expected: &str) -> syn::Result<LitStr> {
    let text: LitStr = key.parse(expected)?;
    if text.value().is_empty() {
        let message = format!("`{}` is empty; write a name or leave it out", key.name);
        return Err(syn::Error::new(text.span(), message));
    }
    Ok(text)
}

/// A path, with or without quotes.
pub(crate) fn path(key: &Key, expected: &str) -> syn::Result<ExprPath> {
    if let Some(value) = &key.value
        && let Ok(text) = syn::parse2::<LitStr>(value.clone())
    {
        return text
            .parse()
            .map_err(|_| syn::Error::new(text.span(), format!("`{}` takes {expected}", key.name)));
    }
    key.parse(expected)
}

/// A value or a function; in quotes, as serde has it, the path of a function.
fn value(key: &Key) -> syn::Result<Expr> {
    let expected = "a value, or the path of a function that returns one";
    let quoted = key.value.clone().map(syn::parse2::<LitStr>);
    if let Some(Ok(_)) = quoted {
        return path(key, expected).map(Expr::Path);
    }
    key.parse(expected)
}

impl Field {
    /// Reads a field; mistakes go to `errors`.
    pub(crate) fn parse(
        field: &syn::Field,
        index: usize,
        style: Style,
        withs: &mut usize,
        errors: &mut Errors,
    ) -> Self {
        let owner = style.owner;
        let mut attrs = Both {
            event: Attrs::of("event", &field.attrs, errors),
            serde: Attrs::of("serde", &field.attrs, errors),
            errors,
        };
        for (name, reason) in REFUSED {
            let both = [attrs.event.take(name), attrs.serde.take(name)];
            for key in both.into_iter().flatten() {
                attrs.errors.at(&key.name, reason);
            }
        }
        let mut parsed = Self {
            member: field
                .ident
                .clone()
                .map_or_else(|| index.into(), Member::Named),
            binding: format_ident!("__field{index}", span = Span::mixed_site()),
            ty: field.ty.clone(),
            key: String::new(),
            aliases: Vec::new(),
            named_at: field
                .ident
                .as_ref()
                .map_or_else(|| field.ty.to_token_stream(), ToTokens::to_token_stream),
            default: None,
            written: true,
            unless: None,
            read: true,
            with: With::parse(&field.ty, &mut attrs, withs),
            id: false,
            phantom: is_phantom(&field.ty),
        };
        match &field.ident {
            Some(name) => parsed.named(&name.unraw().to_string(), style, &mut attrs),
            None => unnamed(&mut attrs),
        }
        if parsed.phantom {
            (parsed.written, parsed.read) = (false, false);
            parsed.aliases.clear();
        }
        let own_form = parsed.with.as_ref().is_some_and(|with| with.text.is_none());
        let stored = !own_form && (parsed.written || parsed.read);
        if stored && let Some(reason) = refusal(&parsed.ty) {
            attrs.errors.at(&parsed.ty, reason);
        }
        let told_by_us = stored || parsed.with.as_ref().is_some_and(With::is_of_serde);
        if told_by_us
            && let Some(inner) = argument_of(&parsed.ty, "Option")
            && is_null(inner)
        {
            attrs.errors.at(
                &parsed.ty,
                format!(
                    "`Some` of a `{}` may be `null`, as `None` is, and would be read as `None`; \
                     use an enum that derives `EventValue`",
                    inner.to_token_stream().to_string().replace(' ', "")
                ),
            );
        }
        let Both {
            event,
            serde,
            errors,
        } = attrs;
        let known: Vec<_> = KEYS
            .iter()
            .copied()
            .filter(|key| *key != "id" || owner == Owner::Event)
            .collect();
        event.finish(&known, errors);
        let known: Vec<_> = KEYS
            .iter()
            .copied()
            .filter(|key| !OURS.contains(key))
            .collect();
        serde.finish(&known, errors);
        parsed
    }

    fn named(&mut self, name: &str, style: Style, attrs: &mut Both<'_>) {
        let owner = style.owner;
        self.key = style.rename.unwrap_or(RenameRule::Pascal).field(name);
        let rename = attrs.take("rename");
        let skip = attrs.flag("skip");
        if owner == Owner::Event
            && let Some(id) = attrs.event.take("id")
        {
            attrs.errors.ok(id.flag());
            self.id = true;
            "Id".clone_into(&mut self.key);
            self.named_at = id.name.to_token_stream();
            if let Some(rename) = &rename {
                attrs.errors.at(
                    &rename.name,
                    "the id of an event is written as `Id`, where .NET and Python look for it; \
                     remove `rename`",
                );
            }
            if let Some(skip) = &skip {
                let message = "the id of an event must be written; remove `skip` or `id`";
                attrs.errors.at(&skip.name, message);
            }
            return self.read_as(attrs, skip.is_some());
        }
        if owner == Owner::Value
            && let Some(id) = attrs.event.take("id")
        {
            attrs.errors.at(
                &id.name,
                "only an event has an id of its own; remove `id`, and put it on a field of the \
                 event",
            );
        }
        if let Some(rename) = rename
            && let Some(text) = attrs.errors.ok(text(&rename))
        {
            self.key = text.value();
            self.named_at = text.to_token_stream();
        }
        self.read_as(attrs, skip.is_some());
    }

    /// From which names it is read, if at all, and what it is else.
    fn read_as(&mut self, attrs: &mut Both<'_>, skipped: bool) {
        while let Some(alias) = attrs
            .event
            .take("alias")
            .or_else(|| attrs.serde.take("alias"))
        {
            if let Some(alias) = attrs.errors.ok(text(&alias)) {
                self.aliases.push(alias.value());
            }
        }
        let never = attrs.flag("skip_serializing");
        let sometimes = attrs.take("skip_serializing_if");
        self.written = !skipped && never.is_none();
        self.read = !skipped && attrs.flag("skip_deserializing").is_none();
        self.unless = sometimes
            .as_ref()
            .and_then(|key| attrs.errors.ok(path(key, "the path of a function")));
        self.default = match attrs.take("default") {
            Some(key) if key.value.is_none() => Some(Fallback::Default),
            Some(key) => attrs
                .errors
                .ok(value(&key))
                .map(|value| Fallback::Value(Box::new(value))),
            None if self.read => {
                if let Some(key) = never.or(sometimes)
                    && !self.may_be_missing()
                {
                    attrs.errors.at(
                        &key.name,
                        format!(
                            "what `{}` leaves out could not be read back; add `default`, or \
                             `default = path::to::function`",
                            key.name
                        ),
                    );
                }
                None
            }
            None => Some(Fallback::Default),
        };
    }

    /// Whether the type has a value for a missing field, as far as can be seen.
    fn may_be_missing(&self) -> bool {
        let Type::Path(path) = &self.ty else {
            return false;
        };
        let last = path.path.segments.last();
        let own_form = self.with.as_ref().is_some_and(|with| with.text.is_none());
        !own_form && last.is_some_and(|segment| segment.ident == "Option")
    }
}

/// The `T` of a `name<T>`, when the type is spelled so.
pub(super) fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == name => {
            match arguments.args.first()? {
                GenericArgument::Type(inner) => Some(inner),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a value of the type may be stored as `null`, as far as can be seen;
/// of what cannot be seen the runtime does not compile.
fn is_null(ty: &Type) -> bool {
    if let Some(inner) = argument_of(ty, "Box").or_else(|| argument_of(ty, "Arc")) {
        return is_null(inner);
    }
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
        || argument_of(ty, "Option").is_some()
}

/// A field without a name has no key, so only its form can be changed.
fn unnamed(attrs: &mut Both<'_>) {
    for name in KEYS {
        let both = [attrs.event.take(name), attrs.serde.take(name)];
        for key in both.into_iter().flatten() {
            attrs.errors.at(
                &key.name,
                format!("`{name}` is for fields with a name, and this one has none; name it"),
            );
        }
    }
}
