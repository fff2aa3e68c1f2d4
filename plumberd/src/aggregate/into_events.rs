use super::{EventTypes, Handles, Raise, RaiseError};
use crate::event::Event;

/// What a decision returns: an event, or several of them.
///
/// An event (also an enum of events), a tuple of up to eight, a `Vec`, an
/// `Option`, an array, `()` for none. Events of the parts are raised in order.
#[diagnostic::on_unimplemented(
    message = "`{A}` cannot raise `{Self}`",
    label = "`{A}` has no event sourcing handler for it, or for an event in it",
    note = "an event has `#[derive(plumberd::Event)]` and, in the `#[aggregate]` block of `{A}`, \
            `#[event_sourcing_handler] fn …(&mut self, event: &…)`",
    note = "a decision returns an event, a tuple of at most eight, a `Vec`, an `Option`, an array, \
            or `()` for none"
)]
pub trait IntoEvents<A> {
    /// Raises the events, in order.
    ///
    /// # Errors
    ///
    /// [`RaiseError`], see [`Raise::event`].
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), RaiseError>;

    /// Adds the types of all events that any value of this type may raise.
    ///
    /// A command without a purpose is known again by them, see
    /// [`Execute::command_id`](crate::repository::Execute::command_id): one that
    /// is left out makes a repeated command an error. By default any type may
    /// be raised, and nothing is known by them.
    fn event_types(types: &mut EventTypes) {
        types.add_any();
    }
}

// None of the impls is recommended: else the compiler complains of the bounds
// of one of them, or lists all tuples.
#[diagnostic::do_not_recommend]
impl<A: Handles<E>, E: Event> IntoEvents<A> for E {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), RaiseError> {
        raise.event(self)
    }

    fn event_types(types: &mut EventTypes) {
        types.add::<E>();
    }
}

#[diagnostic::do_not_recommend]
impl<A, T: IntoEvents<A>> IntoEvents<A> for Vec<T> {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), RaiseError> {
        self.into_iter().try_for_each(|events| events.raise(raise))
    }

    fn event_types(types: &mut EventTypes) {
        T::event_types(types);
    }
}

#[diagnostic::do_not_recommend]
impl<A, T: IntoEvents<A>> IntoEvents<A> for Option<T> {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), RaiseError> {
        self.map_or(Ok(()), |events| events.raise(raise))
    }

    fn event_types(types: &mut EventTypes) {
        T::event_types(types);
    }
}

#[diagnostic::do_not_recommend]
impl<A, T: IntoEvents<A>, const N: usize> IntoEvents<A> for [T; N] {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), RaiseError> {
        self.into_iter().try_for_each(|events| events.raise(raise))
    }

    fn event_types(types: &mut EventTypes) {
        T::event_types(types);
    }
}

#[diagnostic::do_not_recommend]
impl<A> IntoEvents<A> for () {
    fn raise(self, _: &mut Raise<'_, A>) -> Result<(), RaiseError> {
        Ok(())
    }

    fn event_types(_: &mut EventTypes) {}
}

macro_rules! tuples {
    ($($T:ident)+) => {
        #[diagnostic::do_not_recommend]
        impl<A, $($T: IntoEvents<A>),+> IntoEvents<A> for ($($T,)+) {
            fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), RaiseError> {
                #[expect(non_snake_case, reason = "one name for the type and its value")]
                let ($($T,)+) = self;
                $($T.raise(raise)?;)+
                Ok(())
            }

            fn event_types(types: &mut EventTypes) {
                $($T::event_types(types);)+
            }
        }
    };
}

tuples!(T1);
tuples!(T1 T2);
tuples!(T1 T2 T3);
tuples!(T1 T2 T3 T4);
tuples!(T1 T2 T3 T4 T5);
tuples!(T1 T2 T3 T4 T5 T6);
tuples!(T1 T2 T3 T4 T5 T6 T7);
tuples!(T1 T2 T3 T4 T5 T6 T7 T8);
