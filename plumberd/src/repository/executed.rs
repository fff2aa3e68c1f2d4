use crate::{
    aggregate::Aggregate,
    store::AppendOutcome,
    stream::{Position, Revision},
};
use std::fmt;

/// What came of a command, or of a save.
pub struct Executed<A: Aggregate> {
    id: A::Id,
    revision: Option<Revision>,
    position: Option<Position>,
    events: usize,
    attempts: u32,
    already_applied: bool,
}

impl<A: Aggregate> Executed<A> {
    pub(super) fn written(id: A::Id, outcome: &AppendOutcome, attempts: u32) -> Self {
        let events = outcome.revision().as_u64() - outcome.first_revision().as_u64() + 1;
        Self {
            id,
            revision: Some(outcome.revision()),
            position: Some(outcome.position()),
            events: usize::try_from(events).unwrap_or(usize::MAX),
            attempts,
            already_applied: outcome.is_already_applied(),
        }
    }

    pub(super) const fn nothing(id: A::Id, revision: Option<Revision>, attempts: u32) -> Self {
        Self {
            id,
            revision,
            position: None,
            events: 0,
            attempts,
            already_applied: false,
        }
    }

    /// The aggregate's id.
    pub const fn id(&self) -> &A::Id {
        &self.id
    }

    /// The revision of the last event of the command; when it led to no event,
    /// the revision the aggregate is at, `None` when it does not exist.
    pub const fn revision(&self) -> Option<Revision> {
        self.revision
    }

    /// The position of the last event of the command, to wait for a read model;
    /// `None` when it led to no event.
    pub const fn position(&self) -> Option<Position> {
        self.position
    }

    /// How many events the command led to.
    pub const fn events(&self) -> usize {
        self.events
    }

    /// How many times it was decided; more than 1 when others were first.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether the command had been carried out before; this is its first
    /// outcome, and nothing was written now.
    pub const fn is_already_applied(&self) -> bool {
        self.already_applied
    }
}

impl<A: Aggregate> Clone for Executed<A> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            ..*self
        }
    }
}

impl<A: Aggregate> fmt::Debug for Executed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executed")
            .field("id", &self.id)
            .field("revision", &self.revision)
            .field("position", &self.position)
            .field("events", &self.events)
            .field("attempts", &self.attempts)
            .field("already_applied", &self.already_applied)
            .finish()
    }
}
