use super::{Aggregate, ApplyError, Handles, UnknownEvents};
use crate::{
    BoxError,
    event::{Event, EventInfo, RecordedEvent, Shape, ShapeBuilder},
};
use std::fmt;

/// Which handler gets which stored event: what `#[aggregate]` fills in.
pub struct HandlerTable<A: 'static> {
    rows: &'static [Row<A>],
}

/// One event sourcing handler.
pub struct Row<A> {
    types: &'static [EventInfo],
    aliases: &'static [&'static str],
    method: &'static str,
    apply: fn(&mut A, usize, &RecordedEvent) -> Result<(), ApplyError>,
    recode: fn(usize, &RecordedEvent) -> Result<Vec<u8>, BoxError>,
    shape: fn(usize, &mut ShapeBuilder) -> Shape,
}

impl<A: Aggregate> Row<A> {
    /// The handler of `E`, the method of this name.
    pub const fn of<E: Event>(method: &'static str) -> Self
    where
        A: Handles<E>,
    {
        Self {
            types: E::TYPES,
            aliases: &[],
            method,
            apply: apply::<A, E>,
            recode: recode::<E>,
            shape: E::shape,
        }
    }

    /// Also for events stored under these names; they are decoded as the first
    /// type of the event.
    #[must_use]
    pub const fn also_named(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

impl<A> Row<A> {
    /// The stored types it is for.
    pub const fn types(&self) -> &'static [EventInfo] {
        self.types
    }

    /// Other stored names it is for.
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// The name of the method.
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// The data of a stored event as it would be written today: decoded as
    /// `types()[index]`, by upcasters when it is of an old revision, and
    /// encoded again. For tests of stored forms, and for rewriting streams.
    ///
    /// # Errors
    ///
    /// [`DecodeError`](crate::event::DecodeError) or
    /// [`EncodeError`](crate::event::EncodeError), as the one or the other
    /// fails.
    pub fn recode(&self, index: usize, event: &RecordedEvent) -> Result<Vec<u8>, BoxError> {
        (self.recode)(index, event)
    }

    /// The shape of the data of `types()[index]`.
    pub fn shape(&self, index: usize) -> Shape {
        (self.shape)(index, &mut ShapeBuilder::default())
    }

    fn index_of(&self, name: &str) -> Option<usize> {
        self.types
            .iter()
            .position(|info| info.name == name)
            .or_else(|| self.aliases.contains(&name).then_some(0))
    }
}

fn apply<A: Handles<E>, E: Event>(
    aggregate: &mut A,
    index: usize,
    event: &RecordedEvent,
) -> Result<(), ApplyError> {
    let decoded: E = event
        .decode_as(index)
        .map_err(|source| ApplyError::decode(event, source))?;
    aggregate.handle(&decoded, &event.metadata)
}

fn recode<E: Event>(index: usize, event: &RecordedEvent) -> Result<Vec<u8>, BoxError> {
    let decoded: E = event.decode_as(index)?;
    let mut data = Vec::with_capacity(event.data.len());
    decoded.encode(&mut data)?;
    Ok(data)
}

impl<A: Aggregate> HandlerTable<A> {
    /// The table of these handlers.
    ///
    /// `#[aggregate]` has checked that no two are for one stored name.
    pub const fn new(rows: &'static [Row<A>]) -> Self {
        Self { rows }
    }

    /// The handlers.
    pub const fn rows(&self) -> &'static [Row<A>] {
        self.rows
    }

    /// The handler for events stored under `name`, and which of its types
    /// they are.
    pub fn find(&self, name: &str) -> Option<(&'static Row<A>, usize)> {
        self.rows
            .iter()
            .find_map(|row| Some((row, row.index_of(name)?)))
    }

    /// Applies a stored event to `aggregate`; the one way in which a fold
    /// changes state. Costs no allocation and no hash beside the decoding.
    ///
    /// # Errors
    ///
    /// [`ApplyError`] when no handler is for it and the aggregate does not
    /// skip such events, or it cannot be decoded. The aggregate is as it was.
    #[inline]
    pub fn apply(&self, aggregate: &mut A, event: &RecordedEvent) -> Result<(), ApplyError> {
        let name = event.event_type.as_str();
        for row in self.rows {
            if let Some(index) = row.index_of(name) {
                return (row.apply)(aggregate, index, event);
            }
        }
        match A::UNKNOWN_EVENTS {
            UnknownEvents::Skip => Ok(()),
            UnknownEvents::Error => Err(ApplyError::unknown::<A>(event)),
        }
    }
}

impl<A> fmt::Debug for HandlerTable<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rows).finish()
    }
}

impl<A> fmt::Debug for Row<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.types.iter().map(|info| info.name);
        f.debug_struct(self.method)
            .field(
                "types",
                &names
                    .chain(self.aliases.iter().copied())
                    .collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}

/// Fails to compile when two of the handlers are for one stored name.
#[doc(hidden)]
pub const fn assert_distinct(handlers: &[(&[EventInfo], &[&str])]) {
    let mut i = 0;
    while i < handlers.len() {
        let mut j = 0;
        while j <= i {
            let types = handlers[i].0;
            let mut k = 0;
            while k < types.len() {
                assert_absent(
                    types[k].name,
                    handlers[j],
                    if i == j { k } else { usize::MAX },
                );
                k += 1;
            }
            let aliases = handlers[i].1;
            let mut k = 0;
            while k < aliases.len() {
                if i != j {
                    assert_absent(aliases[k], handlers[j], usize::MAX);
                }
                k += 1;
            }
            j += 1;
        }
        i += 1;
    }
}

const fn assert_absent(name: &str, handler: (&[EventInfo], &[&str]), types: usize) {
    let mut i = 0;
    while i < handler.0.len() && i < types {
        assert!(
            !same(name, handler.0[i].name),
            "two event types have one stored name"
        );
        i += 1;
    }
    let mut i = 0;
    while i < handler.1.len() && types == usize::MAX {
        assert!(
            !same(name, handler.1[i]),
            "two event types have one stored name"
        );
        i += 1;
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
