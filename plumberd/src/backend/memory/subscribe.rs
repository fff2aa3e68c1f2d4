use super::{Memory, stream::index};
use crate::{
    store::{
        Direction, Filter, StoreError,
        follow::{FollowPage, PAGE_EVENTS, PageSource},
        rules::Tenants,
    },
    stream::{Position, Revision, StreamName},
};

/// A stream, to be followed.
pub(super) struct StreamSource {
    pub(super) store: Memory,
    pub(super) name: StreamName,
}

impl PageSource for StreamSource {
    type Cursor = Revision;

    async fn read_page(
        &mut self,
        after: Option<Revision>,
    ) -> Result<FollowPage<Revision>, StoreError> {
        let now = self.store.clock.now();
        let state = self.store.state();
        let Some(stream) = state.stream(&self.store.owner, &self.name) else {
            return Ok(FollowPage::last(Vec::new(), after));
        };
        if stream.is_tombstoned() {
            return Err(StoreError::StreamDeleted {
                stream: self.name.clone(),
            });
        }
        let begin = after.map_or(0, |after| index(after.next().as_u64()));
        let Some((first, last)) = stream.visible(now) else {
            return Ok(FollowPage::last(Vec::new(), after));
        };
        let first = first.max(begin);
        let end = (last + 1).min(first.saturating_add(PAGE_EVENTS));
        let events: Vec<_> = (first..end)
            .map(|index| state.resolve(stream.event(index).clone(), now))
            .collect();
        Ok(if end <= last {
            FollowPage::followed(events, after)
        } else {
            FollowPage::last(events, after)
        })
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
        let found = self.store.state().find_events(
            (after.saturating_add(1), u64::MAX),
            Direction::Forwards,
            &self.filter,
            &self.tenants,
            PAGE_EVENTS,
        );
        // A subscriber may have begun after the head.
        let considered = found.considered.max(after);
        let last = found
            .events
            .last()
            .map_or(after, |event| event.position.as_u64());
        let position = Some(Position::new(considered));
        let page = if found.more {
            FollowPage::followed(found.events, position)
        } else {
            FollowPage::last(found.events, position)
        };
        Ok(page.passing_over(considered - last))
    }
}
