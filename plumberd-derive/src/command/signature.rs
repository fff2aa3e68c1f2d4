use crate::support::Errors;
use syn::{FnArg, ReceiverKind, ReturnType, Safety, Signature, Type};

pub(super) const FORM: &str = "a command handler looks like `async fn open(&self, id: Uuid, \
     command: &OpenAccount, context: &CommandContext) -> Result<(), CommandFault>`; \
     put other `async` methods into another block";

/// What was read of a command handler.
pub(super) struct CommandSignature {
    pub(super) id: Type,
    pub(super) command: Type,
    pub(super) takes_context: bool,
}

/// Reads `async fn name(&self, id: Id, command: &C) -> R`, perhaps with a
/// `&CommandContext` behind.
pub(super) fn read(signature: &Signature, errors: &mut Errors) -> Option<CommandSignature> {
    let name = &signature.ident;
    if !signature.generics.params.is_empty() {
        errors.at(
            &signature.generics,
            format!("a command handler is not generic, it is for one command; {FORM}"),
        );
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        errors.at(unsafety, format!("a command handler is not unsafe; {FORM}"));
    }
    let shares_self = signature.receiver().is_some_and(|receiver| {
        matches!(&receiver.kind, ReceiverKind::Reference(_, _, mutability) if mutability.is_none())
    });
    if !shares_self {
        let message =
            format!("a command handler takes `&self`: several commands run at once; {FORM}");
        match signature.receiver() {
            Some(receiver) => errors.at(receiver, message),
            None => errors.at(name, message),
        }
    }
    if matches!(signature.output, ReturnType::Default) {
        errors.at(
            name,
            format!("a command handler says what came of the command; {FORM}"),
        );
    }
    let mut parameters = signature
        .inputs
        .iter()
        .filter_map(|parameter| match parameter {
            FnArg::Typed(parameter) => Some(&*parameter.ty),
            FnArg::Receiver(_) => None,
        });
    let (Some(id), Some(command)) = (parameters.next(), parameters.next()) else {
        errors.at(
            name,
            format!("a command handler takes the recipient's id and the command; {FORM}"),
        );
        return None;
    };
    let context = parameters.next();
    if let Some(ty) = context
        && referred(ty).is_none()
    {
        errors.at(
            ty,
            "the last parameter of a command handler, if there is one, is `&CommandContext`",
        );
    }
    for extra in parameters {
        errors.at(
            extra,
            "a command handler takes the recipient's id, the command, perhaps its \
             `&CommandContext`, and no more: what else it needs is in `self`",
        );
    }
    if let Type::Reference(reference) = id {
        errors.at(
            reference,
            "the recipient's id is taken by value: it is made from text",
        );
        return None;
    }
    let Some(command) = referred(command) else {
        errors.at(
            command,
            "a command is taken by reference, as `&OpenAccount`",
        );
        return None;
    };
    Some(CommandSignature {
        id: id.clone(),
        command: command.clone(),
        takes_context: context.is_some(),
    })
}

/// The `T` of `&T`.
fn referred(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_none() => Some(&reference.elem),
        Type::Group(group) => referred(&group.elem),
        Type::Paren(paren) => referred(&paren.elem),
        _ => None,
    }
}
