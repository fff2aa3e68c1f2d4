use super::{Aggregate, ApplyError, Handles, HandlesCommand, HandlesCommandWith};
use crate::event::RawMetadata;
use std::convert::Infallible;

/// Commands and events that do not exist, and that every aggregate handles.
///
/// There are two: of an aggregate with one handler the compiler would else conclude
/// that whatever it is given must be what that handler is for, and say "mismatched
/// types" of anything else instead of "has no handler".
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Nothing<const N: u8> {}

macro_rules! handled_by_all {
    ($($n:literal)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<A: Aggregate> HandlesCommand<Nothing<$n>> for A {
            type Events = ();
            type Error = Infallible;

            fn decide(&self, command: Nothing<$n>) -> Result<(), Infallible> {
                match command {}
            }
        }

        #[diagnostic::do_not_recommend]
        impl<A: Aggregate> HandlesCommandWith<Nothing<$n>, ()> for A {
            type Events = ();
            type Error = Infallible;

            fn decide_with(&self, command: Nothing<$n>, (): &()) -> Result<(), Infallible> {
                match command {}
            }
        }

        #[diagnostic::do_not_recommend]
        impl<A: Aggregate> Handles<Nothing<$n>> for A {
            fn handle(&mut self, event: &Nothing<$n>, _: &RawMetadata) -> Result<(), ApplyError> {
                match *event {}
            }
        }
    )+};
}

handled_by_all!(0 1);
