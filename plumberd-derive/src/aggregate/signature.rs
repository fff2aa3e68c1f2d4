use crate::support::Errors;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    FnArg, GenericParam, LifetimeParam, ReceiverKind, ReturnType, Safety, Signature, Type,
    TypeReference,
};

/// Whether a handler may change the aggregate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receives {
    Shared,
    Exclusive,
}

/// What was read of an event sourcing handler.
pub(super) struct EventSignature {
    pub(super) event: Option<Type>,
    pub(super) metadata: Option<Type>,
}

/// What was read of a command handler.
pub(super) struct CommandSignature {
    pub(super) command: Option<Type>,
    pub(super) service: Option<Type>,
    pub(super) output: Option<Type>,
    pub(super) lifetimes: Vec<LifetimeParam>,
}

const EVENT_FORM: &str =
    "an event sourcing handler looks like `fn on_opened(&mut self, event: &AccountOpened)`";
const OTHER_FORM: &str =
    "a handler of other events looks like `fn on_other(&mut self, event: &RecordedEvent)`";
const COMMAND_FORM: &str = "a command handler looks like \
     `fn open(&self, command: OpenAccount) -> Result<AccountOpened, AccountError>`";

/// Reads `fn name(&mut self, event: &E)` or `fn name(&mut self, event: &E,
/// metadata: &Metadata)`.
pub(super) fn event_handler(signature: &Signature, errors: &mut Errors) -> EventSignature {
    check_qualifiers(signature, EVENT_FORM, errors);
    if let [lifetime, ..] = &*lifetimes(signature) {
        errors.at(
            lifetime,
            "an event sourcing handler keeps no reference to the event, so it needs no lifetime; \
             take it away, and copy or clone what the state keeps",
        );
    }
    check_receiver(signature, Receives::Exclusive, errors);
    let mut parameters = parameters(signature);

    let event = match parameters.next() {
        None => {
            errors.at(&signature.ident, format!("no event is taken; {EVENT_FORM}"));
            None
        }
        Some(ty) if shared_reference(ty).is_some_and(|ty| ends_with(ty, "RecordedEvent")) => {
            errors.at(
                ty,
                "a handler for the stored events that no other handler is for says so: \
                 `#[event_sourcing_handler(other)]`",
            );
            None
        }
        Some(ty) => event_type(ty, errors),
    };
    let metadata = parameters.next().and_then(|ty| {
        let is_metadata = shared_reference(ty).is_some_and(|ty| ends_with(ty, "Metadata"));
        if !is_metadata {
            errors.at(
                ty,
                "the second parameter of an event sourcing handler, if there is one, \
                 is the event's `&Metadata`",
            );
        }
        is_metadata.then(|| ty.clone())
    });
    for extra in parameters {
        errors.at(
            extra,
            "an event sourcing handler takes the event, perhaps its `&Metadata`, and no more: \
             what it needs must be in the event",
        );
    }
    if let ReturnType::Type(_, ty) = &signature.output
        && !matches!(&**ty, Type::Tuple(unit) if unit.elems.is_empty())
    {
        errors.at(
            ty,
            "an event sourcing handler returns nothing: the event has happened, \
             so refuse earlier, where it is decided",
        );
    }
    EventSignature { event, metadata }
}

/// Checks `fn name(&mut self, event: &RecordedEvent)`.
pub(super) fn other_handler(signature: &Signature, errors: &mut Errors) {
    check_qualifiers(signature, OTHER_FORM, errors);
    check_receiver(signature, Receives::Exclusive, errors);
    let mut parameters = parameters(signature);
    match parameters.next() {
        None => errors.at(&signature.ident, format!("no event is taken; {OTHER_FORM}")),
        Some(ty) if shared_reference(ty).is_some_and(|ty| ends_with(ty, "RecordedEvent")) => {}
        Some(ty) => errors.at(
            ty,
            format!("of an event of unknown type there is only what was recorded; {OTHER_FORM}"),
        ),
    }
    if let Some(extra) = parameters.next() {
        errors.at(
            extra,
            "a handler of other events takes the recorded event and no more: its metadata is in it",
        );
    }
    if let ReturnType::Type(_, ty) = &signature.output
        && !matches!(&**ty, Type::Tuple(unit) if unit.elems.is_empty())
    {
        errors.at(
            ty,
            "an event sourcing handler returns nothing: the event has happened",
        );
    }
}

