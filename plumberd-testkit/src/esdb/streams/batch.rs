use super::batch_answer as answer;
use crate::esdb::{
    append::{Appended, Refused},
    engine::{Engine, MAX_APPEND_EVENTS},
    link::Link,
    net::Share,
    proto::{
        self, StreamIdentifier,
        google::rpc,
        streams::{
            BatchAppendReq, BatchAppendResp,
            batch_append_req::{
                self, ProposedMessage,
                options::{DeadlineOption, ExpectedStreamPosition},
            },
            batch_append_resp,
        },
    },
    status, wire,
};
use futures_util::Stream;
use plumberd::{
    clock::Clock,
    event::NewEvent,
    stream::{ExpectedRevision, Revision, StreamName},
};
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;
use tonic::{Status, Streaming};
use uuid::Uuid;

/// How many appends a session may have begun and not finished, and how many
/// bytes they may have together.
const MAX_BEGUN: usize = 1_024;
const MAX_BEGUN_BYTES: usize = 64 << 20;

/// The appends of one session, one after another in the order in which their
/// last chunks come.
pub(super) fn session(
    engine: Engine,
    link: Link,
    requests: Streaming<BatchAppendReq>,
) -> impl Stream<Item = Result<BatchAppendResp, Status>> + Send + 'static {
    let session = Session {
        share: engine.unfinished.share(),
        engine,
        link,
        begun: HashMap::new(),
        bytes: 0,
    };
    futures_util::stream::try_unfold(
        (session, requests),
        |(mut session, mut requests)| async move {
            while let Some(chunk) = requests.message().await? {
                if let Some(append) = session.take(chunk)? {
                    let answer = append.finish(&session.engine, &session.link).await;
                    return Ok(Some((answer, (session, requests))));
                }
            }
            Ok(None)
        },
    )
}

/// What was begun goes with the session when it is cut.
struct Session {
    engine: Engine,
    link: Link,
    begun: HashMap<Uuid, Append>,
    /// The bytes of all that was begun.
    bytes: usize,
    share: Share,
}

/// An append of which not all chunks have come.
struct Append {
    /// As the client wrote it.
    correlation_id: proto::Uuid,
    stream_identifier: StreamIdentifier,
    expected_position: Option<ExpectedStreamPosition>,
    target: Result<Target, rpc::Status>,
    events: Vec<NewEvent>,
    /// What it takes of the largest append.
    bytes: usize,
    /// What its events take beside that.
    overhead: usize,
}

struct Target {
    stream: StreamName,
    expected: ExpectedRevision,
    /// When the client is to be told that it took too long.
    deadline: Option<Instant>,
}

impl Session {
    /// Takes a chunk; gives the append when it was the last one of it.
    fn take(&mut self, chunk: BatchAppendReq) -> Result<Option<Append>, Status> {
        let id = wire::uuid(chunk.correlation_id.as_ref())?;
        let mut append = match self.begun.remove(&id) {
            Some(append) => append,
            None if self.begun.len() >= MAX_BEGUN => {
                return Err(Status::resource_exhausted("too many unfinished appends"));
            }
            None => {
                let append = Append::begin(
                    chunk.correlation_id.unwrap_or_default(),
                    chunk.options,
                    &self.engine.clock,
                );
                self.bytes += append.held();
                append
            }
        };
        self.bytes -= append.held();
        append.add(chunk.proposed_messages, self.engine.max_append_size);
        if chunk.is_final {
            self.share.set(self.bytes)?;
            return Ok(Some(append));
        }
        self.bytes += append.held();
        if self.bytes > MAX_BEGUN_BYTES {
            return Err(Status::resource_exhausted("too many unfinished appends"));
        }
        self.share.set(self.bytes)?;
        self.begun.insert(id, append);
        Ok(None)
    }
}

impl Append {
    fn begin(
        correlation_id: proto::Uuid,
        options: Option<batch_append_req::Options>,
        clock: &Clock,
    ) -> Self {
        let options = options.unwrap_or_default();
        Self {
            correlation_id,
            target: target(&options, clock).map_err(|error| answer::refused(&error)),
            stream_identifier: options.stream_identifier.unwrap_or_default(),
            expected_position: options.expected_stream_position,
            events: Vec::new(),
            bytes: 0,
            overhead: 0,
        }
    }

    /// How much it keeps in memory: events of no bytes too, and the name, which
    /// may be none and is answered all the same.
    fn held(&self) -> usize {
        let name = self.stream_identifier.stream_name.len();
        self.bytes
            .saturating_add(self.overhead)
            .saturating_add(name)
    }

