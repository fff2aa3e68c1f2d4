//! Reading one stream.

use super::{
    Shared,
    client::Line,
    convert::resolved,
    failure::{CallError, Failure},
    read_deadline::ReadDeadline,
    reading::{Items, Reading, Request},
    runtime,
};
use crate::{
    event::RecordedEvent,
    store::{Direction, EventStream, Page, ReadOptions, StoreError, toolkit::rules::ReadWindow},
    stream::{Revision, StreamName},
};
use futures_util::stream;
use std::sync::{Arc, atomic::Ordering};
use tokio::time::Instant;

/// A read of a stream, from its first page to its last.
struct StreamRead {
    shared: Arc<Shared>,
    stream: StreamName,
    window: ReadWindow,
    reading: Option<Reading>,
    deadline: ReadDeadline,
    /// The last revision there was when the server first said that it had sent
    /// all; a forward read must come so far.
    goal: Option<Revision>,
    /// Whether an event has come since the server was last asked.
    advanced: bool,
}

impl Shared {
    pub(super) fn read_stream(
        self: &Arc<Self>,
        stream: &StreamName,
        options: ReadOptions<Revision>,
    ) -> EventStream {
        let read = StreamRead {
            shared: Arc::clone(self),
            stream: stream.clone(),
            window: ReadWindow::of_stream(&options),
            reading: None,
            deadline: ReadDeadline::while_it_goes_on(&self.connection),
            goal: None,
            advanced: false,
        };
        let pages = stream::try_unfold(read, |mut read| async move {
            Ok(read.next_page().await?.map(|page| (page, read)))
        });
        EventStream::from_pages(runtime::yields(pages))
    }

    /// Counts links that were to be resolved and lead nowhere.
    pub(super) fn count_unresolved(&self, events: &[RecordedEvent]) {
        let unresolved = events.iter().filter(|event| event.is_unresolved_link());
        let count = unresolved.count() as u64;
        if count > 0 {
            self.unresolved_links.fetch_add(count, Ordering::Relaxed);
            let stream = events[0]
                .link
                .as_ref()
                .map_or(&events[0].stream, |link| &link.stream);
            tracing::warn!(%stream, count, "links point to events that are gone");
        }
    }
}

impl StreamRead {
    async fn next_page(&mut self) -> Result<Option<Page>, StoreError> {
        // No reader waited meanwhile.
        self.deadline.renew();
        loop {
            let Some(request) = self.request() else {
                return Ok(None);
            };
            let items = match self.fetch(request).await {
                Ok(items) => items,
                Err(error) => {
                    self.reading = None;
                    self.after_failure(error).await?;
                    continue;
                }
            };
            let ended = items.ended;
            let last_revision = items.last_revision;
            let events = self.take(items)?;
            if !events.is_empty() {
                self.deadline.renew();
                self.advanced = true;
            }
            if ended {
                self.end(last_revision.map(Revision::new)).await?;
            }
            if !events.is_empty() {
                return Ok(Some(events.into()));
            }
        }
    }

    /// What is left to be asked for; `None` when nothing is.
    fn request(&self) -> Option<Request> {
        let (low, high) = self.window.bounds()?;
        let count = self.window.page(usize::MAX);
        let request = Request::new(&self.stream).resolve_links(self.window.resolves_links());
        match self.window.direction() {
            // No event that can be read has the highest revision.
            Direction::Forwards if low >= Revision::MAX.as_u64() => None,
            Direction::Forwards => Some(request.forwards_from(low, count)),
            Direction::Backwards => Some(request.backwards_from(high, count)),
        }
    }

    async fn fetch(&mut self, request: Request) -> Result<Items, CallError> {
        let connection = &self.shared.connection;
        let ends = self.deadline.ends();
        // A single event is not left lying.
        let line = match self.window.page(usize::MAX) {
            ..=1 => Line::Calls,
            _ => Line::Reads,
        };
        let reading = match &mut self.reading {
            Some(reading) => reading,
            none => {
                self.advanced = false;
                none.insert(Reading::of_stream(connection, line, request, ends).await?)
            }
        };
        reading.next(connection, ends).await
    }

    fn take(&mut self, items: Items) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = Vec::with_capacity(items.events.len());
        for event in items.events {
            events.push(resolved(event)?);
        }
        let Some(last) = events.last() else {
            return Ok(events);
        };
        let (last, position) = (last.read_revision(), last.read_position());
        if self.window.direction() == Direction::Forwards {
            let resumes = self.window.resumes_at();
            let mut next = resumes.unwrap_or(events[0].read_revision().as_u64());
            for event in &events {
                if event.read_revision().as_u64() != next {
                    return Err(self.changed());
                }
                next = next.saturating_add(1);
            }
        }
        self.window.advance(last.as_u64(), events.len());
        self.shared.seen.saw(position.as_u64());
        if self.window.resolves_links() {
            self.shared.count_unresolved(&events);
        }
        Ok(events)
    }

    /// The server has sent all it shows. Of a forward read that had begun it
    /// must be all there was by now: events that were to come may be hidden. So
    /// it goes on as far as the stream is long now, and what is not shown then
    /// is hidden; what is appended meanwhile need not come.
    async fn end(&mut self, last: Option<Revision>) -> Result<(), StoreError> {
        self.reading = None;
        let Some(next) = self.window.resumes_at() else {
            self.window.finish();
            return Ok(());
        };
        let first = self.goal.is_none();
        if first {
            let ends = self.deadline.ends();
            self.goal = match last {
                Some(last) => Some(last),
                None => self.shared.last_revision(&self.stream, ends).await?,
            };
        }
        if self.goal.is_none_or(|goal| goal.as_u64() < next) {
            self.window.finish();
        } else if !first && !self.advanced {
            return Err(self.changed());
        }
        Ok(())
    }

    async fn after_failure(&mut self, error: CallError) -> Result<(), StoreError> {
        match error.failure() {
            Failure::NotFound => self.end(None).await,
            Failure::Deleted => Err(StoreError::StreamDeleted {
                stream: self.stream.clone(),
            }),
            Failure::Lost if error.may_resume() => {
                let Some(pause) = self.deadline.pause() else {
                    return Err(error.into_store_error());
                };
                tokio::time::sleep(pause).await;
                Ok(())
            }
            _ => Err(error.into_store_error()),
        }
    }

    fn changed(&self) -> StoreError {
        StoreError::ChangedWhileRead {
            stream: self.stream.clone(),
        }
    }
}

impl Shared {
    /// The last revision that was ever written, for a stream that had events.
    async fn last_revision(
        self: &Arc<Self>,
        stream: &StreamName,
        ends: Instant,
    ) -> Result<Option<Revision>, StoreError> {
        let visible = self.last_visible(stream, ends).await;
        match visible {
            Ok(Some(last)) => Ok(Some(last)),
            Ok(None) => Ok(self.stream_info(stream, ends).await?.last_revision),
            Err(error) if error.failure() == Failure::Deleted => Err(StoreError::StreamDeleted {
                stream: stream.clone(),
            }),
            Err(error) => Err(error.into_store_error()),
        }
    }
}
