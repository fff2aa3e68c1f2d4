use crate::{
    aggregate::Aggregate,
    event::NewEvent,
    store::AppendOutcome,
    stream::{Position, Revision},
};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// What came of a command, or of a save.
///
/// # Examples
///
/// ```
/// use plumberd::{Event, aggregate, prelude::*};
///
/// #[derive(Event, Debug, Clone, PartialEq)]
/// struct Counted { by: u32 }
///
/// #[derive(Debug, Default)]
/// struct Counter { count: u32 }
///
/// #[aggregate]
/// impl Counter {
///     #[event_sourcing_handler]
///     fn on_counted(&mut self, event: &Counted) { self.count += event.by; }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let counters = connect("memory:").await?.repository::<Counter>();
/// let executed = counters
///     .create(|_| Ok::<_, std::convert::Infallible>(Counted { by: 2 }))
///     .await?;
///
/// assert_eq!(executed.state().map(|counter| counter.count), Some(2));
/// let counted: Counted = executed.written()[0].decode_as(0)?;
/// assert_eq!(counted, Counted { by: 2 });
/// # Ok(())
/// # }
/// ```
///
/// Through serde it is an object of `id`, `revision`, `position`, `events` (how
/// many), `attempts` and `already_applied`, as an answer of an API may be; the
/// events and the state are not in it.
#[derive(Serialize, Deserialize)]
#[serde(bound(
    serialize = "A::Id: Serialize",
    deserialize = "A::Id: Deserialize<'de>"
))]
pub struct Executed<A: Aggregate> {
    id: A::Id,
    revision: Option<Revision>,
    position: Option<Position>,
    events: usize,
    attempts: u32,
    already_applied: bool,
    #[serde(skip)]
    written: Vec<NewEvent>,
    #[serde(skip)]
    state: Option<Arc<A>>,
}

impl<A: Aggregate> Executed<A> {
    pub(super) fn written_as(
        id: A::Id,
        outcome: &AppendOutcome,
        attempts: u32,
        written: Vec<NewEvent>,
    ) -> Self {
        let events = outcome.revision().as_u64() - outcome.first_revision().as_u64() + 1;
        Self {
            id,
            revision: Some(outcome.revision()),
            position: Some(outcome.position()),
            events: usize::try_from(events).unwrap_or(usize::MAX),
            attempts,
            already_applied: outcome.is_already_applied(),
            written,
            state: None,
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
            written: Vec::new(),
            state: None,
        }
    }

    pub(super) fn with_state(mut self, state: A) -> Self {
        self.state = Some(Arc::new(state));
        self
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

    /// The events that the command led to, in order; the last one has
    /// [`Executed::revision`]. Of a command that had been carried out before,
    /// those that it led to then.
    pub fn written(&self) -> &[NewEvent] {
        &self.written
    }

    /// The aggregate as the command left it, at [`Executed::revision`]. Of a
    /// command that had been carried out before, as it was left then.
    ///
    /// `None` after a save, where the root has it, and where the first events
    /// of an aggregate are hidden by now, so that it cannot be built.
    pub fn state(&self) -> Option<&A> {
        self.state.as_deref()
    }

    /// How many times it was tried; more than 1 when others were first, and it
    /// was decided anew, or when the store had to be asked again.
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
            written: self.written.clone(),
            state: self.state.clone(),
            ..*self
        }
    }
}

impl<A: Aggregate> fmt::Debug for Executed<A> {
    /// Without the state and the events, which may hold what does not belong
    /// in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executed")
            .field("id", &self.id)
            .field("revision", &self.revision)
            .field("position", &self.position)
            .field("events", &self.events)
            .field("attempts", &self.attempts)
            .field("already_applied", &self.already_applied)
            .finish_non_exhaustive()
    }
}
