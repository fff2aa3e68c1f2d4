use super::{
    handlers::{CommandHandler, EventHandler, OtherHandler},
    keys::{Blocks, Category},
    names::type_name,
    parse::{BlockSyntax, Kind, Marked},
    signature::{self, names_a_lifetime, ungrouped},
};
use crate::support::{CratePath, Errors, allow_deprecated};
use proc_macro2::TokenStream;
use quote::ToTokens;
use std::collections::HashMap;
use syn::{Attribute, FnArg, GenericParam, ImplItem, ItemImpl, LitStr, Type, spanned::Spanned};

/// An aggregate, as far as it could be read.
pub(super) struct Aggregate {
    pub(super) krate: CratePath,
    /// What goes back to the compiler as it is.
    pub(super) block: ItemImpl,
    /// `None` when there can be no impl for it.
    pub(super) ty: Option<Type>,
    pub(super) id: Option<Type>,
    pub(super) category: Category,
    pub(super) skips_unknown_events: bool,
    pub(super) blocks: Blocks,
    /// The `#[cfg]`s of the block.
    pub(super) cfgs: Vec<Attribute>,
    pub(super) handlers: Vec<EventHandler>,
    /// For events that no other handler is for.
    pub(super) other: Option<OtherHandler>,
    pub(super) commands: Vec<CommandHandler>,
    /// Which handler is for which event, as it is spelled.
    pub(super) events: HashMap<String, usize>,
    /// Which handler is for which command, as it is spelled.
    pub(super) decided: HashMap<String, usize>,
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
    let name = LitStr::new(&type_name(&block.self_ty), block.self_ty.span());
    let mut aggregate = Aggregate {
        krate: CratePath::default(),
        ty,
        id: None,
        category: Category::Name(name),
        skips_unknown_events: false,
        blocks: Blocks::One,
        cfgs: cfgs(&block.attrs),
        handlers: Vec::new(),
        other: None,
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
    if matches!(aggregate.blocks, Blocks::One) && !has_handler && hidden.is_empty() {
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
    /// What lints are told about what names a method with these attributes.
    pub(super) fn lints(&self, method: &[Attribute]) -> Option<TokenStream> {
        allow_deprecated(self.block.attrs.iter().chain(method))
    }

    /// Whether its impls have parameters.
    pub(super) fn is_generic(&self) -> bool {
        !self.block.generics.params.is_empty()
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
    let owns = "an aggregate owns its state, which lives longer than whatever it was built from; \
                hold `String`, `Vec<…>`, `Arc<…>` or `Cow<'static, str>`, and take the lifetime \
                away";
    let lifetime = block.generics.params.iter().find_map(|param| match param {
        GenericParam::Lifetime(param) => Some(param),
        _ => None,
    });
    let ty = ungrouped(&block.self_ty);
    if let Some(lifetime) = lifetime {
        errors.at(lifetime, owns);
        fits = false;
    } else if names_a_lifetime(ty.to_token_stream()) {
        errors.at(ty, owns);
        fits = false;
    }
    if !matches!(ty, Type::Path(_)) {
        errors.at(ty, "an aggregate is a struct or an enum");
        fits = false;
    }
    fits.then(|| ty.clone())
}

pub(super) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
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
