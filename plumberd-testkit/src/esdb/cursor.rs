//! A place in a stream, or in everything, that moves on page by page.

use super::engine::Engine;
use plumberd::{
    event::RecordedEvent,
    store::{Direction, EventStream, Page, ReadFrom, ReadOptions, StoreError},
    stream::{Position, Revision, StreamName},
};

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Stream(StreamName),
    All,
}

impl Source {
    /// What names the place of an event in it.
    fn place(&self, event: &RecordedEvent) -> u64 {
        match self {
            Self::Stream(_) => event.revision.as_u64(),
            Self::All => event.position.as_u64(),
        }
    }
}

/// Reads pages of what it is at, with links as they are.
#[derive(Debug)]
pub(super) struct Cursor {
    engine: Engine,
    source: Source,
    direction: Direction,
    from: ReadFrom<u64>,
    /// How many events are left to read; everything when it does not say.
    left: Option<u64>,
    open: Option<EventStream>,
}

impl Cursor {
    pub(super) const fn new(
        engine: Engine,
        source: Source,
        direction: Direction,
        from: ReadFrom<u64>,
    ) -> Self {
        Self {
            engine,
            source,
            direction,
            from,
            left: None,
            open: None,
        }
    }

    /// At most so many events.
    pub(super) const fn limit(mut self, limit: u64) -> Self {
        self.left = Some(limit);
        self
    }

    /// The next page, never an empty one; none when there is nothing more for
    /// now. Asked again, it looks for what has come since.
    pub(super) async fn next_page(&mut self) -> Result<Option<Page>, StoreError> {
        loop {
            let open = self.open.take();
            let is_fresh = open.is_none();
            let mut events = open.unwrap_or_else(|| self.begin());
            match events.next_page().await {
                Ok(Some(page)) => {
                    self.advance(&page);
                    self.open = Some(events);
                    return Ok(Some(page));
                }
                Ok(None) if is_fresh => return Ok(None),
                // It ended where the stream did when its last page was read:
                // what has come since would be missed without another look.
                // And what was hidden meanwhile is passed over: a read that
                // begins here finds what is left.
                Ok(None) | Err(StoreError::ChangedWhileRead { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn advance(&mut self, page: &Page) {
        if let Some(last) = page.last() {
            self.from = ReadFrom::After(self.source.place(last));
        }
        self.left = self.left.map(|left| left.saturating_sub(page.len() as u64));
    }

    fn begin(&self) -> EventStream {
        match &self.source {
            Source::Stream(stream) => {
                let options = self.options(Revision::new);
                self.engine.read_stream(stream, options)
            }
            Source::All => self.engine.read_all(self.options(Position::new)),
        }
    }

    fn options<P>(&self, place: impl Fn(u64) -> P) -> ReadOptions<P> {
        let mut options = match self.direction {
            Direction::Forwards => ReadOptions::forwards(),
            Direction::Backwards => ReadOptions::backwards(),
        };
        options.limit = self.left;
        options.from(match self.from {
            ReadFrom::Start => ReadFrom::Start,
            ReadFrom::End => ReadFrom::End,
            ReadFrom::At(number) => ReadFrom::At(place(number)),
            ReadFrom::After(number) => ReadFrom::After(place(number)),
        })
    }
}
