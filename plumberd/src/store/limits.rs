/// The largest event and batch a store takes.
///
/// They bound memory, and keep one client from filling a store with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of data and metadata of one event. 1 MiB by default, as
    /// EventStoreDB's append limit.
    pub event_bytes: usize,
    /// Events of one append. 10,000 by default.
    pub batch_events: usize,
    /// Bytes of data and metadata of one append. 16 MiB by default.
    pub batch_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_bytes: 1 << 20,
            batch_events: 10_000,
            batch_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// With this many bytes for one event.
    #[must_use]
    pub const fn with_event_bytes(mut self, bytes: usize) -> Self {
        self.event_bytes = bytes;
        self
    }

    /// With this many events for one append.
    #[must_use]
    pub const fn with_batch_events(mut self, events: usize) -> Self {
        self.batch_events = events;
        self
    }

    /// With this many bytes for one append.
    #[must_use]
    pub const fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }
}
