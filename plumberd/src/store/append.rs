use crate::stream::{Position, Revision};

/// Where an append ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendOutcome {
    first: Revision,
    last: Revision,
    position: Position,
    already_applied: bool,
}

impl AppendOutcome {
    /// The batch was written now, as the revisions `first` to `last`, the last
    /// one at `position`.
    pub const fn written(first: Revision, last: Revision, position: Position) -> Self {
        Self {
            first,
            last,
            position,
            already_applied: false,
        }
    }

    /// The batch had been written before, there.
    pub const fn already_applied(first: Revision, last: Revision, position: Position) -> Self {
        Self {
            first,
            last,
            position,
            already_applied: true,
        }
    }

    /// The revision of the first event of the batch.
    pub const fn first_revision(&self) -> Revision {
        self.first
    }

    /// The revision of the last event of the batch.
    pub const fn revision(&self) -> Revision {
        self.last
    }

    /// The position of the last event of the batch.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Whether the batch had been stored before this append, which wrote
    /// nothing and gives the first outcome.
    pub const fn is_already_applied(&self) -> bool {
        self.already_applied
    }
}
