use super::stream::StoredStream;
use crate::{
    event::NewEvent,
    store::{
        AppendOutcome, Location, StoreError,
        toolkit::rules::{self, Admission, Deletion, Stored, StreamState},
    },
    stream::{
        ExpectedRevision, Position, Revision, StreamMetadata, StreamName, TenantId, keyed::Keyed,
    },
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

/// Everything the store holds.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) streams: Vec<StoredStream>,
    /// What belongs to no tenant: mostly everything.
    untenanted: Tenant,
    tenants: HashMap<TenantId, Tenant>,
    /// The event at the position p, counted from 1, is at the place p - 1.
    pub(super) order: Vec<EventAddress>,
    last_time: Option<DateTime<Utc>>,
}

/// Whose a stream or a handle is: a tenant's, or no tenant's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Owner(pub(super) Option<TenantId>);

/// Where an event is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventAddress {
    pub(super) stream: usize,
    pub(super) index: usize,
}

/// What one owner has.
#[derive(Debug, Default)]
pub(super) struct Tenant {
    streams: HashMap<StreamName, usize, Keyed>,
    ids: HashMap<u128, Position, Keyed>,
    /// The positions of all its events, in order.
    pub(super) positions: Vec<u64>,
    /// The places in `by_category` of what stands before the first `-` of a
    /// stream's name.
    categories: HashMap<Box<str>, usize, Keyed>,
    /// The positions of the events of each category, in order.
    by_category: Vec<Vec<u64>>,
}

impl State {
    /// The position of the last event; 0 when there is none.
    pub(super) fn head(&self) -> u64 {
        self.order.len() as u64
    }

    pub(super) fn stream(&self, owner: &Owner, name: &StreamName) -> Option<&StoredStream> {
        self.find(owner, name).map(|stream| &self.streams[stream])
    }

    pub(super) fn find(&self, owner: &Owner, name: &StreamName) -> Option<usize> {
        self.tenant(owner)?.streams.get(name).copied()
    }

    pub(super) fn tenant(&self, owner: &Owner) -> Option<&Tenant> {
        match &owner.0 {
            None => Some(&self.untenanted),
            Some(tenant) => self.tenants.get(tenant),
        }
    }

    fn find_or_add(&mut self, owner: &Owner, name: &StreamName) -> usize {
        self.find(owner, name)
            .unwrap_or_else(|| self.add(owner, name))
    }

    fn add(&mut self, owner: &Owner, name: &StreamName) -> usize {
        let tenant = match &owner.0 {
            None => &mut self.untenanted,
            Some(tenant) => self.tenants.entry(tenant.clone()).or_default(),
        };
        let added = self.streams.len();
        tenant.streams.insert(name.clone(), added);
        let category = tenant.category_of(name.as_str());
        self.streams
            .push(StoredStream::new(name.clone(), owner.clone(), category));
        added
    }

    /// Where the event `id` of the tenant is.
    pub(super) fn event_by_id(&self, owner: &Owner, id: Uuid) -> Option<(&StoredStream, Location)> {
        let position = *self.tenant(owner)?.ids.get(&id.as_u128())?;
        let place = self.order[super::stream::index(position.as_u64() - 1)];
        let stream = &self.streams[place.stream];
        let location = Location {
            revision: stream.event(place.index).revision,
            position,
        };
        Some((stream, location))
    }

    fn stream_state(&self, owner: &Owner, name: &StreamName) -> StreamState {
        self.stream(owner, name)
            .map(StoredStream::state)
            .unwrap_or_default()
    }

    fn metadata(&self, owner: &Owner, name: &StreamName) -> StreamMetadata {
        self.stream(owner, name)
            .map(|stream| stream.metadata.clone())
            .unwrap_or_default()
    }

    pub(super) fn append(
        &mut self,
        owner: &Owner,
        name: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
        metadata: Option<StreamMetadata>,
        now: DateTime<Utc>,
    ) -> Result<AppendOutcome, StoreError> {
        let found = self.find(owner, name);
        let state = found
            .map(|stream| self.streams[stream].state())
            .unwrap_or_default();
        let stored = self.stored(owner, name, &events);
        let first = match rules::admit(name, expected, &events, state, &stored)? {
            Admission::Write(first) => first,
            Admission::AlreadyApplied(outcome) => return Ok(outcome),
        };
        let revival = if state.deleted {
            let current = self.metadata(owner, name);
            Some(rules::revival_event(name, &current, first)?)
        } else {
            None
        };

        // Nothing can fail from here on.
        let now = self.tick(now);
        if let Some(event) = revival {
            self.write_metadata(owner, name, event, now)?;
        }
        let stream = found.unwrap_or_else(|| self.add(owner, name));
        let mut revision = first;
        let mut outcome = AppendOutcome::written(first, first, Position::new(self.head()));
        let count = events.len();
        for (index, event) in events.into_iter().enumerate() {
            let position = self.write(stream, revision, event, count - index - 1, now);
            outcome = AppendOutcome::written(first, revision, position);
            revision = revision.next();
        }
        if let (Some(of), Some(metadata)) = (name.metadata_of(), metadata) {
            let of = self.find_or_add(owner, &of);
            self.streams[of].metadata = metadata;
        }
        Ok(outcome)
    }

