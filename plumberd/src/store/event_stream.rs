use super::StoreError;
use crate::event::RecordedEvent;
use futures_core::Stream;
use futures_util::{StreamExt, stream::BoxStream};
use std::{
    fmt,
    ops::{Deref, Range},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// Events that are read page by page as they are asked for.
///
/// A `Stream` of `Result<RecordedEvent, StoreError>`; it ends after an error.
/// Who handles many events takes whole pages with [`EventStream::next_page`],
/// which copies nothing.
///
/// Dropping it ends the read.
pub struct EventStream {
    pages: BoxStream<'static, Result<Page, StoreError>>,
    current: Page,
    ended: bool,
}

impl EventStream {
    /// The events of these pages, one after another.
    pub fn from_pages(
        pages: impl Stream<Item = Result<Page, StoreError>> + Send + 'static,
    ) -> Self {
        Self {
            pages: pages.boxed(),
            current: Page::default(),
            ended: false,
        }
    }

    /// A read that fails with `error`.
    pub fn failed(error: StoreError) -> Self {
        Self::from_pages(futures_util::stream::iter([Err(error)]))
    }

    /// The next page, never an empty one; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the read failed; nothing follows it.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    pub async fn next_page(&mut self) -> Result<Option<Page>, StoreError> {
        if !self.current.is_empty() {
            return Ok(Some(std::mem::take(&mut self.current)));
        }
        std::future::poll_fn(|cx| self.poll_page(cx))
            .await
            .transpose()
    }

    /// The next event; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the read failed; nothing follows it.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    pub async fn next_event(&mut self) -> Result<Option<RecordedEvent>, StoreError> {
        self.next().await.transpose()
    }

    /// Every event that is left, in memory.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the read failed.
    pub async fn collect_all(mut self) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = Vec::new();
        while let Some(page) = self.next_page().await? {
            events.extend(page.iter().cloned());
        }
        Ok(events)
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, StoreError>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(self.pages.poll_next_unpin(cx)) {
                Some(Ok(page)) if page.is_empty() => {}
                Some(Ok(page)) => return Poll::Ready(Some(Ok(page))),
                Some(Err(error)) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => self.ended = true,
            }
        }
    }
}

impl Stream for EventStream {
    type Item = Result<RecordedEvent, StoreError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.current.is_empty() {
            match ready!(this.poll_page(cx)) {
                Some(Ok(page)) => this.current = page,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        Poll::Ready(this.current.pop_front().map(Ok))
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

/// Events that follow one another in a read; shared with the store where it
/// keeps them in memory.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// None where there are none.
    events: Option<Arc<Vec<RecordedEvent>>>,
    range: Range<usize>,
}

impl Page {
    /// A part of events that their store keeps too.
    ///
    /// What of `range` lies beyond the end of `events` is left out.
    pub fn shared(events: Arc<Vec<RecordedEvent>>, range: Range<usize>) -> Self {
        let end = range.end.min(events.len());
        Self {
            range: range.start.min(end)..end,
            events: Some(events),
        }
    }

    fn pop_front(&mut self) -> Option<RecordedEvent> {
        let event = self.first().cloned()?;
        self.range.start += 1;
        Some(event)
    }
}

impl From<Vec<RecordedEvent>> for Page {
    fn from(events: Vec<RecordedEvent>) -> Self {
        Self {
            range: 0..events.len(),
            events: Some(Arc::new(events)),
        }
    }
}

impl Deref for Page {
    type Target = [RecordedEvent];

    fn deref(&self) -> &[RecordedEvent] {
        let events = self.events.as_ref();
        events.map_or(&[], |events| &events[self.range.clone()])
    }
}
