use super::DecideError;
use crate::{
    aggregate::{Aggregate, GenerateId, HandlesCommand, IntoEvents, Raise},
    context::MessageContext,
    event::NewEvent,
    repository::loaded::Loaded,
    stream::Revision,
};
use std::{fmt, ops::Deref};

/// An aggregate with its identity, its revision, and the events that are
/// decided and not yet saved.
///
/// It derefs to the aggregate, to read it; only events change it. Events leave
/// it when a save has succeeded, so a failed save loses nothing and may be
/// repeated: the same events have the same ids.
pub struct Root<A: Aggregate> {
    pub(super) id: A::Id,
    pub(super) loaded: Loaded<A>,
    pub(super) pending: Vec<NewEvent>,
    /// How many of them were sent by a save whose outcome is unknown.
    pub(super) in_doubt: usize,
    /// Whether a decision failed after it had changed the state.
    pub(super) half_changed: bool,
}

impl<A: Aggregate> Root<A> {
    /// An aggregate that does not exist yet.
    pub fn new(id: A::Id) -> Self {
        Self::of(id, Loaded::default())
    }

    /// An aggregate that does not exist yet, with an id that is made up.
    pub fn with_new_id() -> Self
    where
        A::Id: GenerateId,
    {
        Self::new(A::Id::generate())
    }

    pub(super) const fn of(id: A::Id, loaded: Loaded<A>) -> Self {
        Self {
            id,
            loaded,
            pending: Vec::new(),
            in_doubt: 0,
            half_changed: false,
        }
    }

    /// Its id.
    pub const fn id(&self) -> &A::Id {
        &self.id
    }

    /// The revision of its last stored event; `None` when none is stored.
    pub fn revision(&self) -> Option<Revision> {
        self.loaded.revision()
    }

    /// The events that are decided and not yet saved, in order.
    pub fn pending(&self) -> &[NewEvent] {
        &self.pending
    }

    /// The aggregate by itself. Events that are not saved are lost with the
    /// root.
    pub fn into_inner(self) -> A {
        self.loaded.state
    }

    /// Decides, and applies the events of the decision. They are saved by
    /// [`Repository::save`](super::Repository::save).
    ///
    /// # Errors
    ///
    /// * [`DecideError::Rejected`] with the aggregate's own error; it is as it
    ///   was.
    /// * [`DecideError::Raise`] when an event cannot be stored. When others of
    ///   the same decision were applied before it, the root cannot be saved any
    ///   more.
    pub fn execute<D, E>(
        &mut self,
        decide: impl FnOnce(&A) -> Result<D, E>,
    ) -> Result<(), DecideError<E>>
    where
        D: IntoEvents<A>,
    {
        let decision = decide(&self.loaded.state).map_err(DecideError::Rejected)?;
        let saved = self.pending.len();
        let context = MessageContext::current();
        let mut raise = Raise::new(&mut self.loaded.state, &mut self.pending, &context, None);
        // Also when a handler panics and the caller catches it.
        let before = std::mem::replace(&mut self.half_changed, true);
        let raised = decision.raise(&mut raise);
        self.half_changed = before || (raised.is_err() && self.pending.len() > saved);
        raised.map_err(|error| {
            self.pending.truncate(saved);
            DecideError::Raise(error)
        })
    }

    /// Decides a command by its handler.
    ///
    /// # Errors
    ///
    /// As [`Root::execute`].
    pub fn handle<C>(&mut self, command: C) -> Result<(), DecideError<A::Error>>
    where
        A: HandlesCommand<C>,
    {
        self.execute(|aggregate| aggregate.decide(command))
    }
}

impl<A: Aggregate> Deref for Root<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.loaded.state
    }
}

impl<A: Aggregate> fmt::Debug for Root<A> {
    /// Without the state, which may hold what does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root")
            .field("id", &self.id)
            .field("revision", &self.revision())
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}
