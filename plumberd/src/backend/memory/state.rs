use super::stream::StoredStream;
use crate::{
    event::{NewEvent, RecordedEvent},
    store::{
        AppendOutcome, Location, StoreError,
        rules::{self, Admission, Deletion, Stored, StreamState},
    },
    stream::{ExpectedRevision, Position, Revision, StreamMetadata, StreamName, TenantId},
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

/// Everything the store holds.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) streams: Vec<StoredStream>,
    pub(super) tenants: HashMap<Owner, Tenant>,
    /// The event at the position p, counted from 1, is at the place p - 1.
    pub(super) order: Vec<Place>,
    last_time: Option<DateTime<Utc>>,
}

/// Whose a stream or a handle is: a tenant's, or nobody's in particular.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Owner(pub(super) Option<TenantId>);

/// Where an event is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) stream: usize,
    pub(super) index: usize,
}

/// What one owner has.
#[derive(Debug, Default)]
pub(super) struct Tenant {
    streams: HashMap<StreamName, usize>,
    ids: HashMap<Uuid, Position>,
    /// The positions of all its events, in order.
    pub(super) positions: Vec<u64>,
    /// The same by what stands before the first `-` of the stream's name.
    pub(super) categories: HashMap<Box<str>, Vec<u64>>,
}

impl State {
    /// The position of the last event; 0 when there is none.
    pub(super) fn head(&self) -> u64 {
        self.order.len() as u64
    }

    pub(super) fn stream(&self, owner: &Owner, name: &StreamName) -> Option<&StoredStream> {
        self.find(owner, name).map(|stream| &self.streams[stream])
    }

    fn find(&self, owner: &Owner, name: &StreamName) -> Option<usize> {
        self.tenants.get(owner)?.streams.get(name).copied()
    }

    fn find_or_add(&mut self, owner: &Owner, name: &StreamName) -> usize {
        if let Some(found) = self.find(owner, name) {
            return found;
        }
        let added = self.streams.len();
        self.streams
            .push(StoredStream::new(name.clone(), owner.clone()));
        self.tenants
            .entry(owner.clone())
            .or_default()
            .streams
            .insert(name.clone(), added);
        added
    }

    /// Where the event `id` of the tenant is.
    pub(super) fn event_by_id(&self, owner: &Owner, id: Uuid) -> Option<(&StoredStream, Location)> {
        let position = *self.tenants.get(owner)?.ids.get(&id)?;
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
        events: &[NewEvent],
        metadata: Option<StreamMetadata>,
        now: DateTime<Utc>,
    ) -> Result<AppendOutcome, StoreError> {
        let state = self.stream_state(owner, name);
        let stored: Vec<_> = events
            .iter()
            .map(|event| {
                let (stream, location) = self.event_by_id(owner, event.id())?;
                Some(Stored {
                    same_stream: stream.name == *name,
                    location,
                })
            })
            .collect();
        let first = match rules::admit(name, expected, events, state, &stored)? {
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
            self.write_metadata(owner, name, &event, now)?;
        }
        let stream = self.find_or_add(owner, name);
        let mut revision = first;
        let mut outcome = AppendOutcome::written(first, first, Position::new(self.head()));
        for event in events {
            let position = self.write(stream, revision, event, now);
            outcome = AppendOutcome::written(first, revision, position);
            revision = revision.next();
        }
        if let (Some(of), Some(metadata)) = (name.metadata_of(), metadata) {
            let of = self.find_or_add(owner, &of);
            self.streams[of].metadata = metadata;
        }
        Ok(outcome)
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
                self.write_metadata(owner, name, &event, now)
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
        self.write(stream, Revision::MAX, &rules::tombstone_event(), now);
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
        event: &NewEvent,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let metadata = rules::read_metadata(of, event)?;
        let stream = self.find_or_add(owner, &of.metadata_stream());
        let revision = self.streams[stream].state().next();
        self.write(stream, revision, event, now);
        let of = self.find_or_add(owner, of);
        self.streams[of].metadata = metadata;
        Ok(())
    }

    fn write(
        &mut self,
        stream: usize,
        revision: Revision,
        event: &NewEvent,
        recorded_at: DateTime<Utc>,
    ) -> Position {
        let position = Position::new(self.head() + 1);
        let to = &mut self.streams[stream];
        let index = to.push(RecordedEvent {
            stream: to.name.clone(),
            revision,
            position,
            id: event.id(),
            event_type: event.event_type().clone(),
            content_type: event.content_type().clone(),
            data: event.data().clone(),
            metadata: event.metadata().clone(),
            shape_revision: event.shape_revision(),
            recorded_at,
            tenant: to.owner.0.clone(),
            link: None,
        });
        self.order.push(Place { stream, index });
        if let Some(tenant) = self.tenants.get_mut(&to.owner) {
            tenant.add(to.name.as_str(), event.id(), position);
        }
        position
    }
}

impl Tenant {
    fn add(&mut self, stream: &str, id: Uuid, position: Position) {
        self.ids.insert(id, position);
        self.positions.push(position.as_u64());
        if let Some((category, _)) = stream.split_once('-') {
            match self.categories.get_mut(category) {
                Some(positions) => positions.push(position.as_u64()),
                None => {
                    self.categories
                        .insert(category.into(), vec![position.as_u64()]);
                }
            }
        }
    }
}
