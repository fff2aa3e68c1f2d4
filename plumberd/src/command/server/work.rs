use super::{
    reply_index::{Lookup, ReplyIndex, ReplyQuery},
    retry::{RetryBudget, is_corrupt, is_for_good},
};
use crate::{
    codec::CodecError,
    command::{
        CommandFault, CommandHandlers,
        names::outcome_again_id,
        reply::{Failure, Reply},
        request::Request,
        retention,
    },
    event::{NewEvent, RecordedEvent},
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
    pub(super) replies: ReplyIndex,
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
        let query = ReplyQuery {
            stream: &stream,
            answer: id,
            position: event.position,
            own_id: request.has_own_id(event.id),
        };
        let first = match self.look_up(&query).await {
            Some(Lookup::Unanswered { first }) => first,
            Some(Lookup::Answered(at)) => {
                // The sender that wrote it anew, and waits, hears only what comes now.
                if query.own_id && at < query.position {
                    return self.answer_again(&stream, id, event.revision).await;
                }
                return End::AnsweredBefore;
            }
            None => return End::Interrupted,
        };
        if first && !query.own_id {
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

    /// A sender of commands without [`ReplyQuery::own_id`] sets no limit
    /// either to how long answers are kept.
    async fn keep_for_a_month(&self, stream: &StreamName) {
        if let Err(error) = retention::keep_for_a_month(&self.store, stream).await {
            tracing::warn!(%stream, %error, "the answers of a session are kept for ever");
        }
    }

    /// Whether the command is answered; `None` when the server ends first.
    async fn look_up(&self, query: &ReplyQuery<'_>) -> Option<Lookup> {
        let mut budget = RetryBudget::new();
        let stream = query.stream;
        loop {
            let error = match self.replies.look_up(query).await {
                Ok(seen) => return Some(seen),
                Err(StoreError::Closed { .. }) => return None,
                Err(error) => error,
            };
            // The command's own id makes running it again harmless.
            if is_corrupt(&error) || budget.is_over(&error) {
                tracing::warn!(%stream, %error, "whether it is answered cannot be told");
                return Some(Lookup::Unanswered { first: false });
            }
            tracing::warn!(%stream, %error, "looking for an answer again");
            self.pause(&mut budget).await?;
        }
    }

    /// Writes the answer that is there once more.
    async fn answer_again(&self, stream: &StreamName, id: Uuid, command: Revision) -> End {
        let mut budget = RetryBudget::new();
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
            if is_corrupt(&error) || budget.is_over(&error) {
                break CodecError::caused_by("the answer cannot be read", error);
            }
            if self.pause(&mut budget).await.is_none() {
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
        let mut budget = RetryBudget::new();
        loop {
            let appended = self
                .store
                .append(stream, ExpectedRevision::Any, vec![answer.clone()])
                .await;
            let error = match appended {
                Ok(outcome) => {
                    self.replies.wrote(stream, answer.id(), &outcome).await;
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
            if budget.is_over(&error) {
                return Err(Refused::unfit("the store refuses the answer", error));
            }
            // The command was run: to leave its sender without an answer would be worse than
            // to wait until the store is there again.
            tracing::warn!(%stream, %error, "answering again");
            self.pause(&mut budget).await.ok_or(Refused::Stopped)?;
        }
    }

    /// Waits a little; `None` when the server ends.
    async fn pause(&self, budget: &mut RetryBudget) -> Option<()> {
        let mut stop = self.stop.clone();
        let pause = sleep(budget.next_pause()?);
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

fn has_fault(reply: &Reply) -> bool {
    reply
        .failure
        .as_ref()
        .is_some_and(|failure| failure.fault.is_some())
}
