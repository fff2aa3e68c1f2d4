use crate::stored::{self, EventText};
use plumberd::{
    aggregate::{Aggregate, HandlesCommand, IntoEvents, Raise},
    event::RecordedEvent,
};
use proptest::{collection, strategy::Strategy};
use std::fmt;

/// What happened to one aggregate, and the state that raising it led to.
pub struct History<A> {
    raised: A,
    events: Vec<RecordedEvent>,
}

impl<A: Aggregate> History<A> {
    /// A history in which nothing has happened yet.
    pub fn new() -> Self {
        Self {
            raised: A::default(),
            events: Vec::new(),
        }
    }

    /// The state, as the events left it when they were raised.
    pub const fn state(&self) -> &A {
        &self.raised
    }

    /// The events in their stored form.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// Raises these events, whether or not they make sense.
    ///
    /// # Panics
    ///
    /// When one cannot be encoded or applied.
    #[track_caller]
    pub fn raise(&mut self, events: impl IntoEvents<A>) {
        let mut encoded = Vec::new();
        let context = stored::still_context();
        let mut raise = Raise::new(&mut self.raised, &mut encoded, &context, None);
        let raised = events.raise(&mut raise).map_err(|e| stored::report(&e));
        let stream = stored::stream_of::<A>().map_err(|e| stored::report(&e));
        match raised.and(stream) {
            Ok(stream) => self.events.extend(
                (self.events.len()..)
                    .zip(&encoded)
                    .map(|(number, event)| stored::record(&stream, number, event)),
            ),
            Err(message) => panic!("{message}"),
        }
    }

    /// Decides on the state and raises the events; a refusal adds nothing.
    ///
    /// # Panics
    ///
    /// When an event cannot be encoded or applied.
    #[track_caller]
    pub fn decide<D: IntoEvents<A>, E>(&mut self, decide: impl FnOnce(&A) -> Result<D, E>) {
        if let Ok(events) = decide(&self.raised) {
            self.raise(events);
        }
    }

    /// Decides a command and raises the events; a refusal adds nothing.
    ///
    /// # Panics
    ///
    /// When an event cannot be encoded or applied.
    #[track_caller]
    pub fn command<C>(&mut self, command: C)
    where
        A: HandlesCommand<C>,
    {
        self.decide(|aggregate| aggregate.decide(command));
    }
}

impl<A: Aggregate> Default for History<A> {
    fn default() -> Self {
        Self::new()
    }
}

/// The events, readable.
impl<A> fmt::Debug for History<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, event) in self.events.iter().enumerate() {
            let line_end = if index > 0 { "\n" } else { "" };
            write!(f, "{line_end}{}", EventText::of(event))?;
        }
        Ok(())
    }
}

/// Histories of up to 32 steps of this strategy; `go` does what a step says.
///
/// # Examples
///
/// See [the module](mod@crate::laws).
pub fn history<A, S>(
    step: S,
    go: impl Fn(&mut History<A>, S::Value) + Clone,
) -> impl Strategy<Value = History<A>>
where
    A: Aggregate,
    S: Strategy,
{
    collection::vec(step, 0..=32).prop_map(move |steps| {
        let mut history = History::new();
        for step in steps {
            go(&mut history, step);
        }
        history
    })
}
