use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A place in the global order of a store.
///
/// Positions are opaque and ordered: of two events of one store the later has
/// the higher position. Gaps mean nothing, and positions of two stores cannot
/// be compared. They can be stored as a number or as text and read back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// The position with this number, as [`Position::as_u64`] gave it.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The position as a number, to be stored.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({})", self.0)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        text.parse().map(Self).map_err(|_| InvalidPosition)
    }
}

/// A text that no [`Position`] was written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a position is a whole number from 0 to 18446744073709551615")]
pub struct InvalidPosition;

crate::error::always!(Invalid: InvalidPosition);
