use super::{
    EventStoreV1,
    convert::Receiver,
    error::{CallError, corrupt},
    prefetch::pages,
    proto::{ReadAllRequest, ReadStreamRequest},
    wire::EventData,
};
use crate::{
    event::RecordedEvent,
    store::{Direction, EventStream, Filter, Page, StoreError, toolkit::rules::ReadWindow},
    stream::{Revision, StreamName, TenantId},
};
use std::sync::Arc;

/// The highest number there is, and so what a read from the end begins with:
/// servers on a database count with a sign, and a higher one is negative there.
pub(super) const LAST: u64 = Revision::MAX.as_u64();

/// Where a stream, or a tenant's part of the store, ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The nonce of the last event: of the stream, or of the store. 0: none.
    pub(super) nonce: u64,
}

/// What one call read, and whether there is nothing after it.
pub(super) struct Read {
    pub(super) events: Vec<RecordedEvent>,
    pub(super) end: bool,
}

impl Read {
    /// There is nothing.
    const EMPTY: Self = Self {
        events: Vec::new(),
        end: true,
    };

    /// `is_end` is said too early by some servers when the page is full, and
    /// too late by others; only with a page that is not full it is believed.
    fn new(
        tenant: &TenantId,
        events: Vec<EventData>,
        is_end: bool,
        asked: u32,
    ) -> Result<Self, StoreError> {
        let short = u64::try_from(events.len()).unwrap_or(u64::MAX) < u64::from(asked);
        let end = events.is_empty() || (is_end && short);
        let mut receiver = Receiver::new(tenant);
        let events = events.into_iter().map(|event| receiver.event(event));
        Ok(Self {
            events: events.collect::<Result<_, _>>()?,
            end,
        })
    }

    /// That this page of a stream goes on backwards at the nonce `from`, where
    /// the page before it stopped: a stream loses no event.
    pub(super) fn goes_on_at(&self, from: u64) -> Result<(), StoreError> {
        match self.events.first() {
            Some(first) if first.revision.as_u64() + 1 == from => Ok(()),
            _ => Err(corrupt(format!("the event of the nonce {from} is missing"))),
        }
    }
}

/// Where a call begins to read; `None` when nothing can be there.
fn start(from: u64, direction: Direction) -> Option<u64> {
    match direction {
        Direction::Backwards => Some(from.min(LAST)),
        Direction::Forwards => (from <= LAST).then_some(from),
    }
}

impl EventStoreV1 {
    /// Events of `stream` from the nonce `from` on, in this direction.
    pub(super) async fn read_nonces(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        from: u64,
        direction: Direction,
        count: u32,
    ) -> Result<Read, StoreError> {
        let Some(from) = start(from, direction) else {
            return Ok(Read::EMPTY);
        };
        let answer = self
            .connection
            .ask(|client| {
                let request = self.connection.request(ReadStreamRequest {
                    tenant_id: tenant.as_str().to_owned(),
                    aggregate_id: stream.as_str().to_owned(),
                    from_aggregate_nonce: from,
                    max_count: count,
                    forward: direction == Direction::Forwards,
                });
                async move { client.read_stream(request).await }
            })
            .await
            .map_err(CallError::into_read_error)?;
        let read = Read::new(tenant, answer.events, answer.is_end, count)?;
        if read.events.iter().any(|event| event.stream != *stream) {
            return Err(corrupt(format!("a read of `{stream}` has other events")));
        }
        in_order(
            &read.events,
            |event| event.revision.as_u64() + 1,
            from,
            direction,
        )?;
        let numbers = read.events.iter().map(|event| event.revision.as_u64());
        let gap = numbers
            .clone()
            .zip(numbers.skip(1))
            .any(|(a, b)| a.abs_diff(b) != 1);
        let late = direction == Direction::Forwards
            && (read.events.first()).is_some_and(|first| first.revision.as_u64() + 1 > from);
        if gap || late {
            return Err(corrupt(format!("events of `{stream}` are missing")));
        }
        Ok(read)
    }

    /// Events of all streams of `tenant` from the position `from` on.
    pub(super) async fn read_positions(
        &self,
        tenant: &TenantId,
        from: u64,
        direction: Direction,
        count: u32,
    ) -> Result<Read, StoreError> {
        let Some(from) = start(from, direction) else {
            return Ok(Read::EMPTY);
        };
        let answer = self
            .connection
            .ask(|client| {
                let request = self.connection.request(ReadAllRequest {
                    tenant_id: tenant.as_str().to_owned(),
                    from_global_nonce: from,
                    max_count: count,
                    forward: direction == Direction::Forwards,
                });
                async move { client.read_all(request).await }
            })
            .await
            .map_err(CallError::into_read_error)?;
        let read = Read::new(tenant, answer.events, answer.is_end, count)?;
        in_order(
            &read.events,
            |event| event.position.as_u64(),
            from,
            direction,
        )?;
        Ok(read)
    }

