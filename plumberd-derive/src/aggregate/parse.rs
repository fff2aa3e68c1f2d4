use super::{COMMAND_HANDLER, EVENT_SOURCING_HANDLER};
use proc_macro2::TokenStream;
use syn::{Attribute, ImplItem, ImplItemFn, Item, ItemImpl, Meta};

/// What the user wrote, with the handlers' attributes taken off the methods.
pub(super) struct BlockSyntax {
    /// What stands in `#[aggregate(…)]`.
    pub(super) args: TokenStream,
    /// The block, as it goes back to the compiler.
    pub(super) block: ItemImpl,
    /// The methods that had an attribute of ours.
    pub(super) marked: Vec<Marked>,
    /// Attributes that hold one of the handlers' where no macro can see it.
    pub(super) hidden: Vec<(Kind, Attribute)>,
}

/// A method with at least one of the handlers' attributes.
pub(super) struct Marked {
    pub(super) method: ImplItemFn,
    pub(super) attributes: Vec<(Kind, Attribute)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    Command,
}

impl Kind {
    pub(super) const fn attribute(self) -> &'static str {
        match self {
            Self::Event => EVENT_SOURCING_HANDLER,
            Self::Command => COMMAND_HANDLER,
        }
    }

    /// Which handler's attribute this is, by its last segment, so that
    /// `#[plumberd::command_handler]` is one as well.
    fn of(attribute: &Attribute) -> Option<Self> {
        let name = &attribute.path().segments.last()?.ident;
        [Self::Event, Self::Command]
            .into_iter()
            .find(|kind| name == kind.attribute())
    }

    /// Which handler's attribute is inside this `cfg_attr`: it would come out
    /// only behind `#[aggregate]`, too late.
    fn hidden_in(attribute: &Attribute) -> Option<Self> {
        let Meta::List(list) = &attribute.meta else {
            return None;
        };
        if !list.path.is_ident("cfg_attr") {
            return None;
        }
        let tokens = list.tokens.to_string();
        [Self::Event, Self::Command]
            .into_iter()
            .find(|kind| tokens.contains(kind.attribute()))
    }
}

/// Takes the item apart.
///
/// # Errors
///
/// When it is not an `impl` block.
pub(super) fn parse(args: TokenStream, item: TokenStream) -> syn::Result<BlockSyntax> {
    let mut block = match syn::parse2(item)? {
        Item::Impl(block) => block,
        other => {
            return Err(syn::Error::new_spanned(
                other,
                "`#[aggregate]` goes on an `impl` block: \
                 put it on the `impl` with the event sourcing handlers, not on the type",
            ));
        }
    };
    let mut marked = Vec::new();
    let mut hidden = Vec::new();
    for item in &mut block.items {
        // On anything but a method they stay, and say themselves where they belong.
        if let ImplItem::Fn(method) = item {
            hidden.extend(take_attributes(&mut method.attrs, Kind::hidden_in));
            let attributes = take_attributes(&mut method.attrs, Kind::of);
            if !attributes.is_empty() {
                marked.push(Marked {
                    method: method.clone(),
                    attributes,
                });
            }
        }
    }
    Ok(BlockSyntax {
        args,
        block,
        marked,
        hidden,
    })
}

fn take_attributes(
    attrs: &mut Vec<Attribute>,
    kind: impl Fn(&Attribute) -> Option<Kind>,
) -> Vec<(Kind, Attribute)> {
    let mut taken = Vec::new();
    attrs.retain(|attribute| match kind(attribute) {
        Some(kind) => {
            taken.push((kind, attribute.clone()));
            false
        }
        None => true,
    });
    taken
}
