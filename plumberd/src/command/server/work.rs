use super::answered::Answered;
use crate::{
    codec::CodecError,
    command::{
        CommandFault, CommandHandlers,
        reply::{Failure, Reply},
        request::Request,
    },
    event::{NewEvent, RecordedEvent},
    retry::{Backoff, RetryPolicy},
    store::{EventStore, StoreError},
    stream::{ExpectedRevision, Position, StreamName},
};
use futures_util::future::{Either, select};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::sync::watch;
use uuid::Uuid;

/// What a command needs to be run and answered.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) answered: Answered,
    pub(super) handlers: CommandHandlers,
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
    pub(super) async fn run(mut self, event: RecordedEvent, request: Request) -> End {
        let Some((stream, id)) = request.answer_to() else {
            tracing::warn!(stream = %event.stream, revision = %event.revision, "a command names no session");
            return End::Nobody;
        };
        match self.is_answered(&stream, id, event.position).await {
            Some(false) => {}
            Some(true) => return End::AnsweredBefore,
            None => return End::Interrupted,
        }
        let name = event.event_type.clone();
        let mut reply = self.handlers.run(event, &request).await;
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

    /// Whether the answer is there; `None` when the server ends first.
    async fn is_answered(
        &mut self,
        stream: &StreamName,
        id: Uuid,
        command: Position,
    ) -> Option<bool> {
        let mut backoff = patient();
        loop {
            match self.answered.has(stream, id, command).await {
                Ok(answered) => return Some(answered),
                Err(StoreError::Closed { .. }) => return None,
                Err(error) if error.is_transient() => {
                    tracing::warn!(%stream, %error, "looking for an answer again");
                    self.pause(&mut backoff).await?;
                }
                // The command's own id makes running it again harmless.
                Err(error) => {
                    tracing::warn!(%stream, %error, "whether it is answered cannot be told");
                    return Some(false);
                }
            }
        }
    }

    async fn append(&mut self, stream: &StreamName, answer: NewEvent) -> Result<(), Refused> {
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
                Err(error) if error.is_transient() => {
                    tracing::warn!(%stream, %error, "answering again");
                    self.pause(&mut backoff).await.ok_or(Refused::Stopped)?;
                }
                Err(error) => return Err(Refused::ForGood(error)),
            }
        }
    }

    /// Waits a little; `None` when the server ends.
    async fn pause(&mut self, backoff: &mut Backoff) -> Option<()> {
        let sleep = pin!(tokio::time::sleep(backoff.next_pause()?));
        let stopped = pin!(self.stop.wait_for(|stop| *stop));
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
