use super::{
    names::{check_category, type_name, unfit_event_type},
    parse::{BlockSyntax, Kind, Marked},
    signature::{self, spelled, ungrouped},
};
use crate::support::{Attrs, CratePath, Errors, allow_deprecated, did_you_mean};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{HashMap, hash_map::Entry};
use syn::{
    Attribute, FnArg, Ident, ImplItem, ItemImpl, LitStr, Meta, Token, Type, parse::Parser,
    punctuated::Punctuated, spanned::Spanned,
};

const KEYS: &[&str] = &["category", "id", "unknown_events", "crate"];

/// An aggregate, as far as it could be read.
pub(super) struct Aggregate {
    pub(super) krate: CratePath,
    /// What goes back to the compiler as it is.
    pub(super) block: ItemImpl,
    /// `None` when there can be no impl for it.
    pub(super) ty: Option<Type>,
    pub(super) id: Option<Type>,
    pub(super) category: LitStr,
    pub(super) skips_unknown_events: bool,
    /// The `#[cfg]`s of the block.
    pub(super) cfgs: Vec<Attribute>,
    pub(super) handlers: Vec<EventHandler>,
    pub(super) commands: Vec<CommandHandler>,
    /// Which handler is for which event, as it is spelled.
    events: HashMap<String, usize>,
    /// Which handler is for which command, as it is spelled.
    decided: HashMap<String, usize>,
}

/// A method that applies an event.
pub(super) struct EventHandler {
    pub(super) method: Ident,
    pub(super) event: Type,
    /// The type of the second parameter.
    pub(super) metadata: Option<Type>,
    /// Other stored names it is for.
    pub(super) aliases: Vec<LitStr>,
    pub(super) cfgs: Vec<Attribute>,
    /// What lints are told about what names it.
    pub(super) lints: Option<TokenStream>,
}

/// A method that decides a command.
pub(super) struct CommandHandler {
    pub(super) method: Ident,
    pub(super) command: Type,
    pub(super) output: Type,
    pub(super) cfgs: Vec<Attribute>,
    /// What lints are told about what names it.
    pub(super) lints: Option<TokenStream>,
}

/// Applies every rule; what is wrong is left out of the aggregate and noted.
pub(super) fn build(syntax: BlockSyntax) -> (Aggregate, Errors) {
    let BlockSyntax {
        args,
        block,
        marked,
        hidden,
    } = syntax;
    let mut errors = Errors::default();
    let ty = self_type(&block, &mut errors);
    let mut aggregate = Aggregate {
        krate: CratePath::default(),
        ty,
        id: None,
        category: LitStr::new(&type_name(&block.self_ty), block.self_ty.span()),
        skips_unknown_events: false,
        cfgs: cfgs(&block.attrs),
        handlers: Vec::new(),
        commands: Vec::new(),
        events: HashMap::new(),
        decided: HashMap::new(),
        block,
    };
    aggregate.read_keys(args, &mut errors);
    for marked in &marked {
        aggregate.read_method(marked, &mut errors);
    }
    for (kind, attribute) in &hidden {
        errors.at(
            attribute,
            format!(
                "`#[aggregate]` cannot see into `cfg_attr`; \
                 write `#[{}]` and put `#[cfg(…)]` on the method",
                kind.attribute()
            ),
        );
    }
    let has_handler = marked.iter().any(|marked| marked.is(Kind::Event));
    if !has_handler && hidden.is_empty() {
        no_handlers(&aggregate.block, &mut errors);
    }
    (aggregate, errors)
}

impl Marked {
    fn is(&self, wanted: Kind) -> bool {
        self.attributes.iter().any(|(kind, _)| *kind == wanted)
    }
}

