//! Reading the global order. The client crate can filter only subscriptions,
//! so a forward read of few events is one that ends when it has caught up.

use super::{
    Shared,
    client::Line,
    convert::{position, resolved},
    failure::CallError,
    filter,
    follow::{Message, Messages, Target},
    read_deadline::ReadDeadline,
    reading::{Items, Reading},
    runtime,
};
use crate::{
    event::RecordedEvent,
    store::{
        Direction, EventStream, Filter, Page, ReadFrom, ReadOptions, StoreError,
        toolkit::follow::PAGE_EVENTS,
    },
    stream::Position,
};
use eventstore::StreamPosition;
use futures_util::stream;
use std::sync::Arc;
use tokio::time::timeout_at;

/// A read of everything, from its first page to its last.
struct AllRead {
    shared: Arc<Shared>,
    line: Line,
    filter: Filter,
    direction: Direction,
    resolve_links: bool,
    /// Where what is left begins; `None` when nothing is.
    from: Option<ReadFrom<Position>>,
    left: u64,
    source: Source,
    deadline: ReadDeadline,
}

/// Where events come from.
enum Source {
    NotAsked,
    Reading(Box<Reading>),
    Filtered(Messages),
}

impl Shared {
    pub(super) fn read_all(
        self: &Arc<Self>,
        options: ReadOptions<Position>,
        filter: Filter,
    ) -> EventStream {
        self.read_all_over(Line::Reads, options, filter)
    }

    /// As [`Shared::read_all`]; who takes all of it at once may say that it is
    /// a call.
    pub(super) fn read_all_over(
        self: &Arc<Self>,
        line: Line,
        options: ReadOptions<Position>,
        filter: Filter,
    ) -> EventStream {
        if let Err(error) = filter::check(&filter) {
            return EventStream::failed(error);
        }
        let read = AllRead {
            shared: Arc::clone(self),
            line,
            filter,
            direction: options.direction,
            resolve_links: options.resolve_links,
            from: begin(options.direction, options.from),
            left: options.limit.unwrap_or(u64::MAX),
            source: Source::NotAsked,
            deadline: ReadDeadline::while_it_goes_on(&self.connection),
        };
        let pages = stream::try_unfold(read, |mut read| async move {
            Ok(read.next_page().await?.map(|page| (page, read)))
        });
        EventStream::from_pages(runtime::yields(pages))
    }

    /// Whether everything that passes `filter` was seen, by who has seen
    /// everything up to `seen`; moves `seen` to the newest event looked at.
    pub(super) async fn has_seen_all(
        self: &Arc<Self>,
        seen: &mut Option<u64>,
        filter: &Filter,
    ) -> Result<bool, StoreError> {
        let after = seen.map_or(ReadFrom::Start, |seen| ReadFrom::After(Position::new(seen)));
        let everything = Filter::new().with_system_events();
        let mut all = self.read_plain(after, everything);
        while let Some(page) = all.next_page().await? {
            for event in page.iter() {
                let (stream, kind) = (event.stream.as_str(), event.event_type.as_str());
                if filter.matches_event(event) || filter.matches_deletion_in(stream, kind) {
                    return Ok(false);
                }
                *seen = Some(event.position.as_u64());
            }
        }
        Ok(true)
    }

    fn read_plain(self: &Arc<Self>, from: ReadFrom<Position>, filter: Filter) -> EventStream {
        self.read_all(ReadOptions::forwards().from(from), filter)
    }
}

/// Where a read begins; `None` where there is nothing in its direction.
fn begin(direction: Direction, from: ReadFrom<Position>) -> Option<ReadFrom<Position>> {
    // The server's numbers have a sign.
    let beyond = |position: Position| position.as_u64() > i64::MAX as u64;
    match (direction, from) {
        (Direction::Forwards, ReadFrom::End) | (Direction::Backwards, ReadFrom::Start) => None,
        (Direction::Forwards, ReadFrom::At(place) | ReadFrom::After(place)) if beyond(place) => {
            None
        }
        (Direction::Backwards, ReadFrom::At(place) | ReadFrom::After(place)) if beyond(place) => {
            Some(ReadFrom::End)
        }
        (_, from) => Some(from),
    }
}

impl AllRead {
    async fn next_page(&mut self) -> Result<Option<Page>, StoreError> {
        // No reader waited meanwhile.
        self.deadline.renew();
        while let Some(from) = self.from
            && self.left > 0
        {
            let events = if filter::is_narrow(&self.filter) && self.direction == Direction::Forwards
            {
                self.narrow_page(from).await?
            } else {
                self.plain_page(from).await?
            };
            self.left = self.left.saturating_sub(events.len() as u64);
            if !events.is_empty() {
                if self.resolve_links {
                    self.shared.count_unresolved(&events);
                }
                return Ok(Some(events.into()));
            }
        }
        Ok(None)
    }

