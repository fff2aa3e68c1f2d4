use super::answered::{Answered, Asked, Seen};
use crate::{
    codec::CodecError,
    command::{
        CommandFault, CommandHandlers, kept,
        reply::{Failure, Reply},
        request::Request,
    },
    event::{NewEvent, RecordedEvent},
    retry::{Backoff, RetryPolicy},
    store::{EventStore, StoreError},
    stream::{ExpectedRevision, StreamName},
};
use futures_util::future::{Either, select};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::sync::watch;

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
    /// Nobody can be answered; it was not run.
    Nobody,
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
            return End::Nobody;
        };
        let asked = Asked {
            stream: &stream,
            answer: id,
            position: event.position,
            alone: request.is_alone(event.id),
        };
        let first = match self.look(&asked).await {
            Some(Seen::No { first }) => first,
            Some(Seen::Answered) => return End::AnsweredBefore,
            None => return End::Interrupted,
        };
        if first && !asked.alone {
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
        let handled = tokio::time::timeout(limit, self.handlers.run(event, request)).await;
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

    /// Whoever writes commands that are not [`Asked::alone`] sets no limit
    /// either to how long answers are kept.
    async fn keep_for_a_month(&self, stream: &StreamName) {
        if let Err(error) = kept::keep_for_a_month(&self.store, stream).await {
            tracing::warn!(%stream, %error, "the answers of a session are kept for ever");
        }
    }

    /// Whether the command is answered; `None` when the server ends first.
    async fn look(&self, asked: &Asked<'_>) -> Option<Seen> {
        let mut backoff = patient();
        let stream = asked.stream;
        loop {
            match self.answered.look(asked).await {
                Ok(seen) => return Some(seen),
                Err(StoreError::Closed { .. }) => return None,
                // The command's own id makes running it again harmless.
                Err(error) if is_for_good(&error) || is_corrupt(&error) => {
                    tracing::warn!(%stream, %error, "whether it is answered cannot be told");
                    return Some(Seen::No { first: false });
                }
                Err(error) => {
                    tracing::warn!(%stream, %error, "looking for an answer again");
                    self.pause(&mut backoff).await?;
                }
            }
        }
    }

    async fn append(&self, stream: &StreamName, answer: NewEvent) -> Result<(), Refused> {
        let mut backoff = patient();
        loop {
            let appended = self
                .store
                .append(stream, ExpectedRevision::Any, vec![answer.clone()])
                .await;
            match appended {
                Ok(_) => return Ok(()),
                Err(StoreError::Closed { .. }) => return Err(Refused::Stopped),
                Err(error @ StoreError::LimitExceeded { .. }) => {
                    return Err(Refused::Unfit(CodecError::caused_by(
                        "the answer is too large",
                        error,
                    )));
                }
                Err(error) if is_for_good(&error) => return Err(Refused::ForGood(error)),
                // The command was run: that nobody hears of it would be worse
                // than to wait until somebody has mended the store.
                Err(error) => {
                    tracing::warn!(%stream, %error, "answering again");
                    self.pause(&mut backoff).await.ok_or(Refused::Stopped)?;
                }
            }
        }
    }

    /// Waits a little; `None` when the server ends.
    async fn pause(&self, backoff: &mut Backoff) -> Option<()> {
        let mut stop = self.stop.clone();
        let sleep = pin!(tokio::time::sleep(backoff.next_pause()?));
        let stopped = pin!(stop.wait_for(|stop| *stop));
        match select(sleep, stopped).await {
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
pub(super) fn patient() -> Backoff {
    Backoff::new(
        RetryPolicy::DEFAULT
            .with_retries(u32::MAX)
            .with_pauses(Duration::from_millis(20), Duration::from_secs(5)),
    )
}
