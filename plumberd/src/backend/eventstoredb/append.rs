//! Appending: through a session, and once more by itself when the session was
//! lost under it.

use super::{
    BACKEND, Shared,
    convert::{event_data, expected_revision, wire_size},
    failure::{CallError, Failure, not_begun},
    reading::{Request, read_backwards},
    session::{Answer, Sent},
};
use crate::{
    event::NewEvent,
    retry::{Backoff, RetryPolicy},
    store::{AppendOutcome, Limits, StoreError, toolkit::rules},
    stream::{ExpectedRevision, Position, Revision, StreamName},
};
use eventstore::{AppendToStreamOptions, EventData};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// What the server takes in one append.
const MAX_APPEND_BYTES: usize = 1 << 20;

/// What of it an event may take: the rest is for its type, and for what may be
/// put in front of its metadata.
const MAX_EVENT_BYTES: usize = MAX_APPEND_BYTES - 4096;

/// Between two attempts to reach the server.
const PAUSES: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(u32::MAX)
    .with_pauses(Duration::from_millis(20), Duration::from_secs(1));

pub(super) fn limits() -> Limits {
    Limits::default()
        .with_event_bytes(MAX_EVENT_BYTES)
        .with_batch_bytes(MAX_EVENT_BYTES)
}

/// An append that is being made.
struct Append<'a> {
    shared: &'a Arc<Shared>,
    stream: &'a StreamName,
    expected: ExpectedRevision,
    data: Vec<EventData>,
    ends: Instant,
    /// Whether anything was sent.
    sent: bool,
    /// Whether the answer to something that was sent was lost.
    lost_before: bool,
}

impl Shared {
    pub(super) async fn append(
        self: &Arc<Self>,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        rules::check_batch(stream, &events, &limits())?;
        check_wire_size(&events)?;
        let mut append = Append {
            shared: self,
            stream,
            expected,
            data: events.iter().map(event_data).collect(),
            ends: self.connection.ends(),
            sent: false,
            lost_before: false,
        };
        self.learn_newest(append.ends).await;
        if append.left().is_zero() {
            return Err(append.unknown(self.connection.late()));
        }
        let under_way = self.seen.begin();
        match append.send().await? {
            Answer::Success { revision, position } => {
                let count = events.len() as u64;
                let last = revision.filter(|last| last.saturating_add(1) >= count);
                let Some(last) = last else {
                    return Err(append.unknown(unexpected("a revision")));
                };
                let first = Revision::new(last + 1 - count);
                let last = Revision::new(last);
                // A server that recognises a batch may leave the position out.
                let Some(position) = position.filter(|position| i64::try_from(*position).is_ok())
                else {
                    let position = self.position_of(stream, last, append.ends).await?;
                    return Ok(AppendOutcome::already_applied(first, last, position));
                };
                Ok(if under_way.was_there(position) {
                    AppendOutcome::already_applied(first, last, Position::new(position))
                } else {
                    AppendOutcome::written(first, last, Position::new(position))
                })
            }
            // Said of a deleted stream too, to who expects that it exists.
            Answer::Deleted | Answer::Conflict => {
                let decided = self.decide_conflict(stream, expected, &events, append.ends);
                decided.await.map_err(|error| append.undecided(error))
            }
        }
    }

    /// Asks once for the newest position, so that a batch which was there
    /// before is known as such.
    async fn learn_newest(self: &Arc<Self>, ends: Instant) {
        let ask = || async {
            match self.newest_position(ends).await {
                Ok(newest) => {
                    self.seen.saw(newest.map_or(0, Position::as_u64));
                    Ok(())
                }
                // Who may not read everything learns by its own appends.
                Err(StoreError::Forbidden { .. } | StoreError::Backend { .. }) => Ok(()),
                Err(_) => Err(()),
            }
        };
        // When the server cannot be reached, the append itself will say so.
        let asked = self.seen.asked.get_or_try_init(ask);
        // Those who wait for one another's question have no more time for it.
        let _ = tokio::time::timeout_at(ends, asked).await;
    }

    async fn position_of(
        self: &Arc<Self>,
        stream: &StreamName,
        revision: Revision,
        ends: Instant,
    ) -> Result<Position, StoreError> {
        let request = Request::new(stream).backwards_from(revision.as_u64(), 1);
        let found = read_backwards(&self.connection, request, ends).await;
        let event = found
            .map_err(|error| outcome_unknown(stream, error))?
            .into_iter()
            .find_map(|event| event.event)
            .filter(|event| event.revision == revision.as_u64())
            .ok_or_else(|| outcome_unknown(stream, unexpected("the event")))?;
        Ok(Position::new(event.position.commit))
    }
}