    /// The last event of `stream` up to the nonce `from`.
    pub(super) async fn last_event(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        from: u64,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let read = self
            .read_nonces(tenant, stream, from, Direction::Backwards, 1)
            .await?;
        Ok(read.events.into_iter().next())
    }

    /// Where `stream` ends.
    pub(super) async fn stream_head(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
    ) -> Result<Head, StoreError> {
        let last = self.last_event(tenant, stream, LAST).await?;
        Ok(Head {
            nonce: last.map_or(0, |last| last.revision.as_u64() + 1),
        })
    }

    /// Where the tenant's events end.
    pub(super) async fn store_head(&self, tenant: &TenantId) -> Result<Head, StoreError> {
        let read = self
            .read_positions(tenant, LAST, Direction::Backwards, 1)
            .await?;
        Ok(Head {
            nonce: read.events.first().map_or(0, |last| last.position.as_u64()),
        })
    }

    /// The pages of a read of `stream`.
    pub(super) fn stream_pages(
        self,
        tenant: TenantId,
        stream: StreamName,
        window: ReadWindow,
    ) -> EventStream {
        pages(window, move |mut window, begun| {
            let (store, tenant, stream) = (self.clone(), tenant.clone(), stream.clone());
            async move {
                let page = store
                    .stream_page(&tenant, &stream, &mut window, begun)
                    .await;
                (page, window)
            }
        })
    }

    async fn stream_page(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        window: &mut ReadWindow,
        begun: bool,
    ) -> Result<Option<Page>, StoreError> {
        let Some((low, high)) = window.bounds() else {
            return Ok(None);
        };
        let backwards = window.direction() == Direction::Backwards;
        let from = match window.direction() {
            // The servers' own `next_from` is wrong backwards.
            Direction::Backwards => high.saturating_add(1),
            Direction::Forwards => low.saturating_add(1),
        };
        let most = self.connection.config().page_size;
        let count = u32::try_from(window.page(most as usize)).unwrap_or(most);
        let read = self
            .read_nonces(tenant, stream, from, window.direction(), count)
            .await?;
        if backwards && begun {
            read.goes_on_at(from)?;
        }
        if let Some(last) = read.events.last() {
            window.advance(last.revision.as_u64(), read.events.len());
        }
        // Backwards the first event of the stream is the end, and no other.
        if read.events.is_empty() || (read.end && !backwards) {
            window.finish();
        }
        Ok(Some(read.events.into()))
    }

    /// The pages of a read of all streams.
    pub(super) fn all_pages(
        self,
        tenant: TenantId,
        filter: Filter,
        window: ReadWindow,
    ) -> EventStream {
        let filter = Arc::new(filter);
        pages(window, move |mut window, _| {
            let (store, tenant, filter) = (self.clone(), tenant.clone(), Arc::clone(&filter));
            async move {
                let page = store.all_page(&tenant, &filter, &mut window).await;
                (page, window)
            }
        })
    }

    async fn all_page(
        &self,
        tenant: &TenantId,
        filter: &Filter,
        window: &mut ReadWindow,
    ) -> Result<Option<Page>, StoreError> {
        let Some((low, high)) = window.bounds() else {
            return Ok(None);
        };
        let from = match window.direction() {
            Direction::Backwards if high == 0 => return Ok(None),
            Direction::Backwards => high,
            Direction::Forwards => low.max(1),
        };
        // What the filter leaves out does not count, so the page is whole.
        let count = self.connection.config().page_size;
        let read = self
            .read_positions(tenant, from, window.direction(), count)
            .await?;
        let last = read.events.last().map(|last| last.position.as_u64());
        let mut passed = read.events;
        passed.retain(|event| filter.matches_event(event));
        passed.truncate(window.page(usize::MAX));
        if let Some(last) = last {
            window.advance(last, passed.len());
        }
        if read.end {
            window.finish();
        }
        Ok(Some(passed.into()))
    }
}

/// A reader goes on after the last event of a page, so it must be the furthest.
fn in_order(
    events: &[RecordedEvent],
    number: impl Fn(&RecordedEvent) -> u64,
    from: u64,
    direction: Direction,
) -> Result<(), StoreError> {
    let first = events.first().map(&number);
    let kept = match direction {
        Direction::Forwards => {
            first.is_none_or(|first| first >= from)
                && events.is_sorted_by(|a, b| number(a) < number(b))
        }
        Direction::Backwards => {
            first.is_none_or(|first| first <= from)
                && events.is_sorted_by(|a, b| number(a) > number(b))
        }
    };
    if kept {
        return Ok(());
    }
    Err(corrupt("a page of events is not in order"))
}
