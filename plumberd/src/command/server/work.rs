use super::answered::{Answered, Asked, Seen};
use crate::{
    codec::CodecError,
    command::{
        CommandFault, CommandHandlers, kept,
        names::outcome_again_id,
        reply::{Failure, Reply},
        request::Request,
    },
    event::{NewEvent, RecordedEvent},
    retry::{Backoff, RetryPolicy},
    store::{EventStore, ReadFrom, ReadOptions, StoreError},
    stream::{ExpectedRevision, Revision, StreamName},
    timer::{sleep, timeout},
};
use futures_util::future::{Either, select};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::sync::watch;
use uuid::Uuid;

/// What a command needs to be run and answered.
pub(super) struct Work {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) answered: Answered,
    pub(super) handlers: CommandHandlers,
    pub(super) handler_timeout: Duration,
    pub(super) stop: watch::Receiver<bool>,
}

/// What became of a command that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It was done, and answered.
    Executed,
    /// It failed, and that was answered.
    Failed,
    /// It had been answered before, and was not run.
    AnsweredBefore,
    /// There is no sender to answer; it was not run.
    NoSender,
    /// The store refuses the answer for good; it was run.
    Unanswered,
    /// The server ends and could not answer: the next one does.
    Interrupted,
}

impl Work {
    /// Runs the command in `event` and writes what came of it.
    pub(super) async fn run(self: Arc<Self>, event: RecordedEvent, request: Request) -> End {
        let Some((stream, id)) = request.answer_to() else {
            tracing::warn!(stream = %event.stream, revision = %event.revision, "a command names no session");
            return End::NoSender;
        };
        let asked = Asked {
            stream: &stream,
            answer: id,
            position: event.position,
            own_id: request.has_own_id(event.id),
        };
        let first = match self.look(&asked).await {
            Some(Seen::No { first }) => first,
            Some(Seen::Answered(at)) => {
                // The sender that wrote it anew, and waits, hears only what comes now.
                if asked.own_id && at < asked.position {
                    return self.answer_again(&stream, id, event.revision).await;
                }
                return End::AnsweredBefore;
            }
            None => return End::Interrupted,
        };
        if first && !asked.own_id {
            self.keep_for_a_month(&stream).await;
        }
        let name = event.event_type.clone();
        let mut reply = self.handle(event, &request).await;
        loop {
            let end = match reply.failure {
                None => End::Executed,
                Some(_) => End::Failed,
            };
            let answer = match request.answer(id, name.as_str(), &reply).await {
                Ok(answer) => self.append(&stream, answer).await,
                Err(error) => Err(Refused::Unfit(error)),
            };
            match answer {
                Ok(()) => return end,
                Err(Refused::Stopped) => return End::Interrupted,
                Err(Refused::Unfit(error)) if has_fault(&reply) => {
                    tracing::warn!(%stream, %error, "a fault is answered without its data");
                    reply.failure = Some(Failure::new(
                        CommandFault::FAILED,
                        "the command failed with a fault that no store takes".to_owned(),
                    ));
                }
                Err(Refused::Unfit(error)) => {
                    tracing::error!(%stream, %error, "a command cannot be answered");
                    return End::Unanswered;
                }
                Err(Refused::ForGood(error)) => {
                    tracing::error!(%stream, %error, "a command cannot be answered");
                    return End::Unanswered;
                }
            }
        }
    }

    /// Runs the handler, for as long as it may take.
    async fn handle(&self, event: RecordedEvent, request: &Request) -> Reply {
        let limit = self.handler_timeout;
        let handled = timeout(limit, self.handlers.run(event, request)).await;
        handled.unwrap_or_else(|_| {
            let command_id = request.command_id;
            tracing::error!(%command_id, ?limit, "a command handler was ended by its time-out");
            Reply {
                command_id,
                duration: limit,
                failure: Some(Failure::new(
                    CommandFault::FAILED,
                    format!("the handler of the command was ended by its time-out of {limit:?}"),
                )),
            }
        })
    }

    /// A sender of commands without [`Asked::own_id`] sets no limit
    /// either to how long answers are kept.
    async fn keep_for_a_month(&self, stream: &StreamName) {
        if let Err(error) = kept::keep_for_a_month(&self.store, stream).await {
            tracing::warn!(%stream, %error, "the answers of a session are kept for ever");
        }
    }

    /// Whether the command is answered; `None` when the server ends first.
    async fn look(&self, asked: &Asked<'_>) -> Option<Seen> {
        let mut patience = Patience::new();
        let stream = asked.stream;
        loop {
            let error = match self.answered.look(asked).await {
                Ok(seen) => return Some(seen),
                Err(StoreError::Closed { .. }) => return None,
                Err(error) => error,
            };
            // The command's own id makes running it again harmless.
            if is_corrupt(&error) || patience.is_over(&error) {
                tracing::warn!(%stream, %error, "whether it is answered cannot be told");
                return Some(Seen::No { first: false });
            }
            tracing::warn!(%stream, %error, "looking for an answer again");
            self.pause(&mut patience).await?;
        }
    }