impl Aggregate {
    fn read_keys(&mut self, args: TokenStream, errors: &mut Errors) {
        if let Some(TokenTree::Literal(literal)) = args.clone().into_iter().next() {
            errors.at(&literal, format!("write `category = {literal}`"));
            return;
        }
        let mut keys = Attrs::parse(args, errors);
        if let Some(key) = keys.take("crate") {
            let path = errors.ok(key.parse("a path, like `::plumberd`"));
            self.krate = CratePath::new(path);
        }
        if let Some(key) = keys.take("id") {
            self.id = errors.ok(key.parse("a type, like `OrderNumber`"));
        }
        if let Some(key) = keys.take("category")
            && let Some(category) = errors.ok(key.parse("a string, like `\"Account\"`"))
        {
            check_category(&category, errors);
            self.category = category;
        } else if let Some(Type::Path(ty)) = &self.ty
            && let Some(last) = ty.path.segments.last()
            && !last.arguments.is_empty()
        {
            errors.at(
                ty,
                format!(
                    "several types may be named `{}`; say which streams are this one's: \
                     `#[aggregate(category = \"...\")]`",
                    last.ident
                ),
            );
        }
        let policies = "`\"error\"` or `\"skip\"`";
        if let Some(key) = keys.take("unknown_events")
            && let Some(policy) = errors.ok(key.parse::<LitStr>(policies))
        {
            match policy.value().as_str() {
                "error" => {}
                "skip" => self.skips_unknown_events = true,
                other => errors.at(
                    &policy,
                    format!(
                        "`unknown_events` is {policies}{}",
                        did_you_mean(other, &["error", "skip"])
                    ),
                ),
            }
        }
        keys.finish(KEYS, errors);
    }

    fn lints(&self, method: &[Attribute]) -> Option<TokenStream> {
        allow_deprecated(self.block.attrs.iter().chain(method))
    }

    fn read_method(&mut self, marked: &Marked, errors: &mut Errors) {
        let [(kind, attribute), more @ ..] = &*marked.attributes else {
            return;
        };
        for (other, attribute) in more {
            let message = if kind == other {
                format!("`#[{}]` is here twice", other.attribute())
            } else {
                "a method either applies an event or decides a command; make two of it".to_owned()
            };
            errors.at(attribute, message);
        }
        match kind {
            Kind::Event => self.read_event_handler(marked, attribute, errors),
            Kind::Command => self.read_command_handler(marked, attribute, errors),
        }
    }

    fn read_event_handler(&mut self, marked: &Marked, attribute: &Attribute, errors: &mut Errors) {
        let signature = &marked.method.sig;
        let read = signature::event_handler(signature, errors);
        let Some(event) = read.event else { return };
        let handler = EventHandler {
            method: signature.ident.clone(),
            event,
            metadata: read.metadata,
            aliases: self.read_aliases(attribute, errors),
            cfgs: cfgs(&marked.method.attrs),
            lints: self.lints(&marked.method.attrs),
        };
        let place = self.handlers.len();
        match first_of(&mut self.events, &handler.event, &handler.cfgs, place) {
            None => self.handlers.push(handler),
            Some(first) => {
                let first = &self.handlers[first];
                errors.at(
                    &handler.event,
                    format!("`{}` already handles this event", first.method),
                );
                errors.at(
                    &first.event,
                    format!("first handled here; remove this or `{}`", handler.method),
                );
            }
        }
    }

    fn read_aliases(&self, attribute: &Attribute, errors: &mut Errors) -> Vec<LitStr> {
        let list = match &attribute.meta {
            Meta::Path(_) => return Vec::new(),
            Meta::List(list) => list,
            Meta::NameValue(meta) => {
                errors.at(
                    meta,
                    "write other stored names in parentheses: \
                     `#[event_sourcing_handler(\"OldName\")]`",
                );
                return Vec::new();
            }
        };
        let parser = Punctuated::<LitStr, Token![,]>::parse_terminated;
        let Ok(names) = parser.parse2(list.tokens.clone()) else {
            errors.at(
                &list.tokens,
                "the parentheses take other stored names of the event, as strings: \
                 `#[event_sourcing_handler(\"OldName\", \"OlderName\")]`",
            );
            return Vec::new();
        };
        let mut aliases: Vec<LitStr> = Vec::new();
        for name in names {
            let before = self.handlers.iter().flat_map(|handler| &handler.aliases);
            if let Some(reason) = unfit_event_type(&name.value()) {
                errors.at(&name, format!("not the name of a stored event: {reason}"));
            } else if let Some(first) = before
                .chain(&aliases)
                .find(|first| first.value() == name.value())
            {
                errors.at(&name, format!("`{}` is handled already", name.value()));
                errors.at(first, "first handled here");
            } else {
                aliases.push(name);
            }
        }
        aliases
    }

