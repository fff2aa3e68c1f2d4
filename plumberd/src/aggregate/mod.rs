//! Who decides: state that events build, and the dispatch to it.

mod blocks;
mod catch_all;
mod category;
mod decides;
mod decision_result;
mod dispatch;
mod distinct;
mod error;
mod event_types;
mod id;
mod into_events;
mod names;
mod nothing;
mod raise;

#[doc(hidden)]
pub use blocks::{
    CountsBlocks, HandlerBlock, assert_counted, count_rows, join_rows,
    of_two_aggregate_blocks_the_first_says_blocks_equals_2_and_the_second_block_equals_2,
};
#[doc(hidden)]
pub use catch_all::assert_one_catch_all;
#[doc(hidden)]
pub use category::checked_category;
#[doc(hidden)]
pub use decides::{Decides, DecidesWith};
#[doc(hidden)]
pub use decision_result::DecisionResult;
pub use dispatch::{HandlerTable, Row};
#[doc(hidden)]
pub use distinct::Repeated;
pub use error::ApplyError;
pub use event_types::EventTypes;
pub use id::{AggregateId, GenerateId};
pub use into_events::IntoEvents;
pub(crate) use names::AggregateNames;
#[doc(hidden)]
pub use nothing::Nothing;
pub use raise::{Raise, RaiseError};

use crate::event::RawMetadata;

/// State that is built from the events of one stream, and decides what
/// happens next.
///
/// `#[aggregate]` on an `impl` block implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "not an aggregate",
    note = "add `#[plumberd::aggregate]` to an `impl` block of `{Self}` with its event sourcing handlers"
)]
pub trait Aggregate: Default + Send + Sync + 'static {
    /// What tells one from another.
    type Id: AggregateId;

    /// The first part of the name of its streams.
    const CATEGORY: &'static str;

    /// What happens to a stored event that no handler is for.
    const UNKNOWN_EVENTS: UnknownEvents;

    /// Its event sourcing handlers, by stored name.
    const HANDLERS: HandlerTable<Self>;
}

/// What a fold does with an event that no handler is for. It is counted in the
/// revision either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownEvents {
    /// Fail: the state would not be what the stream says.
    Error,
    /// Pass over it.
    Skip,
}

/// An aggregate that has a handler for the event `E`.
///
/// `#[aggregate]` implements it for the event of each handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no event sourcing handler for `{E}`",
    label = "`{E}` cannot be raised by `{Self}`",
    note = "add `#[event_sourcing_handler] fn …(&mut self, event: &{E})` to the `#[aggregate]` block of `{Self}`"
)]
pub trait Handles<E> {
    /// Applies `event`.
    ///
    /// # Errors
    ///
    /// [`ApplyError`] when the handler asks for the metadata and it cannot be
    /// read.
    fn handle(&mut self, event: &E, metadata: &RawMetadata) -> Result<(), ApplyError>;
}

/// An aggregate that decides the command `C`.
///
/// `#[aggregate]` implements it for each `#[command_handler]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no command handler for `{C}`",
    label = "`{C}` is not a command of `{Self}`",
    note = "add `#[command_handler] fn …(&self, command: {C}) -> Result<…>` to the `#[aggregate]` block of `{Self}`",
    note = "a handler that takes a service is called with it: `handle_with(id, command, &service)`, `decide_with`"
)]
pub trait HandlesCommand<C>: Sized {
    /// The events it decides on.
    type Events: IntoEvents<Self>;
    /// Why it refuses.
    type Error;

    /// What the command is called, to know it again under its id: its type as
    /// the handler spells it, whether it borrows it or not. `None` stands for
    /// the name of the type, without modules.
    fn command_name() -> Option<&'static str> {
        None
    }

    /// Decides `command`.
    ///
    /// # Errors
    ///
    /// The aggregate's own, when it refuses the command.
    fn decide(&self, command: C) -> Result<Self::Events, Self::Error>;
}

/// An aggregate that decides the command `C` with the help of a service `S`: a
/// clock, a table of rates, whatever a decision asks and the state does not know.
///
/// `#[aggregate]` implements it for each `#[command_handler]` with a parameter
/// `&S` behind the command. [`Repository::handle_with`] calls it.
///
/// [`Repository::handle_with`]: crate::repository::Repository::handle_with
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no command handler for `{C}` that takes a `&{S}`",
    label = "`{Self}` does not decide `{C}` with a `&{S}`",
    note = "add `#[command_handler] fn …(&self, command: {C}, service: &{S}) -> Result<…>` to the \
            `#[aggregate]` block of `{Self}`",
    note = "a handler without a service is called by `handle(id, command)`"
)]
pub trait HandlesCommandWith<C, S: ?Sized>: Sized {
    /// The events it decides on.
    type Events: IntoEvents<Self>;
    /// Why it refuses.
    type Error;

    /// What the command is called, to know it again under its id: its type as
    /// the handler spells it. `None` stands for the name of the type, without
    /// modules.
    fn command_name() -> Option<&'static str> {
        None
    }

    /// Decides `command`.
    ///
    /// # Errors
    ///
    /// The aggregate's own, when it refuses the command.
    fn decide_with(&self, command: C, service: &S) -> Result<Self::Events, Self::Error>;
}