    /// Writes the answer that is there once more.
    async fn answer_again(&self, stream: &StreamName, id: Uuid, command: Revision) -> End {
        let mut patience = Patience::new();
        let error = loop {
            let error = match self.stored_answer(stream, id).await {
                Ok(Some(answer)) => {
                    let again = outcome_again_id(id, command);
                    let again = NewEvent::new(again, answer.event_type, answer.data)
                        .with_content_type(answer.content_type)
                        .with_raw_metadata(answer.metadata);
                    match self.append(stream, again).await {
                        Ok(()) => return End::AnsweredBefore,
                        Err(Refused::Stopped) => return End::Interrupted,
                        Err(Refused::Unfit(error)) => break error,
                        Err(Refused::ForGood(error)) => {
                            break CodecError::caused_by("the stream takes no answer", error);
                        }
                    }
                }
                Ok(None) => break CodecError::new("the stream does not show the answer"),
                Err(StoreError::Closed { .. }) => return End::Interrupted,
                Err(error) => error,
            };
            if is_corrupt(&error) || patience.is_over(&error) {
                break CodecError::caused_by("the answer cannot be read", error);
            }
            if self.pause(&mut patience).await.is_none() {
                return End::Interrupted;
            }
        };
        tracing::warn!(%stream, %error, "a repeated command is not answered again");
        End::AnsweredBefore
    }

    async fn stored_answer(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let Some(found) = self.store.find_event(stream, id).await? else {
            return Ok(None);
        };
        let there = ReadOptions::forwards().limit(1);
        let there = there.from(ReadFrom::At(found.revision));
        let read = self.store.read_stream(stream, there).next_event().await?;
        Ok(read.filter(|answer| answer.id == id))
    }

    async fn append(&self, stream: &StreamName, answer: NewEvent) -> Result<(), Refused> {
        let mut patience = Patience::new();
        loop {
            let appended = self
                .store
                .append(stream, ExpectedRevision::Any, vec![answer.clone()])
                .await;
            let error = match appended {
                Ok(outcome) => {
                    self.answered.wrote(stream, answer.id(), &outcome).await;
                    return Ok(());
                }
                Err(StoreError::Closed { .. }) => return Err(Refused::Stopped),
                Err(error @ StoreError::LimitExceeded { .. }) => {
                    return Err(Refused::unfit("the answer is too large", error));
                }
                Err(error) if is_for_good(&error) => return Err(Refused::ForGood(error)),
                Err(error) => error,
            };
            // It may say in its own words that the answer is too large.
            if patience.is_over(&error) {
                return Err(Refused::unfit("the store refuses the answer", error));
            }
            // The command was run: to leave its sender without an answer would be worse than
            // to wait until the store is there again.
            tracing::warn!(%stream, %error, "answering again");
            self.pause(&mut patience).await.ok_or(Refused::Stopped)?;
        }
    }

    /// Waits a little; `None` when the server ends.
    async fn pause(&self, patience: &mut Patience) -> Option<()> {
        let mut stop = self.stop.clone();
        let pause = sleep(patience.backoff.next_pause()?);
        let stopped = pin!(stop.wait_for(|stop| *stop));
        match select(pause, stopped).await {
            Either::Left(_) => Some(()),
            Either::Right(_) => None,
        }
    }
}

/// Why an answer is not written.
enum Refused {
    /// The server ends.
    Stopped,
    /// This answer cannot be written; a shorter one may.
    Unfit(CodecError),
    /// No answer can be written there.
    ForGood(StoreError),
}

impl Refused {
    fn unfit(why: &'static str, error: StoreError) -> Self {
        Self::Unfit(CodecError::caused_by(why, error))
    }
}

/// How long something is tried again: for ever while the store is away, and not
/// for long where it is there and refuses, for it may do so until an operator has
/// changed a setting. A command that waits holds up those behind it, and the
/// checkpoint.
struct Patience {
    backoff: Backoff,
    refused: u32,
}

impl Patience {
    /// So many refusals take half a minute or so.
    const MOST_REFUSED: u32 = 20;

    fn new() -> Self {
        Self {
            backoff: patient(),
            refused: 0,
        }
    }

    /// Whether there is no sense in trying it again.
    fn is_over(&mut self, error: &StoreError) -> bool {
        if !error.is_transient() {
            self.refused += 1;
        }
        is_for_good(error) || self.refused >= Self::MOST_REFUSED
    }
}

/// Whether the stream of answers cannot be used whatever happens to the store.
pub(super) const fn is_for_good(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::StreamDeleted { .. }
            | StoreError::TenantRequired
            | StoreError::TenantForbidden
            | StoreError::Unsupported { .. }
            // The answer's id is stored elsewhere, and nothing will take it away.
            | StoreError::Idempotency { .. }
    )
}

/// Whether what is stored there cannot be read, now or later.
pub(super) const fn is_corrupt(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. })
}

fn has_fault(reply: &Reply) -> bool {
    reply
        .failure
        .as_ref()
        .is_some_and(|failure| failure.fault.is_some())
}

/// For as long as the store is away.
pub(super) const PATIENT: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(u32::MAX)
    .with_pauses(Duration::from_millis(20), Duration::from_secs(5));

pub(super) fn patient() -> Backoff {
    Backoff::new(PATIENT)
}
