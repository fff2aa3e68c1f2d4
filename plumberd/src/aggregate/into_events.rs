use super::{Aggregate, Handles, Raise, Raised};
use crate::event::Event;

/// What a decision returns: an event, or several of them.
///
/// An event (also an enum of events), a tuple of up to eight, a `Vec`, an
/// `Option`, an array, `()` for none. Events of the parts are raised in order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a decision of `{A}` may return",
    label = "neither an event of `{A}` nor a tuple, `Vec` or `Option` of such",
    note = "derive `plumberd::Event` for `{Self}` and add an event sourcing handler for it to `{A}`"
)]
pub trait IntoEvents<A: Aggregate> {
    /// Raises the events, in order.
    ///
    /// # Errors
    ///
    /// [`Raised`], see [`Raise::event`].
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), Raised>;
}

impl<A: Handles<E>, E: Event> IntoEvents<A> for E {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), Raised> {
        raise.event(self)
    }
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Vec<T> {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), Raised> {
        self.into_iter().try_for_each(|events| events.raise(raise))
    }
}

impl<A: Aggregate, T: IntoEvents<A>> IntoEvents<A> for Option<T> {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), Raised> {
        self.map_or(Ok(()), |events| events.raise(raise))
    }
}

impl<A: Aggregate, T: IntoEvents<A>, const N: usize> IntoEvents<A> for [T; N] {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), Raised> {
        self.into_iter().try_for_each(|events| events.raise(raise))
    }
}

impl<A: Aggregate> IntoEvents<A> for () {
    fn raise(self, _: &mut Raise<'_, A>) -> Result<(), Raised> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($T:ident)+) => {
        impl<A: Aggregate, $($T: IntoEvents<A>),+> IntoEvents<A> for ($($T,)+) {
            fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), Raised> {
                #[expect(non_snake_case, reason = "one name for the type and its value")]
                let ($($T,)+) = self;
                $($T.raise(raise)?;)+
                Ok(())
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
