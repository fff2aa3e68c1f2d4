//! Finding events by their ids: among the visible ones of the stream, then in
//! the global order, which has the hidden ones too.

use super::{
    Shared,
    client::Line,
    failure::{CallError, Failure},
    read_deadline::ReadDeadline,
    reading::{Reading, Request, is_missing},
};
use crate::{
    event::NewEvent,
    store::{Filter, Location, ReadOptions, StoreError, StreamInfo, toolkit::rules::Stored},
    stream::{Position, Revision, StreamName},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

/// How far back to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The newest page.
    Newest,
    /// The newest page, and on to this revision.
    DownTo(Revision),
    /// Every event, the hidden ones too.
    Everything,
}

/// Where the events of a batch are.
#[derive(Debug)]
pub(super) struct Found {
    ids: Vec<Uuid>,
    /// Whether one of them is enough.
    one_of: bool,
    missing: HashSet<Uuid>,
    places: HashMap<Uuid, Location>,
    /// The revision of the last visible event.
    pub(super) head: Option<Revision>,
    /// Whether every event was looked at.
    pub(super) complete: bool,
    /// Whether the last event looked at was the very first of the stream.
    from_first: bool,
}

impl Found {
    fn new(ids: Vec<Uuid>) -> Self {
        Self {
            missing: ids.iter().copied().collect(),
            ids,
            one_of: false,
            places: HashMap::new(),
            head: None,
            complete: false,
            from_first: false,
        }
    }

    fn one_of(ids: Vec<Uuid>) -> Self {
        Self {
            one_of: true,
            ..Self::new(ids)
        }
    }

    pub(super) fn any(&self) -> bool {
        !self.places.is_empty()
    }

    pub(super) fn all(&self) -> bool {
        self.missing.is_empty()
    }

    /// Whether nothing more is to be looked for.
    fn enough(&self) -> bool {
        self.all() || (self.one_of && self.any())
    }

    /// As [`rules::admit`](crate::store::toolkit::rules::admit) takes it.
    pub(super) fn stored(&self) -> Vec<Option<Stored>> {
        if !self.any() {
            return Vec::new();
        }
        let stored = |id| {
            self.places.get(id).map(|location| Stored {
                same_stream: true,
                location: *location,
            })
        };
        self.ids.iter().map(stored).collect()
    }

    fn look_at(&mut self, id: Uuid, revision: Revision, position: Position) {
        if self.missing.remove(&id) {
            self.places.insert(id, Location { revision, position });
        }
    }
}

impl Shared {
    pub(super) async fn find_any_event(
        self: &Arc<Self>,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        let deadline = ReadDeadline::while_it_goes_on(&self.connection);
        let one_of = Found::one_of(ids.to_vec());
        let mut found = self
            .look_back(stream, one_of, Depth::Everything, deadline)
            .await?;
        if !found.enough() && !found.from_first {
            let ends = self.connection.ends();
            self.look_at_hidden(stream, &mut found, ends).await?;
        }
        let found = ids.iter().find_map(|id| found.places.get_key_value(id));
        Ok(found.map(|(id, location)| (*id, *location)))
    }

    pub(super) async fn locate(
        self: &Arc<Self>,
        stream: &StreamName,
        events: &[NewEvent],
        depth: Depth,
        ends: Instant,
    ) -> Result<Found, StoreError> {
        let ids = events.iter().map(NewEvent::id).collect();
        let mut found = self
            .look_back(stream, Found::new(ids), depth, ReadDeadline::until(ends))
            .await?;
        if depth == Depth::Everything && !found.all() && !found.from_first {
            let looking = self.look_at_hidden(stream, &mut found, ends);
            let looked = timeout_at(ends, looking).await;
            looked.unwrap_or_else(|_| Err(self.connection.late().into_store_error()))?;
        }
        found.complete |= depth == Depth::Everything;
        Ok(found)
    }

    /// Looks at visible events, from the last one back.
    async fn look_back(
        self: &Arc<Self>,
        stream: &StreamName,
        mut found: Found,
        depth: Depth,
        mut deadline: ReadDeadline,
    ) -> Result<Found, StoreError> {
        let end = |error: CallError| match error.failure() {
            Failure::NotFound => Ok(()),
            // Its events are in the global order still.
            Failure::Deleted if depth == Depth::Everything => Ok(()),
            Failure::Deleted => Err(StoreError::StreamDeleted {
                stream: stream.clone(),
            }),
            _ => Err(error.into_store_error()),
        };
        let count = match depth {
            Depth::Newest => crate::store::toolkit::follow::PAGE_EVENTS,
            _ => usize::MAX,
        };
        let request = Request::new(stream).backwards_from(u64::MAX, count);
        let opening = Reading::of_stream(&self.connection, Line::Calls, request, deadline.ends());
        let mut reading = match opening.await {
            Ok(reading) => reading,
            Err(error) => return end(error).map(|()| found),
        };
        loop {
            let items = match reading.next(&self.connection, deadline.ends()).await {
                Ok(items) => items,
                Err(error) if is_missing(&error) => return Ok(found),
                Err(error) => return end(error).map(|()| found),
            };
            deadline.renew();
            let mut reached = Revision::MAX;
            for event in items.events.into_iter().filter_map(|read| read.event) {
                reached = Revision::new(event.revision);
                found.head.get_or_insert(reached);
                found.look_at(event.id, reached, Position::new(event.position.commit));
            }
            found.from_first |= reached == Revision::FIRST;
            found.complete |= found.from_first;
            let deep_enough = matches!(depth, Depth::DownTo(floor) if reached <= floor);
            if items.ended || found.enough() || deep_enough {
                return Ok(found);
            }
        }
    }

    /// Looks at all events of the stream in the global order, when some of them
    /// may be hidden.
    async fn look_at_hidden(
        self: &Arc<Self>,
        stream: &StreamName,
        found: &mut Found,
        ends: Instant,
    ) -> Result<(), StoreError> {
        if found.head.is_none() && self.stream_info(stream, ends).await? == StreamInfo::default() {
            return Ok(());
        }
        let filter = Filter::new().stream(stream.clone()).with_system_events();
        let mut all = self.read_all_over(Line::Calls, ReadOptions::forwards(), filter);
        while let Some(page) = all.next_page().await? {
            for event in page.iter() {
                found.look_at(event.id, event.revision, event.position);
            }
            if found.enough() {
                break;
            }
        }
        Ok(())
    }
}
