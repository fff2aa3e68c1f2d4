//! One read under way, page by page.

use super::{
    client::{Lease, Line},
    connection::Connection,
    failure::{CallError, Failure, not_begun},
    guarded::{guarded, guarded_in_place},
};
use crate::{
    store::{Direction, toolkit::follow::PAGE_EVENTS},
    stream::StreamName,
};
use eventstore::{
    ReadAllOptions, ReadEvent, ReadStream, ReadStreamOptions, ResolvedEvent, StreamPosition,
};
use futures_util::FutureExt;
use tokio::time::Instant;

/// What to read of a stream.
pub(super) struct Request {
    stream: String,
    options: ReadStreamOptions,
}

impl Request {
    /// Everything, forwards.
    pub(super) fn new(stream: &StreamName) -> Self {
        Self {
            stream: stream.as_str().to_owned(),
            options: ReadStreamOptions::default(),
        }
    }

    /// From this revision on.
    pub(super) fn forwards_from(mut self, revision: u64, count: usize) -> Self {
        let from = match revision {
            0 => StreamPosition::Start,
            revision => StreamPosition::Position(revision),
        };
        // The start decides the direction, unless that is set after it.
        self.options = self.options.position(from).forwards().max_count(count);
        self
    }

    /// From this revision down; from the end when no event can have it.
    pub(super) fn backwards_from(mut self, revision: u64, count: usize) -> Self {
        let from = if revision >= i64::MAX.unsigned_abs() {
            StreamPosition::End
        } else {
            StreamPosition::Position(revision)
        };
        self.options = self.options.position(from).backwards().max_count(count);
        self
    }

    /// With links followed.
    pub(super) fn resolve_links(mut self, resolve: bool) -> Self {
        if resolve {
            self.options = self.options.resolve_link_tos();
        }
        self
    }
}

/// A read that the server has begun to answer. Each step of it is given up at
/// the instant `ends`, and its client is not used again.
pub(super) struct Reading {
    /// `None` when the server has sent all.
    stream: Option<ReadStream>,
    /// A call that makes the client anew does not end this read with the old one.
    lease: Lease,
}

/// What came next.
#[derive(Default)]
pub(super) struct Items {
    pub(super) events: Vec<ResolvedEvent>,
    /// The last revision of the stream, where the server says it.
    pub(super) last_revision: Option<u64>,
    /// Whether that was all.
    pub(super) ended: bool,
}

impl Reading {
    pub(super) async fn of_stream(
        connection: &Connection,
        line: Line,
        request: Request,
        ends: Instant,
    ) -> Result<Self, CallError> {
        let lease = connection.lease_until(line, ends).await?;
        let Request {
            stream,
            mut options,
        } = request;
        if let Some(credentials) = connection.credentials() {
            options = options.authenticated(credentials);
        }
        let client = lease.client.clone();
        let opening = async move {
            let opened = client.read_stream(stream, &options).await;
            opened.map_err(not_begun)
        };
        Ok(Self {
            stream: Some(guarded(connection, &lease, ends, opening).await?),
            lease,
        })
    }

    pub(super) async fn of_all(
        connection: &Connection,
        line: Line,
        from: StreamPosition<eventstore::Position>,
        direction: Direction,
        count: usize,
        resolve_links: bool,
        ends: Instant,
    ) -> Result<Self, CallError> {
        let lease = connection.lease_until(line, ends).await?;
        // The start decides the direction, unless that is set after it.
        let mut options = ReadAllOptions::default().position(from).max_count(count);
        options = match direction {
            Direction::Forwards => options.forwards(),
            Direction::Backwards => options.backwards(),
        };
        if resolve_links {
            options = options.resolve_link_tos();
        }
        if let Some(credentials) = connection.credentials() {
            options = options.authenticated(credentials);
        }
        let client = lease.client.clone();
        let opening = async move {
            let opened = client.read_all(&options).await;
            opened.map_err(not_begun)
        };
        Ok(Self {
            stream: Some(guarded(connection, &lease, ends, opening).await?),
            lease,
        })
    }

    /// What has come, at most a page, and at least one event unless it ended.
    ///
    /// After an error there is no more. Dropping it ends the read.
    pub(super) async fn next(
        &mut self,
        connection: &Connection,
        ends: Instant,
    ) -> Result<Items, CallError> {
        let Some(stream) = self.stream.take() else {
            return Ok(Items {
                ended: true,
                ..Items::default()
            });
        };
        let page = take_page(stream);
        let (stream, items) = guarded_in_place(connection, &self.lease, ends, page).await?;
        self.stream = (!items.ended).then_some(stream);
        Ok(items)
    }
}

async fn take_page(mut stream: ReadStream) -> eventstore::Result<(ReadStream, Items)> {
    let mut items = Items::default();
    while items.events.len() < PAGE_EVENTS {
        // Where much has come and little is wanted nothing else is waited for.
        tokio::task::consume_budget().await;
        let next = if items.events.is_empty() {
            stream.next_read_event().await
        } else {
            // What has not come yet is the next page's.
            match stream.next_read_event().now_or_never() {
                Some(next) => next,
                None => break,
            }
        };
        match next {
            Ok(Some(ReadEvent::Event(event))) => items.events.push(event),
            Ok(Some(ReadEvent::LastStreamPosition(last))) => items.last_revision = Some(last),
            Ok(Some(_)) => {}
            Ok(None) => {
                items.ended = true;
                break;
            }
            // What came before it on this page is read again, or never was.
            Err(error) => return Err(error),
        }
    }
    Ok((stream, items))
}

/// A short read backwards, whole; empty when there is no stream.
pub(super) async fn read_backwards(
    connection: &Connection,
    request: Request,
    ends: Instant,
) -> Result<Vec<ResolvedEvent>, CallError> {
    let mut events = Vec::new();
    let mut reading = match Reading::of_stream(connection, Line::Calls, request, ends).await {
        Err(error) if is_missing(&error) => return Ok(events),
        reading => reading?,
    };
    loop {
        match reading.next(connection, ends).await {
            Ok(items) => {
                events.extend(items.events);
                if items.ended {
                    return Ok(events);
                }
            }
            Err(error) if is_missing(&error) => return Ok(events),
            Err(error) => return Err(error),
        }
    }
}

/// Whether there are no events to read, which is no failure.
pub(super) fn is_missing(error: &CallError) -> bool {
    error.failure() == Failure::NotFound
}