    /// What the server sends, as far as it passes the filter.
    async fn plain_page(
        &mut self,
        from: ReadFrom<Position>,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        // Backwards the server leaves the event at the place out.
        if let (Direction::Backwards, ReadFrom::At(place), Source::NotAsked) =
            (self.direction, from, &self.source)
        {
            return self.event_at(place).await;
        }
        let items = match self.fetch(from).await {
            Ok(items) => items,
            Err(error) => {
                self.source = Source::NotAsked;
                self.after_failure(error).await?;
                return Ok(Vec::new());
            }
        };
        let ended = items.ended;
        let mut events = Vec::new();
        for event in items.events {
            let event = resolved(event)?;
            let place = event.read_position();
            self.deadline.renew();
            // Forwards the server begins with the event at the place.
            if matches!(from, ReadFrom::After(seen) if seen == place) {
                continue;
            }
            self.from = Some(ReadFrom::After(place));
            self.shared.seen.saw(place.as_u64());
            if self.passes(&event) && (events.len() as u64) < self.left {
                events.push(event);
            }
        }
        if ended {
            self.from = None;
        }
        Ok(events)
    }

    async fn fetch(&mut self, from: ReadFrom<Position>) -> Result<Items, CallError> {
        let connection = &self.shared.connection;
        let ends = self.deadline.ends();
        if !matches!(self.source, Source::Reading(_)) {
            let begin = match from {
                ReadFrom::Start => StreamPosition::Start,
                ReadFrom::End => StreamPosition::End,
                ReadFrom::At(place) | ReadFrom::After(place) => {
                    StreamPosition::Position(position(place))
                }
            };
            // One more, which is left out.
            let count = if is_plain(&self.filter) {
                usize::try_from(self.left.saturating_add(1)).unwrap_or(usize::MAX)
            } else {
                usize::MAX
            };
            let reading = Reading::of_all(
                connection,
                self.line,
                begin,
                self.direction,
                count,
                self.resolve_links,
                ends,
            );
            self.source = Source::Reading(Box::new(reading.await?));
        }
        match &mut self.source {
            Source::Reading(reading) => reading.next(connection, ends).await,
            Source::NotAsked | Source::Filtered(_) => Ok(Items::default()),
        }
    }

    /// What a subscription sends until it has caught up.
    async fn narrow_page(
        &mut self,
        from: ReadFrom<Position>,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        // A subscription begins after its place.
        if let (ReadFrom::At(place), Source::NotAsked) = (from, &self.source) {
            return self.event_at(place).await;
        }
        if !matches!(self.source, Source::Filtered(_)) {
            let after = match from {
                ReadFrom::After(place) => Some(place.as_u64()),
                _ => None,
            };
            let target = Target::All {
                filter: self.filter.clone(),
                resolve_links: self.resolve_links,
                deletions: false,
            };
            let begun =
                Messages::begin(&self.shared, self.line, target, after, self.deadline.ends());
            self.source = Source::Filtered(begun.await?);
        }
        let Source::Filtered(messages) = &mut self.source else {
            return Ok(Vec::new());
        };
        let mut events = Vec::new();
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(PAGE_EVENTS);
        while events.len() < most {
            let message = if events.is_empty() {
                match timeout_at(self.deadline.ends(), messages.next()).await {
                    Ok(message) => message,
                    Err(_) => return Err(self.shared.connection.late().into_store_error()),
                }
            } else if let Some(message) = messages.try_next() {
                message
            } else {
                break;
            };
            match message {
                Message::Event(event) => {
                    self.deadline.renew();
                    self.from = Some(ReadFrom::After(event.read_position()));
                    events.push(event);
                }
                Message::CaughtUp => {
                    self.from = None;
                    break;
                }
                Message::Failed(error) => return Err(error),
                Message::Checkpoint(_) => self.deadline.renew(),
                // The subscription goes on trying for ever, and a read does not.
                Message::Interrupted(error) => {
                    if self.deadline.pause().is_none() {
                        return Err(error.into_store_error());
                    }
                }
                Message::FellBehind | Message::Deleted(_) | Message::Passed(_) => {}
            }
        }
        Ok(events)
    }

    /// The event at `place`, when there is one that passes; the read goes on
    /// after it.
    async fn event_at(&mut self, place: Position) -> Result<Vec<RecordedEvent>, StoreError> {
        let connection = &self.shared.connection;
        let from = StreamPosition::Position(position(place));
        let ends = self.deadline.ends();
        let read = async {
            let mut reading = Reading::of_all(
                connection,
                Line::Calls,
                from,
                Direction::Forwards,
                1,
                self.resolve_links,
                ends,
            )
            .await?;
            reading.next(connection, ends).await
        };
        let items = match read.await {
            Ok(items) => items,
            Err(error) => {
                self.after_failure(error).await?;
                return Ok(Vec::new());
            }
        };
        self.from = Some(ReadFrom::After(place));
        let Some(event) = items.events.into_iter().next() else {
            return Ok(Vec::new());
        };
        let event = resolved(event)?;
        let fits = event.read_position() == place && self.passes(&event);
        Ok(fits.then_some(event).into_iter().collect())
    }

    /// A link passes by what it is itself.
    fn passes(&self, event: &RecordedEvent) -> bool {
        match &event.link {
            Some(link) => self
                .filter
                .matches(link.stream.as_str(), RecordedEvent::LINK),
            None => self.filter.matches_event(event),
        }
    }

    async fn after_failure(&mut self, error: CallError) -> Result<(), StoreError> {
        let pause = || self.deadline.pause();
        let Some(pause) = error.may_resume().then(pause).flatten() else {
            return Err(error.into_store_error());
        };
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Whether it lets everything through, so that the server can count.
fn is_plain(filter: &Filter) -> bool {
    filter.includes_system_events() && !filter::is_narrow(filter)
}