impl Append<'_> {
    /// Sends the batch until the server answers it, or the deadline is over.
    /// Every event has its id, so that sending it again is safe.
    async fn send(&mut self) -> Result<Answer, StoreError> {
        // The rest is for the case that the session does not answer.
        let until = Instant::now() + self.left() / 2;
        let expected = expected_revision(self.expected);
        let sent = self
            .shared
            .sessions
            .append(
                &self.shared.connection,
                self.stream,
                expected,
                self.data.clone(),
                until,
            )
            .await;
        let mut error = match sent {
            Sent::Answer(answer) => return Ok(answer),
            Sent::Unknown(error) => {
                self.sent = true;
                error
            }
            Sent::Unsent(error) => error,
        };
        // Of an append that the server refused nothing was written.
        self.lost_before = self.sent && error.leaves_open();
        let mut backoff = Backoff::new(PAUSES);
        loop {
            // By itself: what another writer does wrong cannot end it.
            match self.send_alone().await {
                Ok(answer) => return Ok(answer),
                // What came before says more of why.
                Err(CallError::TimedOut(_)) => return Err(self.unknown(error)),
                Err(refused) if refused.failure() != Failure::Lost => {
                    return Err(self.failed(refused));
                }
                Err(lost) => {
                    self.lost_before = self.sent;
                    error = lost;
                }
            }
            let pause = backoff.next_pause().unwrap_or(PAUSES.cap);
            if pause >= self.left() {
                return Err(self.unknown(error));
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn send_alone(&mut self) -> Result<Answer, CallError> {
        let connection = &self.shared.connection;
        let mut options = AppendToStreamOptions::default()
            .expected_revision(expected_revision(self.expected))
            .deadline(self.left());
        if let Some(credentials) = connection.credentials() {
            options = options.authenticated(credentials);
        }
        let (stream, data) = (self.stream.as_str().to_owned(), self.data.clone());
        let result = connection
            .call_until(self.ends, |client| async move {
                let appended = client.append_to_stream(stream, &options, data).await;
                appended.map_err(not_begun)
            })
            .await;
        match result {
            Ok(written) => Ok(Answer::Success {
                revision: Some(written.next_expected_version),
                position: Some(written.position.commit),
            }),
            Err(error) => {
                self.sent |= !error.never_left();
                match error.failure() {
                    Failure::Conflict => Ok(Answer::Conflict),
                    Failure::Deleted => Ok(Answer::Deleted),
                    _ => Err(error),
                }
            }
        }
    }

    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// The server did not take it. Whether it had taken it before, when the
    /// answer was lost, only a refusal of the batch itself tells: that one it
    /// would have got then too.
    fn failed(&self, error: CallError) -> StoreError {
        match error.failure() {
            _ if error.leaves_open() => self.unknown(error),
            Failure::Refused => error.into_store_error(),
            _ if self.lost_before => self.unknown(error),
            _ => error.into_store_error(),
        }
    }

    /// Why it was not found out what a conflict was. The batch itself may have
    /// been in the way, when it was sent before.
    fn undecided(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Unavailable { backend, source }
            | StoreError::Unauthenticated { backend, source }
            | StoreError::Forbidden { backend, source }
            | StoreError::Backend { backend, source }
                if self.lost_before =>
            {
                StoreError::OutcomeUnknown {
                    backend,
                    stream: self.stream.clone(),
                    source,
                }
            }
            error => error,
        }
    }

    fn unknown(&self, error: CallError) -> StoreError {
        if self.sent {
            return outcome_unknown(self.stream, error);
        }
        StoreError::Unavailable {
            backend: BACKEND,
            source: error.into(),
        }
    }
}

fn outcome_unknown(stream: &StreamName, error: CallError) -> StoreError {
    StoreError::OutcomeUnknown {
        backend: BACKEND,
        stream: stream.clone(),
        source: error.into(),
    }
}

fn unexpected(what: &str) -> CallError {
    CallError::Client(eventstore::Error::InternalParsingError(format!(
        "the answer to an append lacks {what}"
    )))
}

fn check_wire_size(events: &[NewEvent]) -> Result<(), StoreError> {
    let size = events.iter().map(wire_size).fold(0, usize::saturating_add);
    if size <= MAX_APPEND_BYTES {
        return Ok(());
    }
    Err(StoreError::LimitExceeded {
        what: "the size in bytes of an append, with its event types".to_owned(),
        size: size as u64,
        limit: MAX_APPEND_BYTES as u64,
    })
}
