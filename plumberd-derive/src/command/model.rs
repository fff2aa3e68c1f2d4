use super::signature;
use crate::support::{Attrs, CratePath, Errors, allow_deprecated};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Ident, ImplItem, ImplItemFn, ItemImpl, Type, parse_quote};

/// A block whose methods handle commands, as far as it could be read.
pub(super) struct Handlers {
    pub(super) krate: CratePath,
    /// What goes back to the compiler as it is.
    pub(super) block: ItemImpl,
    /// The `#[cfg]`s of the block.
    pub(super) cfgs: Vec<Attribute>,
    pub(super) methods: Vec<Method>,
}

/// A method that handles a command.
pub(super) struct Method {
    pub(super) name: Ident,
    pub(super) id: Type,
    pub(super) command: Type,
    pub(super) takes_context: bool,
    pub(super) cfgs: Vec<Attribute>,
    /// What lints are told about the call.
    pub(super) lints: Option<TokenStream>,
}

/// Applies every rule; what is wrong is left out and noted.
pub(super) fn build(args: TokenStream, block: ItemImpl) -> (Handlers, Errors) {
    let mut errors = Errors::default();
    let mut keys = Attrs::parse(args, &mut errors);
    let krate = keys
        .take("crate")
        .and_then(|key| errors.ok(key.parse("a path, like `::plumberd`")));
    keys.finish(&["crate"], &mut errors);
    if let Some((path, ..)) = &block.trait_ {
        errors.at(
            path,
            "command handlers are in an `impl` block of the type itself, not of a trait",
        );
    }
    let mut handlers = Handlers {
        krate: CratePath::new(krate),
        cfgs: cfgs(&block.attrs),
        methods: Vec::new(),
        block,
    };
    let mut any = false;
    for item in &mut handlers.block.items {
        let ImplItem::Fn(method) = item else { continue };
        if method.sig.asyncness.is_none() {
            continue;
        }
        any = true;
        if let Some(mut read) = read(method, &mut errors) {
            read.lints = allow_deprecated(handlers.block.attrs.iter().chain(&method.attrs));
            add(&mut handlers.methods, read, &mut errors);
        }
        // A handler is `async` whether it has something to wait for or not.
        if !waits(method.block.to_token_stream()) {
            method
                .attrs
                .push(parse_quote!(#[allow(clippy::unused_async)]));
        }
    }
    if !any {
        errors.at(
            &handlers.block.self_ty,
            format!(
                "no command handler is in this block: each of its `async` methods is one; {}",
                signature::FORM
            ),
        );
    }
    (handlers, errors)
}

fn read(method: &ImplItemFn, errors: &mut Errors) -> Option<Method> {
    let read = signature::read(&method.sig, errors)?;
    Some(Method {
        name: method.sig.ident.clone(),
        id: read.id,
        command: read.command,
        takes_context: read.takes_context,
        cfgs: cfgs(&method.attrs),
        lints: None,
    })
}

fn add(methods: &mut Vec<Method>, method: Method, errors: &mut Errors) {
    let spelled = |ty: &Type| ty.to_token_stream().to_string();
    // Of two with a `cfg` perhaps only one is there.
    let first = methods.iter().find(|first| {
        first.cfgs.is_empty()
            && method.cfgs.is_empty()
            && spelled(&first.command) == spelled(&method.command)
    });
    let Some(first) = first else {
        methods.push(method);
        return;
    };
    errors.at(
        &method.command,
        format!("`{}` already handles this command", first.name),
    );
    errors.at(
        &first.command,
        format!("first handled here; remove this or `{}`", method.name),
    );
}

/// Whether there is an `.await` in it.
fn waits(code: TokenStream) -> bool {
    code.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "await",
        TokenTree::Group(group) => waits(group.stream()),
        _ => false,
    })
}

fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    cfgs.cloned().collect()
}
