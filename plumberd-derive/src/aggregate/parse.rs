use super::{COMMAND_HANDLER, EVENT_SOURCING_HANDLER};
use proc_macro2::TokenStream;
use syn::{Attribute, ImplItem, ImplItemFn, Item, ItemImpl};

/// What the user wrote, with the handlers' attributes taken off the methods.
pub(super) struct BlockSyntax {
    /// What stands in `#[aggregate(…)]`.
    pub(super) args: TokenStream,
    /// The block, as it goes back to the compiler.
    pub(super) block: ItemImpl,
    /// The methods that had an attribute of ours.
    pub(super) marked: Vec<Marked>,
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
    for item in &mut block.items {
        // On anything but a method they stay, and say themselves where they belong.
        if let ImplItem::Fn(method) = item {
            let attributes = take_attributes(&mut method.attrs);
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
    })
}

fn take_attributes(attrs: &mut Vec<Attribute>) -> Vec<(Kind, Attribute)> {
    let mut taken = Vec::new();
    attrs.retain(|attribute| match Kind::of(attribute) {
        Some(kind) => {
            taken.push((kind, attribute.clone()));
            false
        }
        None => true,
    });
    taken
}
