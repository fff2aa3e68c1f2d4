use super::{Aggregate, ApplyError, Handles, UnknownEvents};
use crate::{
    BoxError,
    event::{Event, EventInfo, RecordedEvent, Shape, ShapeBuilder},
};
use std::fmt;

/// How a row applies a stored event, given which type of its event it is.
type Apply<A> = fn(&mut A, usize, &RecordedEvent) -> Result<(), ApplyError>;

/// How a row applies a stored event of unknown type.
type ApplyOther<A> = fn(&mut A, &RecordedEvent) -> Result<(), ApplyError>;

/// Which handler gets which stored event: what `#[aggregate]` fills in.
pub struct HandlerTable<A: 'static> {
    rows: &'static [Row<A>],
    /// For events that no row is for.
    other: Option<fn(&mut A, &RecordedEvent)>,
}

/// One event sourcing handler.
pub struct Row<A> {
    /// The name of the first type: nearly always the only one, so a look-up
    /// compares a length in the table itself and seldom more.
    first: &'static str,
    types: &'static [EventInfo],
    /// Whether it is for that one name only.
    only_first: bool,
    method: &'static str,
    apply: Apply<A>,
    /// For events of unknown types, where its event is an enum with a variant for them.
    other: Option<ApplyOther<A>>,
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
            first: match E::TYPES {
                [first, ..] => first.name,
                // An enum without variants; no stored name is empty.
                [] => "",
            },
            types: E::TYPES,
            only_first: matches!(E::TYPES, [info] if info.aliases.is_empty()),
            method,
            apply: apply::<A, E>,
            other: match E::OTHER {
                Some(_) => Some(apply_other::<A, E>),
                None => None,
            },
            recode: recode::<E>,
            shape: E::shape,
        }
    }
}

impl<A> Row<A> {
    /// The stored types it is for.
    pub const fn types(&self) -> &'static [EventInfo] {
        self.types
    }

    /// The name of the method.
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// Whether it is for events of unknown types, too: its event is an enum with a variant
    /// `#[event(other)]`.
    pub const fn catches_all(&self) -> bool {
        self.other.is_some()
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

    /// Which of the event's types `name` is. `str` compares lengths first.
    #[inline]
    fn index_of(&self, name: &str) -> Option<usize> {
        // In the memory of one program mostly the very same literal.
        if std::ptr::eq(self.first, name) || self.first == name {
            Some(0)
        } else if self.only_first {
            None
        } else {
            EventInfo::find(self.types, name)
        }
    }
}

fn apply<A: Handles<E>, E: Event>(
    aggregate: &mut A,
    index: usize,
    event: &RecordedEvent,
) -> Result<(), ApplyError> {
    let decoded: E = event
        .decode_as(index)
        .map_err(|source| ApplyError::decode(event, source.into()))?;
    handle(aggregate, &decoded, event)
}

fn apply_other<A: Aggregate + Handles<E>, E: Event>(
    aggregate: &mut A,
    event: &RecordedEvent,
) -> Result<(), ApplyError> {
    let Some(other) = E::OTHER else {
        return Err(ApplyError::unknown::<A>(event));
    };
    handle(aggregate, &other(event), event)
}

fn handle<A: Handles<E>, E: Event>(
    aggregate: &mut A,
    decoded: &E,
    event: &RecordedEvent,
) -> Result<(), ApplyError> {
    aggregate
        .handle(decoded, &event.metadata)
        .map_err(|error| match error {
            // A handler does not know which event it was given.
            ApplyError::Metadata { source } => ApplyError::decode(event, source),
            other => other,
        })
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
    /// The first row that is for a stored name gets its events; `#[aggregate]`
    /// does not compile when there are two.
    pub const fn new(rows: &'static [Row<A>]) -> Self {
        Self { rows, other: None }
    }

    /// Also for events that no row is for: `#[event_sourcing_handler(other)]`.
    #[must_use]
    pub const fn or_else(mut self, other: fn(&mut A, &RecordedEvent)) -> Self {
        self.other = Some(other);
        self
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
        if let Some(other) = self.rows.iter().find_map(|row| row.other) {
            return other(aggregate, event);
        }
        if let Some(other) = self.other {
            other(aggregate, event);
            return Ok(());
        }
        match A::UNKNOWN_EVENTS {
            UnknownEvents::Skip => Ok(()),
            UnknownEvents::Error => Err(ApplyError::unknown::<A>(event)),
        }
    }
}

impl<A> HandlerTable<A> {
    /// The handlers.
    pub const fn rows(&self) -> &'static [Row<A>] {
        self.rows
    }

    pub(super) const fn has_other(&self) -> bool {
        self.other.is_some()
    }
}

impl<A> fmt::Debug for HandlerTable<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rows).finish()
    }
}

impl<A> Clone for Row<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Row<A> {}

impl<A> fmt::Debug for Row<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.types.iter().flat_map(EventInfo::names);
        f.debug_struct(self.method)
            .field("types", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