/// The `E` of `&E`; of anything else, after a complaint, what was probably meant.
fn event_type(ty: &Type, errors: &mut Errors) -> Option<Type> {
    let inner = match ungrouped(ty) {
        Type::Reference(TypeReference {
            mutability: Some(mutability),
            elem,
            ..
        }) => {
            errors.at(
                mutability,
                "an event is taken as `&`, not as `&mut`: what has happened does not change",
            );
            elem
        }
        Type::Reference(reference) => &reference.elem,
        by_value => {
            errors.at(
                by_value,
                format!(
                    "an event is taken by reference: `&{}`",
                    spelled(&by_value).replace(' ', "")
                ),
            );
            by_value
        }
    };
    let inner = ungrouped(inner);
    if matches!(inner, Type::ImplTrait(_) | Type::TraitObject(_)) {
        errors.at(
            inner,
            "one handler is for one event type; for several write an enum with `#[derive(Event)]`",
        );
        return None;
    }
    Some(inner.clone())
}

/// Reads `fn name(&self, command: C) -> Result<D, E>`.
pub(super) fn command_handler(signature: &Signature, errors: &mut Errors) -> CommandSignature {
    check_qualifiers(signature, COMMAND_FORM, errors);
    check_receiver(signature, Receives::Shared, errors);
    let mut parameters = parameters(signature);

    let command = parameters.next();
    match command {
        None => errors.at(
            &signature.ident,
            format!("no command is taken; {COMMAND_FORM}"),
        ),
        Some(ty) if has_impl_trait(ty) => errors.at(
            ty,
            "one handler is for one command type, so it is named here",
        ),
        Some(_) => {}
    }
    let service = parameters.next().and_then(|ty| service(ty, errors));
    for extra in parameters {
        errors.at(
            extra,
            "a command handler takes one command, perhaps a reference to one service, and no \
             more: put what it needs into the command, and several services into a struct",
        );
    }
    let output = match &signature.output {
        ReturnType::Default => {
            errors.at(
                &signature.ident,
                format!("nothing is decided; {COMMAND_FORM}"),
            );
            None
        }
        ReturnType::Type(_, ty) if has_impl_trait(ty) => {
            errors.at(
                ty,
                "a command handler names the types it returns; `impl Trait` cannot be named",
            );
            None
        }
        ReturnType::Type(_, ty) if borrows(ty.to_token_stream()) => {
            errors.at(
                ty,
                "a decision outlives the state it was made on; return owned values",
            );
            None
        }
        ReturnType::Type(_, ty) => Some((**ty).clone()),
    };
    CommandSignature {
        command: command.filter(|ty| !has_impl_trait(ty)).cloned(),
        service,
        output,
        lifetimes: lifetimes(signature),
    }
}

/// The `S` of a second parameter `&S`.
fn service(ty: &Type, errors: &mut Errors) -> Option<Type> {
    let message = match ungrouped(ty) {
        _ if has_impl_trait(ty) => {
            "the service is named here, or it is a `&dyn MyService`: one handler is for one type"
        }
        Type::Reference(reference) if reference.mutability.is_none() => {
            return Some((*reference.elem).clone());
        }
        Type::Reference(_) => {
            "a service is lent as `&`, not as `&mut`: a decision that lost a race is made again"
        }
        _ => {
            "the second parameter of a command handler, if there is one, is a service that is \
             lent, like `&Clock`; anything else is put into the command"
        }
    };
    errors.at(ty, message);
    None
}

/// The lifetimes that the method declares.
fn lifetimes(signature: &Signature) -> Vec<LifetimeParam> {
    let params = signature.generics.params.iter();
    params
        .filter_map(|param| match param {
            GenericParam::Lifetime(lifetime) => Some(lifetime.clone()),
            _ => None,
        })
        .collect()
}

