use super::loaded::Loaded;
use crate::{
    aggregate::Aggregate,
    stream::{StreamName, keyed::Keyed},
};
use lru::LruCache;
use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How many aggregates a repository keeps in memory, and for how long.
///
/// The cache never changes a result: a decision on a cached state is appended
/// with its revision, and what the store says counts. It saves the reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheConfig {
    capacity: NonZeroUsize,
    time_to_live: Option<Duration>,
}

impl CacheConfig {
    /// Keeps the `capacity` aggregates used last; 0 counts as 1.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN),
            time_to_live: None,
        }
    }

    /// And lets go of one that was not used for so long.
    #[must_use]
    pub const fn with_time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = Some(time);
        self
    }
}

/// The states of aggregates, as of some revision.
pub(super) struct Cache<A> {
    config: CacheConfig,
    clone: fn(&Loaded<A>) -> Loaded<A>,
    entries: Mutex<LruCache<StreamName, Entry<A>, Keyed>>,
}

struct Entry<A> {
    loaded: Loaded<A>,
    used: Instant,
}

impl<A: Aggregate> Cache<A> {
    pub(super) fn new(config: CacheConfig) -> Self
    where
        A: Clone,
    {
        Self {
            clone: Loaded::clone,
            // Unbounded at first: a table of the full capacity is allocated as it fills.
            entries: Mutex::new(LruCache::unbounded_with_hasher(Keyed::default())),
            config,
        }
    }

    pub(super) fn get(&self, stream: &StreamName) -> Option<Loaded<A>> {
        let mut entries = self.lock();
        let now = Instant::now();
        let entry = entries.get_mut(stream)?;
        if self.is_over(entry, now) {
            entries.pop(stream);
            return None;
        }
        entry.used = now;
        Some((self.clone)(&entry.loaded))
    }

    /// Keeps `loaded`, unless a later state is there.
    pub(super) fn put(&self, stream: &StreamName, loaded: &Loaded<A>) {
        let mut entries = self.lock();
        let now = Instant::now();
        if let Some(entry) = entries.peek(stream)
            && entry.loaded.revision() > loaded.revision()
        {
            return;
        }
        let entry = Entry {
            loaded: (self.clone)(loaded),
            used: now,
        };
        entries.put(stream.clone(), entry);
        if entries.len() > self.config.capacity.get() {
            entries.pop_lru();
        }
        // One more of the oldest, so that what is over does not stay for ever.
        if entries
            .peek_lru()
            .is_some_and(|(_, oldest)| self.is_over(oldest, now))
        {
            entries.pop_lru();
        }
    }

    pub(super) fn remove(&self, stream: &StreamName) {
        self.lock().pop(stream);
    }

    fn is_over(&self, entry: &Entry<A>, now: Instant) -> bool {
        self.config
            .time_to_live
            .is_some_and(|time| now.duration_since(entry.used) >= time)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<StreamName, Entry<A>, Keyed>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A> fmt::Debug for Cache<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
