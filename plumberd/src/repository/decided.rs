use crate::aggregate::{IntoEvents, Raise, RaiseError};

/// The events of a decision, with how they are raised.
///
/// A command knows from where it was called that its decision is one of the
/// aggregate's. Should `.await` ask again, the compiler would complain twice of an
/// event without a handler, and say of the command that it is no future.
pub(super) struct Decided<A, D> {
    pub(super) events: D,
    pub(super) raise: RaiseEvents<A, D>,
}

/// [`IntoEvents::raise`] of one type of decision.
pub(super) type RaiseEvents<A, D> = fn(D, &mut Raise<'_, A>) -> Result<(), RaiseError>;

impl<A, D> IntoEvents<A> for Decided<A, D> {
    fn raise(self, raise: &mut Raise<'_, A>) -> Result<(), RaiseError> {
        (self.raise)(self.events, raise)
    }
}
