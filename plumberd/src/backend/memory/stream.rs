use super::state::Owner;
use crate::{
    clock::Clock,
    event::RecordedEvent,
    store::{
        Direction, Page, StoreError, StreamInfo,
        toolkit::{
            follow::PAGE_EVENTS,
            rules::{ReadWindow, StreamState, Visibility, check_resumed, is_link},
        },
    },
    stream::{Revision, StreamMetadata, StreamName},
};
use std::sync::Arc;

/// One stream: its events in chunks that readers share, and the metadata in
/// force.
///
/// The event at the index i has the revision i, but for a tombstone.
#[derive(Debug)]
pub(super) struct StoredStream {
    pub(super) name: StreamName,
    pub(super) owner: Owner,
    /// Where its owner keeps the positions of its category.
    pub(super) category: Option<usize>,
    pub(super) metadata: StreamMetadata,
    // Each is full, but for the last.
    chunks: Vec<Arc<Vec<RecordedEvent>>>,
    last: Option<Revision>,
    tombstoned: bool,
    has_links: bool,
}

impl StoredStream {
    pub(super) fn new(name: StreamName, owner: Owner, category: Option<usize>) -> Self {
        Self {
            name,
            owner,
            category,
            metadata: StreamMetadata::default(),
            chunks: Vec::new(),
            last: None,
            tombstoned: false,
            has_links: false,
        }
    }

    pub(super) fn state(&self) -> StreamState {
        StreamState {
            last: self.last,
            deleted: self.metadata.is_deleted(),
            tombstoned: self.tombstoned,
        }
    }

    pub(super) fn info(&self) -> StreamInfo {
        StreamInfo {
            last_revision: self.last,
            deleted: self.metadata.is_deleted(),
            tombstoned: self.tombstoned,
            metadata: self.metadata.clone(),
        }
    }

    pub(super) fn last(&self) -> Option<Revision> {
        self.last
    }

    pub(super) fn is_tombstoned(&self) -> bool {
        self.tombstoned
    }

    pub(super) fn has_links(&self) -> bool {
        self.has_links
    }

    /// Adds the event after the last one and gives its index.
    ///
    /// `follow` says how many come after it at once, to make room for.
    pub(super) fn push(&mut self, event: RecordedEvent, follow: usize) -> usize {
        if event.revision == Revision::MAX {
            self.tombstoned = true;
        } else {
            self.last = Some(event.revision);
        }
        self.has_links |= is_link(&event);
        let chunk = match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < PAGE_EVENTS => chunk,
            _ => {
                let room = (follow + 1).min(PAGE_EVENTS);
                self.chunks.push(Arc::new(Vec::with_capacity(room)));
                let last = self.chunks.len() - 1;
                &mut self.chunks[last]
            }
        };
        // Copies the chunk when a reader holds it: what was read stays as it is.
        let events = Arc::make_mut(chunk);
        events.push(event);
        let in_chunk = events.len() - 1;
        (self.chunks.len() - 1) * PAGE_EVENTS + in_chunk
    }

    /// How many events it has, those that are hidden and a tombstone too.
    pub(super) fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * PAGE_EVENTS;
        full + self.chunks.last().map_or(0, |last| last.len())
    }

    /// The event at `index`; there must be one.
    pub(super) fn event(&self, index: usize) -> &RecordedEvent {
        &self.chunks[index / PAGE_EVENTS][index % PAGE_EVENTS]
    }

    /// The indices of the visible events.
    pub(super) fn visible(&self, clock: &Clock) -> Option<(usize, usize)> {
        let last = index(self.last?.as_u64());
        // What time it is matters only where events grow old.
        let now = self.metadata.max_age.map(|_| clock.now());
        let visibility = Visibility::of(&self.metadata, self.last, now.unwrap_or_default());
        let mut first = index(visibility.first_revision().as_u64());
        if let Some(after) = visibility.recorded_after() {
            // Time never runs backwards in a store, so the old events are in front.
            let (mut old, mut young) = (0, last + 1);
            while old < young {
                let middle = old + (young - old) / 2;
                if self.event(middle).recorded_at > after {
                    young = middle;
                } else {
                    old = middle + 1;
                }
            }
            first = first.max(old);
        }
        (first <= last).then_some((first, last))
    }

    /// The next page of a read; empty when there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::ChangedWhileRead`].
    pub(super) fn page(&self, window: &mut ReadWindow, clock: &Clock) -> Result<Page, StoreError> {
        let found = self.in_window(window, clock);
        let next = found.map(|(first, _)| self.event(first).revision);
        check_resumed(&self.name, window, next, || Ok(self.last))?;
        let Some((first, last)) = found else {
            window.finish();
            return Ok(Page::default());
        };
        let most = window.page(PAGE_EVENTS);
        Ok(match window.direction() {
            Direction::Forwards => {
                let chunk = first / PAGE_EVENTS;
                let end = ((chunk + 1) * PAGE_EVENTS).min(first + most).min(last + 1);
                let start = first % PAGE_EVENTS;
                let page = Page::shared(
                    Arc::clone(&self.chunks[chunk]),
                    start..start + (end - first),
                );
                window.advance(end as u64 - 1, end - first);
                if end > last {
                    window.finish();
                }
                page
            }
            Direction::Backwards => {
                let start = first.max((last + 1).saturating_sub(most));
                let events: Vec<_> = (start..=last)
                    .rev()
                    .map(|i| self.event(i).clone())
                    .collect();
                window.advance(start as u64, events.len());
                if start == first {
                    window.finish();
                }
                events.into()
            }
        })
    }

    fn in_window(&self, window: &ReadWindow, clock: &Clock) -> Option<(usize, usize)> {
        let (low, high) = window.bounds()?;
        let (first, last) = self.visible(clock)?;
        let (first, last) = (first.max(index(low)), last.min(index(high)));
        (first <= last).then_some((first, last))
    }
}

/// A revision as an index; one beyond memory is beyond every stream.
pub(super) fn index(revision: u64) -> usize {
    usize::try_from(revision).unwrap_or(usize::MAX)
}
