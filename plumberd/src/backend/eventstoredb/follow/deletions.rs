//! What the server's own events say was deleted.

use crate::{
    event::RecordedEvent,
    store::{StoreError, StreamDeleted, toolkit::rules},
    stream::{Revision, StreamName},
};
use lru::LruCache;
use std::num::NonZeroUsize;

/// Of so many streams it is remembered how much is hidden.
const STREAMS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// What is hidden of streams, as far as their metadata were seen.
///
/// The server shows only the last metadata of a stream, so of one that was not
/// seen before, what is hidden is taken for new.
#[derive(Debug)]
pub(super) struct Hidden(LruCache<StreamName, Option<Revision>>);

impl Hidden {
    pub(super) fn new() -> Self {
        Self(LruCache::new(STREAMS))
    }

    /// What the event says was deleted.
    pub(super) fn deletion(
        &mut self,
        event: &RecordedEvent,
    ) -> Result<Option<StreamDeleted>, StoreError> {
        let known = self.0.get(&event.stream).copied().flatten();
        let deleted = rules::stream_deleted(event, || Ok(known))?;
        if event.stream.metadata_of().is_some() {
            let before = rules::truncated_before(event);
            self.0.put(event.stream.clone(), before);
        }
        Ok(deleted)
    }
}
