use super::{
    Memory,
    order::Wanted,
    state::{EventAddress, Owner, State},
    stream::index,
};
use crate::{
    store::{
        Direction, Filter, StoreError, StreamDeleted,
        toolkit::{
            follow::{FollowPage, PAGE_EVENTS, PageSource},
            rules::Tenants,
        },
    },
    stream::{Position, Revision, StreamName},
};

/// A stream, to be followed.
pub(super) struct StreamSource {
    pub(super) store: Memory,
    pub(super) name: StreamName,
    /// What was deleted up to this position has been told.
    pub(super) told: u64,
}

impl PageSource for StreamSource {
    type Cursor = Revision;

    async fn read_page(
        &mut self,
        after: Option<Revision>,
    ) -> Result<FollowPage<Revision>, StoreError> {
        let clock = &self.store.clock;
        let state = self.store.state();
        let Some(stream) = state.stream(&self.store.owner, &self.name) else {
            return Ok(FollowPage::last(Vec::new(), after));
        };
        if stream.is_tombstoned() {
            let deleted = state.deletions(&self.store.owner, &self.name, self.told, u64::MAX);
            let Some(last) = deleted.last() else {
                return Err(StoreError::StreamDeleted {
                    stream: self.name.clone(),
                });
            };
            self.told = last.position.as_u64();
            return Ok(FollowPage::followed(Vec::new(), after).with_deleted(deleted));
        }
        let begin = after.map_or(0, |after| index(after.next().as_u64()));
        let Some((first, last)) = stream.visible(clock) else {
            let deleted = state.deletions(&self.store.owner, &self.name, self.told, u64::MAX);
            self.told = state.head();
            return Ok(FollowPage::last(Vec::new(), after).with_deleted(deleted));
        };
        let first = first.max(begin);
        let end = (last + 1).min(first.saturating_add(PAGE_EVENTS));
        let events: Vec<_> = (first..end)
            .map(|index| state.resolve(stream.event(index).clone(), clock))
            .collect();
        let up_to = match events.last() {
            Some(event) if end <= last => event.read_position().as_u64(),
            _ => state.head(),
        };
        let deleted = state.deletions(&self.store.owner, &self.name, self.told, up_to);
        self.told = up_to;
        let page = if end <= last {
            FollowPage::followed(events, after)
        } else {
            FollowPage::last(events, after)
        };
        Ok(page.with_deleted(deleted))
    }
}

impl State {
    /// What the metadata of the stream, and its tombstone, say was deleted
    /// after the position `after`, up to `up_to`.
    fn deletions(
        &self,
        owner: &Owner,
        name: &StreamName,
        after: u64,
        up_to: u64,
    ) -> Vec<StreamDeleted> {
        let metadata = self.find(owner, &name.metadata_stream());
        let tombstoned = self
            .find(owner, name)
            .filter(|of| self.streams[*of].is_tombstoned());
        let mut deleted = Vec::new();
        for stream in [metadata, tombstoned].into_iter().flatten() {
            // The newest first: mostly all of them are old.
            let places = (0..self.streams[stream].len()).rev();
            let new = places
                .map(|index| EventAddress { stream, index })
                .take_while(|place| {
                    let event = self.streams[stream].event(place.index);
                    event.position.as_u64() > after
                });
            deleted.extend(new.filter_map(|place| self.deletion(place)));
        }
        deleted.retain(|deleted| deleted.position.as_u64() <= up_to);
        deleted.sort_by_key(|deleted| deleted.position);
        deleted
    }
}

/// The global order through a filter, to be followed.
pub(super) struct AllSource {
    pub(super) store: Memory,
    pub(super) filter: Filter,
    pub(super) tenants: Tenants,
}

impl PageSource for AllSource {
    type Cursor = Position;

    async fn read_page(
        &mut self,
        after: Option<Position>,
    ) -> Result<FollowPage<Position>, StoreError> {
        let after = after.map_or(0, Position::as_u64);
        let wanted = Wanted {
            filter: &self.filter,
            tenants: &self.tenants,
            deletions: true,
        };
        let found = self.store.state().find_events(
            (after.saturating_add(1), u64::MAX),
            Direction::Forwards,
            wanted,
            PAGE_EVENTS,
        );
        let considered = found.considered.max(after);
        let last = found
            .events
            .last()
            .map_or(after, |event| event.position.as_u64());
        let last_deleted = found.deleted.last();
        let last = last.max(last_deleted.map_or(0, |deleted| deleted.position.as_u64()));
        let position = Some(Position::new(considered));
        let page = if found.more {
            FollowPage::followed(found.events, position)
        } else {
            FollowPage::last(found.events, position)
        };
        Ok(page
            .with_deleted(found.deleted)
            .passing_over(considered - last))
    }
}