fn check_qualifiers(signature: &Signature, form: &str, errors: &mut Errors) {
    if let Some(asyncness) = &signature.asyncness {
        errors.at(
            asyncness,
            format!("a handler is not async, it computes and never waits; {form}"),
        );
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        errors.at(unsafety, format!("a handler is not unsafe; {form}"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format!("a handler has no ABI of its own; {form}"));
    }
    let mut params = signature.generics.params.iter();
    if params.any(|param| !matches!(param, GenericParam::Lifetime(_))) {
        errors.at(
            &signature.generics,
            format!("a handler is not generic, it is for one type; {form}"),
        );
    } else if let Some(clause) = &signature.generics.where_clause {
        errors.at(clause, format!("a handler has no `where` clause; {form}"));
    }
}

fn check_receiver(signature: &Signature, wanted: Receives, errors: &mut Errors) {
    let given = signature.receiver().and_then(|receiver| {
        let exclusive = match &receiver.kind {
            ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
            ReceiverKind::Typed(_, ty) => match ungrouped(ty) {
                Type::Reference(reference) => reference.mutability.is_some(),
                _ => return None,
            },
            _ => return None,
        };
        Some(if exclusive {
            Receives::Exclusive
        } else {
            Receives::Shared
        })
    });
    if given == Some(wanted) {
        return;
    }
    let message = match wanted {
        Receives::Exclusive => {
            "an event sourcing handler takes `&mut self`: it changes the state".to_owned()
        }
        Receives::Shared => {
            "a command handler takes `&self`: it decides, and the handlers of the events \
             it returns change the state"
                .to_owned()
        }
    };
    match signature.receiver() {
        Some(receiver) => errors.at(receiver, message),
        None => errors.at(&signature.ident, message),
    }
}

/// The types of the parameters behind `self`.
fn parameters(signature: &Signature) -> impl Iterator<Item = &Type> {
    signature
        .inputs
        .iter()
        .filter_map(|parameter| match parameter {
            FnArg::Typed(parameter) => Some(&*parameter.ty),
            FnArg::Receiver(_) => None,
        })
}

fn shared_reference(ty: &Type) -> Option<&Type> {
    match ungrouped(ty) {
        Type::Reference(reference) if reference.mutability.is_none() => Some(&reference.elem),
        _ => None,
    }
}

/// The type without parentheses and without the invisible group that
/// `macro_rules` puts around a `$ty`.
pub(super) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        other => other,
    }
}

/// The type as the user wrote it, to compare and to quote.
pub(super) fn spelled(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

fn ends_with(ty: &Type, name: &str) -> bool {
    matches!(ungrouped(ty), Type::Path(ty)
        if ty.path.segments.last().is_some_and(|segment| segment.ident == name))
}

fn has_impl_trait(ty: &Type) -> bool {
    any_token(
        ty.to_token_stream(),
        &mut |token, _| matches!(token, TokenTree::Ident(ident) if ident == "impl"),
    )
}

/// Whether there is a lifetime other than `'static`.
pub(super) fn names_a_lifetime(tokens: TokenStream) -> bool {
    any_token(tokens, &mut |token, next| {
        matches!(token, TokenTree::Punct(punct) if punct.as_char() == '\'')
            && !matches!(next, Some(TokenTree::Ident(ident)) if ident == "static")
    })
}

/// Whether there is a reference or a lifetime other than `'static`.
fn borrows(tokens: TokenStream) -> bool {
    let is = |token: Option<&TokenTree>, mark: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
    any_token(tokens, &mut |token, next| {
        (is(Some(token), '&') && !is(next, '\''))
            || (is(Some(token), '\'')
                && !matches!(next, Some(TokenTree::Ident(ident)) if ident == "static"))
    })
}

/// Whether `found` holds for a token and the one behind it.
fn any_token(
    tokens: TokenStream,
    found: &mut impl FnMut(&TokenTree, Option<&TokenTree>) -> bool,
) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if found(&token, tokens.peek()) {
            return true;
        }
        if let TokenTree::Group(group) = token
            && any_token(group.stream(), found)
        {
            return true;
        }
    }
    false
}
