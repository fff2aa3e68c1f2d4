use super::{Aggregate, ApplyError, Handles, HandlesCommand};
use crate::event::RawMetadata;
use std::convert::Infallible;

/// A command and an event that does not exist, and that every aggregate handles.
///
/// Without it, of an aggregate with one handler the compiler would conclude that
/// whatever it is given must be what that handler is for, and say "mismatched types"
/// of anything else instead of "has no handler".
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Nothing {}

#[diagnostic::do_not_recommend]
impl<A: Aggregate> HandlesCommand<Nothing> for A {
    type Events = ();
    type Error = Infallible;

    fn decide(&self, command: Nothing) -> Result<(), Infallible> {
        match command {}
    }
}

#[diagnostic::do_not_recommend]
impl<A: Aggregate> Handles<Nothing> for A {
    fn handle(&mut self, event: &Nothing, _: &RawMetadata) -> Result<(), ApplyError> {
        match *event {}
    }
}
