use super::{Readers, Session};
use crate::{
    backend::sqlite::error::Closed,
    event::RecordedEvent,
    store::{EventStream, Page, StoreError, StreamDeleted, toolkit::rules::ReadWindow},
};
use tokio::sync::oneshot;

/// How many events the first page has: most streams are short.
const FIRST_PAGE: usize = 64;

/// Something that is read page by page.
pub(in super::super) trait PageRead: Clone + Send + Sync + 'static {
    /// Reads what is next in `window`, at most `most` events.
    fn page(
        &self,
        session: &mut Session<'_>,
        window: &ReadWindow,
        most: usize,
    ) -> Result<ReadPage, StoreError>;

    /// Reads what is next in `window` as a subscription tells it: with what was
    /// deleted. Of one stream that is what was deleted after the position
    /// `told`.
    fn follow(
        &self,
        session: &mut Session<'_>,
        window: &ReadWindow,
        most: usize,
        told: u64,
    ) -> Result<ReadPage, StoreError>;

    /// Fails when there is nothing at `after` for a subscription to go on after.
    fn check_reached(&self, session: &mut Session<'_>, after: u64) -> Result<(), StoreError>;
}

/// What was read.
pub(in super::super) struct ReadPage {
    pub(in super::super) events: Vec<RecordedEvent>,
    pub(in super::super) deleted: Vec<StreamDeleted>,
    /// What was deleted up to this position has been told.
    pub(in super::super) told: u64,
    /// Everything up to here was looked at, in the direction of the read.
    pub(in super::super) looked_at: Option<u64>,
    /// About so many events after the last one did not pass the filter.
    pub(in super::super) passed_over: u64,
    /// Whether there may be more.
    pub(in super::super) more: bool,
}

impl ReadPage {
    pub(super) fn end() -> Self {
        Self {
            events: Vec::new(),
            deleted: Vec::new(),
            told: 0,
            looked_at: None,
            passed_over: 0,
            more: false,
        }
    }
}

/// A read in progress. `H` is what keeps the store open meanwhile.
struct Reading<R, H> {
    read: R,
    readers: Readers,
    window: ReadWindow,
    page_events: usize,
    pages: usize,
    next: Option<oneshot::Receiver<Result<ReadPage, StoreError>>>,
    _open: H,
}

impl<R: PageRead, H> Reading<R, H> {
    fn request(&self) -> oneshot::Receiver<Result<ReadPage, StoreError>> {
        let most = match self.pages {
            0 => FIRST_PAGE.min(self.page_events),
            _ => self.page_events,
        };
        let (read, window) = (self.read.clone(), self.window);
        let most = window.page(most);
        self.readers
            .begin(move |session| read.page(session, &window, most))
    }

    async fn page(&mut self) -> Result<Option<Page>, StoreError> {
        if self.window.bounds().is_none() {
            return Ok(None);
        }
        let pending = self.next.take().unwrap_or_else(|| self.request());
        let page = pending.await.unwrap_or_else(|_| Err(Closed.into()))?;
        self.pages += 1;
        match page.looked_at {
            Some(looked_at) if page.more => self.window.advance(looked_at, page.events.len()),
            _ => self.window.finish(),
        }
        // Who reads a second page reads to the end: the next one is fetched
        // while this one is used.
        if self.pages > 1 && self.window.bounds().is_some() {
            self.next = Some(self.request());
        }
        Ok(Some(page.events.into()))
    }
}

/// The events of `window`, read as they are asked for.
pub(in super::super) fn event_stream<R: PageRead, H: Send + 'static>(
    read: R,
    window: ReadWindow,
    readers: Readers,
    page_events: usize,
    open: H,
) -> EventStream {
    let reading = Reading {
        read,
        readers,
        window,
        page_events,
        pages: 0,
        next: None,
        _open: open,
    };
    EventStream::from_pages(futures_util::stream::try_unfold(
        reading,
        |mut reading| async move { Ok(reading.page().await?.map(|page| (page, reading))) },
    ))
}
