//! Under which name, revision and content type an event is stored, and how
//! older revisions become the one that is written.

use super::name::Name;
use crate::{
    support::{Attrs, Errors, Key},
    value::field::{path, text},
};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    ExprPath, LitInt, LitStr, Token, Type,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

/// The keys that say how an event is stored.
pub(super) const KEYS: &[&str] = &[
    "type",
    "alias",
    "revision",
    "content_type",
    "codec",
    "output_stream",
    "upcast",
    "upcast_from",
];

/// One stored type.
pub(super) struct Stored {
    pub(super) name: Name,
    /// Other names it is read under.
    pub(super) aliases: Vec<Name>,
    pub(super) revision: u32,
    pub(super) links: Links,
    pub(super) format: Format,
}

/// How the data is encoded, and where it is written by convention.
#[derive(Clone, Default)]
pub(super) struct Format {
    pub(super) content_type: Option<LitStr>,
    pub(super) codec: Option<ExprPath>,
    /// The category of the stream, in place of the module's name.
    pub(super) output_stream: Option<LitStr>,
}

/// What leads from older revisions to the one that is written.
pub(super) enum Links {
    None,
    /// Functions on JSON; the first starts from the revision `oldest`.
    Json {
        oldest: u32,
        steps: Vec<ExprPath>,
    },
    /// The type of the revision before.
    Typed(Box<Type>),
}

/// One `1 = path` of `upcast(…)`.
struct Step {
    from: LitInt,
    function: TokenStream,
}

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let from = input.parse()?;
        input.parse::<Token![=]>()?;
        let function: ExprPath = input.parse()?;
        Ok(Self {
            from,
            function: function.into_token_stream(),
        })
    }
}

impl Format {
    /// Takes `content_type`, `codec` and `output_stream`; what is not there is
    /// that of `outer`.
    pub(super) fn take(attrs: &mut Attrs, outer: &Self, errors: &mut Errors) -> Self {
        let content_type = attrs
            .take("content_type")
            .and_then(|key| errors.ok(text(&key)));
        let codec = attrs.take("codec").and_then(|key| {
            errors.ok(path(
                &key,
                "the path of a type that implements `plumberd::codec::Codec`",
            ))
        });
        let output_stream = attrs
            .take("output_stream")
            .and_then(|key| errors.ok(text(&key)));
        if let Some(category) = &output_stream {
            check_output_stream(category, errors);
        }
        let own = Self {
            content_type,
            codec,
            output_stream,
        };
        if let Some(label) = &own.content_type {
            let codec = own.codec.as_ref().or(outer.codec.as_ref());
            if codec.is_none() && !is_json(&label.value()) {
                errors.at(
                    label,
                    format!(
                        "`{}` is not JSON, and without a codec the data is JSON; add \
                         `codec = path::to::Codec`, or take a type that ends with `json`",
                        label.value()
                    ),
                );
            }
        }
        let inherits = own.content_type.is_none() && own.codec.is_none();
        Self {
            content_type: own
                .content_type
                .or_else(|| outer.content_type.clone().filter(|_| inherits)),
            codec: own.codec.or_else(|| outer.codec.clone()),
            output_stream: own.output_stream.or_else(|| outer.output_stream.clone()),
        }
    }

    pub(super) fn codec(&self) -> TokenStream {
        self.codec
            .as_ref()
            .map_or_else(|| quote!(__p::Json), ToTokens::to_token_stream)
    }
}

/// A category that a stream can have: the name is parsed at the first dash.
fn check_output_stream(category: &LitStr, errors: &mut Errors) {
    let text = category.value();
    let message = if text.contains('-') {
        "an output stream is a category, and contains no `-`: what follows it is the id"
    } else if text.chars().any(char::is_control) {
        "an output stream has no control characters"
    } else {
        return;
    };
    errors.at(category, message);
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.ends_with("/json") || essence.ends_with("+json")
}