    fn read_command_handler(
        &mut self,
        marked: &Marked,
        attribute: &Attribute,
        errors: &mut Errors,
    ) {
        if !matches!(attribute.meta, Meta::Path(_)) {
            errors.at(
                attribute,
                "write `#[command_handler]`; which command it is for is the type of its parameter",
            );
        }
        let signature = &marked.method.sig;
        let read = signature::command_handler(signature, errors);
        let (Some(command), Some(output)) = (read.command, read.output) else {
            return;
        };
        let handler = CommandHandler {
            method: signature.ident.clone(),
            command,
            output,
            cfgs: cfgs(&marked.method.attrs),
            lints: self.lints(&marked.method.attrs),
        };
        let place = self.commands.len();
        match first_of(&mut self.decided, &handler.command, &handler.cfgs, place) {
            None => self.commands.push(handler),
            Some(first) => {
                let first = &self.commands[first];
                errors.at(
                    &handler.command,
                    format!("`{}` already decides this command", first.method),
                );
                errors.at(
                    &first.command,
                    format!("first decided here; remove this or `{}`", handler.method),
                );
            }
        }
    }
}

/// The index of the first handler for `ty`, which is noted as `place` when there is
/// none. Of two with a `cfg` perhaps only one is there; the compiler knows.
fn first_of(
    known: &mut HashMap<String, usize>,
    ty: &Type,
    cfgs: &[Attribute],
    place: usize,
) -> Option<usize> {
    if !cfgs.is_empty() {
        return None;
    }
    match known.entry(spelled(ty)) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(free) => {
            free.insert(place);
            None
        }
    }
}

/// The type the block is for, if it can be an aggregate.
fn self_type(block: &ItemImpl, errors: &mut Errors) -> Option<Type> {
    let mut fits = true;
    if let Some((path, _)) = &block.trait_ {
        errors.at(
            path,
            "`#[aggregate]` goes on an `impl` block without a trait: `impl Account { … }`",
        );
    }
    if !block.generics.params.is_empty() {
        errors.at(
            &block.generics,
            "an aggregate is not generic: its streams are of one category, \
             and two types must not share them",
        );
        fits = false;
    }
    let ty = ungrouped(&block.self_ty);
    if !matches!(ty, Type::Path(_)) {
        errors.at(ty, "an aggregate is a struct or an enum");
        fits = false;
    }
    fits.then(|| ty.clone())
}

fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect()
}

fn no_handlers(block: &ItemImpl, errors: &mut Errors) {
    errors.at(
        &block.self_ty,
        "an aggregate has at least one `#[event_sourcing_handler]`: \
         without one it never changes",
    );
    for item in &block.items {
        if let ImplItem::Fn(method) = item
            && looks_like_event_handler(method)
        {
            errors.at(
                &method.sig.ident,
                "is this one? then add `#[event_sourcing_handler]`",
            );
        }
    }
}

/// Whether it is `fn name(&mut self, event: &E)`.
fn looks_like_event_handler(method: &syn::ImplItemFn) -> bool {
    let mut inputs = method.sig.inputs.iter();
    matches!(inputs.next(), Some(FnArg::Receiver(_)))
        && matches!(inputs.next(), Some(FnArg::Typed(event))
            if matches!(ungrouped(&event.ty), Type::Reference(_)))
        && {
            let mut ignored = Errors::default();
            signature::event_handler(&method.sig, &mut ignored);
            ignored.finish(()).is_ok()
        }
}
