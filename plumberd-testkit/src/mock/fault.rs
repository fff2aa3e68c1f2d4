use std::{fmt, time::Duration};

/// What a [`Faulty`](super::Faulty) store does wrong with one call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Fails with `Unavailable` before anything was done.
    Unavailable,
    /// Fails with `Backend` before anything was done: an error that does not
    /// pass.
    Broken,
    /// Takes so long (by Tokio's clock where it is paused), then does what it was asked.
    Delay(Duration),
    /// Does what it was asked, then fails with `OutcomeUnknown`: the answer
    /// was lost. Of a call that has no such error it is `Unavailable`.
    TimeOutAfterCommit,
    /// Fails with `OutcomeUnknown`, and nothing was done: the request was lost.
    TimeOutBeforeCommit,
    /// An append, delete or tombstone fails with `Conflict`, as if another
    /// writer had been first; other calls go through.
    Conflict,
    /// A read or subscription yields so many pages or messages, then fails
    /// with `Unavailable`; of other calls as `Unavailable`.
    FailAfter(usize),
}

/// The cause of an error that [`Faulty`](super::Faulty) made up.
#[derive(Debug)]
pub(super) struct OnCue(pub(super) Fault);

impl fmt::Display for OnCue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the test wants it so: {:?}", self.0)
    }
}

impl std::error::Error for OnCue {}
