/// From where, in which direction, how many.
///
/// `P` is a [`Revision`](crate::stream::Revision) in a stream, a
/// [`Position`](crate::stream::Position) in the global order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadOptions<P> {
    /// Where the read begins.
    pub from: ReadFrom<P>,
    /// Which way it goes.
    pub direction: Direction,
    /// How many events at the most; `None` reads to the end.
    pub limit: Option<u64>,
    /// Whether a link yields the event it points to. One that points to no
    /// visible event is yielded as it is, so that a reader can count it.
    pub resolve_links: bool,
}

impl<P> ReadOptions<P> {
    /// From the first event to the last.
    pub const fn forwards() -> Self {
        Self {
            from: ReadFrom::Start,
            direction: Direction::Forwards,
            limit: None,
            resolve_links: false,
        }
    }

    /// From the last event to the first.
    pub const fn backwards() -> Self {
        Self {
            from: ReadFrom::End,
            direction: Direction::Backwards,
            limit: None,
            resolve_links: false,
        }
    }

    /// Beginning here.
    #[must_use]
    pub fn from(mut self, from: ReadFrom<P>) -> Self {
        self.from = from;
        self
    }

    /// At most so many events. 0 reads nothing.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// With links followed to the events they point to.
    #[must_use]
    pub fn resolve_links(mut self) -> Self {
        self.resolve_links = true;
        self
    }
}

/// Where a read begins, seen in its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFrom<P> {
    /// Before the first event: everything forwards, nothing backwards.
    Start,
    /// After the last event: nothing forwards, everything backwards.
    End,
    /// At this place: with the event there, if there is one.
    At(P),
    /// Past this place: without the event there. Backwards it means before.
    After(P),
}

/// Which way a read goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From older to newer.
    Forwards,
    /// From newer to older.
    Backwards,
}