    /// Adds events, unless the append is refused already.
    fn add(&mut self, proposed: Vec<ProposedMessage>, max_append_size: usize) {
        for proposed in proposed {
            if self.target.is_err() {
                return;
            }
            let proposed = wire::Proposed::from(proposed);
            self.bytes = self.bytes.saturating_add(proposed.size());
            if self.bytes > max_append_size || self.events.len() == MAX_APPEND_EVENTS {
                self.refuse(answer::too_large(max_append_size));
                return;
            }
            match proposed.into_event() {
                Ok(event) => {
                    self.overhead += wire::overhead(&event);
                    self.events.push(event);
                }
                Err(error) => self.refuse(answer::refused(&error)),
            }
        }
    }

    fn refuse(&mut self, refusal: rpc::Status) {
        self.events = Vec::new();
        self.bytes = 0;
        self.overhead = 0;
        self.target = Err(refusal);
    }

    /// Writes it, and answers.
    async fn finish(self, engine: &Engine, link: &Link) -> BatchAppendResp {
        let result = match self.target {
            Err(refusal) => Err(refusal),
            Ok(target) => write(engine, link, target, self.events).await,
        };
        BatchAppendResp {
            correlation_id: Some(self.correlation_id),
            stream_identifier: Some(self.stream_identifier),
            expected_stream_position: self.expected_position.map(echo),
            result: Some(match result {
                Ok(success) => batch_append_resp::Result::Success(success),
                Err(refusal) => batch_append_resp::Result::Error(refusal),
            }),
        }
    }
}

async fn write(
    engine: &Engine,
    link: &Link,
    target: Target,
    events: Vec<NewEvent>,
) -> Result<batch_append_resp::Success, rpc::Status> {
    let Target {
        stream,
        expected,
        deadline,
    } = target;
    let append = engine.append(&stream, expected, events);
    let written = match deadline {
        // What is late already is not begun.
        Some(deadline) if deadline <= Instant::now() => return Err(answer::timeout()),
        Some(deadline) => tokio::time::timeout_at(deadline, append)
            .await
            .map_err(|_| answer::timeout())?,
        None => append.await,
    };
    if let Ok(Appended {
        position: Some(_), ..
    }) = written
    {
        link.committed();
    }
    written
        .map(answer::success)
        .map_err(|refused| match refused {
            Refused::WrongExpectedVersion { actual } => {
                answer::wrong_expected_version(expected, actual)
            }
            Refused::StreamDeleted => answer::stream_deleted(&stream),
            Refused::TooLarge => answer::too_large(engine.max_append_size),
            Refused::Store(error) => answer::refused(&status::of_store(&error)),
        })
}

fn target(options: &batch_append_req::Options, clock: &Clock) -> Result<Target, Status> {
    Ok(Target {
        stream: wire::stream_name(options.stream_identifier.as_ref())?,
        expected: match options.expected_stream_position {
            Some(ExpectedStreamPosition::StreamPosition(revision)) => {
                ExpectedRevision::Exact(Revision::new(revision))
            }
            Some(ExpectedStreamPosition::NoStream(())) => ExpectedRevision::NoStream,
            Some(ExpectedStreamPosition::Any(())) => ExpectedRevision::Any,
            Some(ExpectedStreamPosition::StreamExists(())) => ExpectedRevision::StreamExists,
            None => return Err(status::missing("expected_stream_position")),
        },
        deadline: options
            .deadline_option
            .as_ref()
            .and_then(|deadline| Instant::now().checked_add(time_left(deadline, clock))),
    })
}

/// Nothing when it is over; some clients write a time of the calendar where a
/// duration belongs, which is as good as none.
fn time_left(deadline: &DeadlineOption, clock: &Clock) -> Duration {
    let (seconds, nanos) = match deadline {
        DeadlineOption::Deadline(duration) => (duration.seconds, duration.nanos),
        DeadlineOption::Deadline21100(time) => {
            let now = clock.now();
            let now_nanos = i32::try_from(now.timestamp_subsec_nanos()).unwrap_or(0);
            (
                time.seconds.saturating_sub(now.timestamp()),
                time.nanos.saturating_sub(now_nanos),
            )
        }
    };
    let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    Duration::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

fn echo(expected: ExpectedStreamPosition) -> batch_append_resp::ExpectedStreamPosition {
    use batch_append_resp::ExpectedStreamPosition as Echo;

    match expected {
        ExpectedStreamPosition::StreamPosition(revision) => Echo::StreamPosition(revision),
        ExpectedStreamPosition::NoStream(()) => Echo::NoStream(()),
        ExpectedStreamPosition::Any(()) => Echo::Any(()),
        ExpectedStreamPosition::StreamExists(()) => Echo::StreamExists(()),
    }
}

impl From<ProposedMessage> for wire::Proposed {
    fn from(message: ProposedMessage) -> Self {
        Self {
            id: message.id,
            metadata: message.metadata,
            custom_metadata: message.custom_metadata,
            data: message.data,
        }
    }
}