    /// Where each of the events is already; nothing when none is.
    fn stored(&self, owner: &Owner, name: &StreamName, events: &[NewEvent]) -> Vec<Option<Stored>> {
        let known = |event: &NewEvent| {
            self.tenant(owner)
                .is_some_and(|tenant| tenant.ids.contains_key(&event.id().as_u128()))
        };
        if !events.iter().any(known) {
            return Vec::new();
        }
        let find = |event: &NewEvent| {
            let (stream, location) = self.event_by_id(owner, event.id())?;
            Some(Stored {
                same_stream: stream.name == *name,
                location,
            })
        };
        events.iter().map(find).collect()
    }

    pub(super) fn delete(
        &mut self,
        owner: &Owner,
        name: &StreamName,
        expected: ExpectedRevision,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let state = self.stream_state(owner, name);
        match rules::check_delete(name, expected, state)? {
            Deletion::AlreadyDeleted => Ok(()),
            Deletion::Write => {
                let event = rules::soft_delete_event(name, &self.metadata(owner, name))?;
                let now = self.tick(now);
                self.write_metadata(owner, name, event, now)
            }
        }
    }

    pub(super) fn tombstone(
        &mut self,
        owner: &Owner,
        name: &StreamName,
        expected: ExpectedRevision,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        rules::check_tombstone(name, expected, self.stream_state(owner, name))?;
        let now = self.tick(now);
        let stream = self.find_or_add(owner, name);
        self.write(stream, Revision::MAX, rules::tombstone_event(), 0, now);
        Ok(())
    }

    /// The time to stamp events with: never before that of an earlier event.
    fn tick(&mut self, now: DateTime<Utc>) -> DateTime<Utc> {
        let time = self.last_time.map_or(now, |last| last.max(now));
        self.last_time = Some(time);
        time
    }

    /// Appends the metadata event of the stream `of`, and puts it in force;
    /// does neither when it is not metadata.
    fn write_metadata(
        &mut self,
        owner: &Owner,
        of: &StreamName,
        event: NewEvent,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let metadata = rules::read_metadata(of, &event)?;
        let stream = self.find_or_add(owner, &of.metadata_stream());
        let revision = self.streams[stream].state().next();
        self.write(stream, revision, event, 0, now);
        let of = self.find_or_add(owner, of);
        self.streams[of].metadata = metadata;
        Ok(())
    }

    fn write(
        &mut self,
        stream: usize,
        revision: Revision,
        event: NewEvent,
        follow: usize,
        recorded_at: DateTime<Utc>,
    ) -> Position {
        let position = Position::new(self.head() + 1);
        let to = &mut self.streams[stream];
        let id = event.id();
        let owner = to.owner.0.clone();
        let event = event.recorded(to.name.clone(), revision, position, recorded_at, owner);
        let index = to.push(event, follow);
        self.order.push(EventAddress { stream, index });
        let tenant = match &to.owner.0 {
            None => Some(&mut self.untenanted),
            Some(tenant) => self.tenants.get_mut(tenant),
        };
        if let Some(tenant) = tenant {
            tenant.add(to.category, id, position);
        }
        position
    }
}

impl Tenant {
    fn add(&mut self, category: Option<usize>, id: Uuid, position: Position) {
        self.ids.insert(id.as_u128(), position);
        self.positions.push(position.as_u64());
        if let Some(category) = category {
            self.by_category[category].push(position.as_u64());
        }
    }

    /// The place of the positions of the category that `stream` is of.
    fn category_of(&mut self, stream: &str) -> Option<usize> {
        let (category, _) = stream.split_once('-')?;
        if let Some(&known) = self.categories.get(category) {
            return Some(known);
        }
        let added = self.by_category.len();
        self.categories.insert(category.into(), added);
        self.by_category.push(Vec::new());
        Some(added)
    }

    /// The positions of the events of a category, in order.
    pub(super) fn positions_of(&self, category: &str) -> Option<&Vec<u64>> {
        let category = *self.categories.get(category)?;
        self.by_category.get(category)
    }
}
