//! What `laws!` expands to calls of: each bound stands in one place, so that the
//! compiler complains once.

use super::{History, Laws};
use plumberd::aggregate::Aggregate;
use proptest::strategy::Strategy;
use std::fmt::Debug;

/// A strategy of histories of `A`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`laws!` takes a strategy of histories of `{A}`, not a `{Self}`",
    label = "not a strategy of histories of `{A}`",
    note = "`plumberd_testkit::laws::history(steps, |history, step| …)` makes one"
)]
pub trait Histories<A>: Strategy<Value = History<A>> {}

#[diagnostic::do_not_recommend]
impl<A, S: Strategy<Value = History<A>>> Histories<A> for S {}

/// A state that can be compared and shown.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`laws!` compares states of `{Self}` and shows them where they differ",
    label = "cannot be compared, or not be shown",
    note = "add `#[derive(Debug, PartialEq)]` to `{Self}`"
)]
pub trait Comparable: Aggregate + PartialEq + Debug {}

#[diagnostic::do_not_recommend]
impl<A: Aggregate + PartialEq + Debug> Comparable for A {}

/// One of the laws that hold for every aggregate.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Law {
    ReplayEqualsRaise,
    ReplayIsDeterministic,
    EventsSurviveTheirStoredForm,
    EveryHandlerIsReached,
}

/// Checks one of the laws.
#[doc(hidden)]
#[track_caller]
pub fn check<A: Comparable, S: Histories<A>>(laws: &Laws<A, S>, law: Law) {
    match law {
        Law::ReplayEqualsRaise => laws.replay_equals_raise(),
        Law::ReplayIsDeterministic => laws.replay_is_deterministic(),
        Law::EventsSurviveTheirStoredForm => laws.events_survive_their_stored_form(),
        Law::EveryHandlerIsReached => laws.every_handler_is_reached(),
    }
}
