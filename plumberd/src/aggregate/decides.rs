use super::{HandlesCommand, HandlesCommandWith, IntoEvents};

/// [`HandlesCommand`] with what comes of it as parameters: one bound, where an
/// associated type would be a second one, and of a command without a handler
/// the compiler would complain twice.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no command handler for `{C}`",
    label = "`{C}` is not a command of `{Self}`",
    note = "add `#[command_handler] fn …(&self, command: {C}) -> Result<…>` to the `#[aggregate]` block of `{Self}`",
    note = "a handler that takes a service is called with it: `handle_with(id, command, &service)`, `decide_with`"
)]
pub trait Decides<C, D, E> {
    fn named() -> Option<&'static str>;

    fn decide_into(&self, command: C) -> Result<D, E>;
}

impl<A, C, D, E> Decides<C, D, E> for A
where
    A: HandlesCommand<C, Events = D, Error = E>,
    D: IntoEvents<A>,
{
    fn named() -> Option<&'static str> {
        A::command_name()
    }

    fn decide_into(&self, command: C) -> Result<D, E> {
        self.decide(command)
    }
}

/// [`HandlesCommandWith`] in the same form.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no command handler for `{C}` that takes a `&{S}`",
    label = "`{Self}` does not decide `{C}` with a `&{S}`",
    note = "add `#[command_handler] fn …(&self, command: {C}, service: &{S}) -> Result<…>` to the \
            `#[aggregate]` block of `{Self}`",
    note = "a handler without a service is called by `handle(id, command)`"
)]
pub trait DecidesWith<C, S: ?Sized, D, E> {
    fn named() -> Option<&'static str>;

    fn decide_into_with(&self, command: C, service: &S) -> Result<D, E>;
}

impl<A, C, S, D, E> DecidesWith<C, S, D, E> for A
where
    A: HandlesCommandWith<C, S, Events = D, Error = E>,
    S: ?Sized,
    D: IntoEvents<A>,
{
    fn named() -> Option<&'static str> {
        A::command_name()
    }

    fn decide_into_with(&self, command: C, service: &S) -> Result<D, E> {
        self.decide_with(command, service)
    }
}