impl Stored {
    /// The names it is read under.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.name).chain(&self.aliases)
    }

    /// Whether only the compiler knows one of its names.
    pub(super) fn has_constants(&self) -> bool {
        self.names().any(|name| name.text().is_none())
    }

    fn take_aliases(&mut self, attrs: &mut Attrs, errors: &mut Errors) {
        while let Some(key) = attrs.take("alias") {
            let Some(alias) = Name::read(&key, errors) else {
                continue;
            };
            let same = |name: &&Name| name.spelled() == alias.spelled();
            if let Some(first) = self.names().find(same) {
                let message = format!("`{}` is a name of this event already", alias.shown());
                errors.at(&alias.at, message);
                errors.at(&first.at, "it is named so here; remove the alias");
            } else {
                self.aliases.push(alias);
            }
        }
    }

    /// Takes what is about the stored type; mistakes go to `errors`.
    pub(super) fn take(
        attrs: &mut Attrs,
        name: &str,
        place: &impl ToTokens,
        outer: &Format,
        errors: &mut Errors,
    ) -> Self {
        let mut stored = Self {
            name: Name::of_type(name, place),
            aliases: Vec::new(),
            revision: 1,
            links: Links::None,
            format: Format::take(attrs, outer, errors),
        };
        if let Some(key) = attrs.take("type")
            && let Some(name) = Name::read(&key, errors)
        {
            stored.name = name;
        }
        stored.take_aliases(attrs, errors);
        let revision = attrs.take("revision");
        // With a wrong revision, what is said about the steps would be wrong too.
        let known = match &revision {
            Some(key) => errors.ok(read_revision(key)),
            None => Some(1),
        };
        let (json, typed) = (attrs.take("upcast"), attrs.take("upcast_from"));
        if let (Some(json), Some(typed)) = (&json, &typed) {
            errors.at(
                &json.name,
                "upcasters are functions on JSON or a type, not both; remove one",
            );
            errors.at(&typed.name, "`upcast_from` is set here");
        }
        if let Some(known) = known {
            stored.revision = known;
            if let Some(key) = typed {
                stored.links = typed_link(&key, known, errors);
            } else if let Some(key) = json {
                if stored.format.codec.is_some() {
                    errors.at(
                        &key.name,
                        "`upcast(…)` works on JSON, and the event has a codec of its own; use \
                         `upcast_from = PreviousType`",
                    );
                }
                stored.links = json_links(&key, known, errors);
            }
        }
        stored
    }
}

fn read_revision(key: &Key) -> syn::Result<u32> {
    let number: LitInt = key.parse("a whole number from 1")?;
    match number.base10_parse() {
        Ok(0) => Err(syn::Error::new(number.span(), "revisions start at 1")),
        Ok(revision) => Ok(revision),
        Err(_) => {
            let message = format!("`revision` takes a whole number from 1 to {}", u32::MAX);
            Err(syn::Error::new(number.span(), message))
        }
    }
}

fn needs_revision(key: &Key, errors: &mut Errors) {
    errors.at(
        &key.name,
        format!(
            "`{}` leads from an older revision to this one, and this is revision 1; add \
             `revision = 2`",
            key.name
        ),
    );
}

fn typed_link(key: &Key, revision: u32, errors: &mut Errors) -> Links {
    if revision == 1 {
        needs_revision(key, errors);
        return Links::None;
    }
    let expected = "the type of the revision before: `upcast_from = PreviousType`";
    errors
        .ok(key.parse::<Type>(expected))
        .map_or(Links::None, |previous| Links::Typed(Box::new(previous)))
}

fn json_links(key: &Key, revision: u32, errors: &mut Errors) -> Links {
    let expected = || {
        let message = "write `upcast(1 = path::to::function)`, with the revision it starts from";
        syn::Error::new_spanned(&key.name, message)
    };
    let Some(tokens) = &key.value else {
        errors.push(expected());
        return Links::None;
    };
    let Ok(steps) = Punctuated::<Step, Token![,]>::parse_terminated.parse2(tokens.clone()) else {
        errors.push(expected());
        return Links::None;
    };
    if revision == 1 {
        needs_revision(key, errors);
        return Links::None;
    }
    let mut known: Vec<(u32, Span, ExprPath)> = Vec::new();
    let mut sound = true;
    for step in steps {
        let from = step.from.base10_parse::<u32>().unwrap_or(0);
        if from == 0 || from >= revision {
            let message = format!(
                "a step from {} does not lead to revision {revision}; steps start from 1 to {}",
                step.from,
                revision - 1
            );
            errors.at(&step.from, message);
            sound = false;
            continue;
        }
        if let Some((_, first, _)) = known.iter().find(|(other, ..)| *other == from) {
            errors.at(&step.from, format!("two steps start from revision {from}"));
            errors.push(syn::Error::new(*first, "the other step is here"));
            sound = false;
            continue;
        }
        if let Some(function) = errors.ok(syn::parse2(step.function)) {
            known.push((from, step.from.span(), function));
        }
    }
    known.sort_by_key(|(from, ..)| *from);
    let oldest = known.first().map_or(revision - 1, |(from, ..)| *from);
    for from in oldest..revision {
        if sound && !known.iter().any(|(known, ..)| *known == from) {
            errors.at(
                &key.name,
                format!(
                    "no step leads from revision {from} to {}; add `{from} = path::to::function`",
                    from + 1
                ),
            );
        }
    }
    Links::Json {
        oldest,
        steps: known.into_iter().map(|(.., function)| function).collect(),
    }
}
