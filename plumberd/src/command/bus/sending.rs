use super::{CommandBus, Done, Envelope, Fault, PostError, SendError, Streams};
use crate::{
    codec::CodecError,
    command::{
        Command,
        names::outcome_id,
        reply::{Failure, Reply},
    },
    context::MessageContext,
    event::{ContentType, EncodedEvent, EventInfo, RecordedEvent},
    store::{EventStore, ReadOptions, StoreError},
    stream::{Position, StreamName},
    timer::timeout,
};
use std::{fmt, future::IntoFuture, pin::Pin, time::Duration};

/// A command on its way: options, then `.await`.
#[must_use = "a command is not sent unless awaited"]
pub struct Sending<'a, C> {
    bus: &'a CommandBus,
    recipient: String,
    command: C,
    timeout: Duration,
    context: Option<MessageContext>,
}

impl<'a, C: Command> Sending<'a, C> {
    pub(super) fn new(bus: &'a CommandBus, recipient: String, command: C) -> Self {
        Self {
            bus,
            recipient,
            command,
            timeout: bus.0.timeout,
            context: None,
        }
    }

    /// With this long for an answer, in place of the bus's.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// In this context, in place of the ambient one.
    pub fn context(mut self, context: MessageContext) -> Self {
        self.context = Some(context);
        self
    }

    async fn run(self) -> Result<Done, SendError<C::Fault>> {
        let context = self.context.unwrap_or_else(MessageContext::current);
        let envelope = self.bus.envelope(&self.recipient, self.command, &context)?;
        let answered = timeout(self.timeout, self.bus.outcome(&envelope)).await;
        match answered {
            Ok(reply) => read_outcome(reply?),
            Err(_) => Err(SendError::TimedOut {
                command_id: envelope.command_id,
                after: self.timeout,
            }),
        }
    }
}

impl<'a, C: Command> IntoFuture for Sending<'a, C> {
    type Output = Result<Done, SendError<C::Fault>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<C> fmt::Debug for Sending<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl CommandBus {
    /// What came of the command, in this process or another.
    async fn outcome<F>(&self, envelope: &Envelope) -> Result<Reply, SendError<F>> {
        let bus = &*self.0;
        let Streams { commands, answers } = self.streams()?;
        if let Some(here) = &bus.in_process
            && let Some(reply) = here.run(envelope, commands).await?
        {
            return Ok((*reply).clone());
        }
        let answer =
            match self.answer(envelope, answers).await? {
                Some(answer) => answer,
                // The runtime that heard the answers has ended; there is another
                // one, or this call would not run.
                None => self.answer(envelope, answers).await?.ok_or_else(|| {
                    StoreError::OutcomeUnknown {
                        backend: "the command bus",
                        stream: commands.clone(),
                        source: "the answers of the session are no longer followed".into(),
                    }
                })?,
            };
        Reply::read(envelope.name, answer.event_type.as_str(), &answer.data).map_err(|source| {
            SendError::Answer {
                command_id: envelope.command_id,
                source,
            }
        })
    }

    /// Writes the command, and waits for its answer; `None` when no task hears
    /// answers any more.
    async fn answer(
        &self,
        envelope: &Envelope,
        answers: &StreamName,
    ) -> Result<Option<RecordedEvent>, PostError> {
        let bus = &*self.0;
        let waiting = bus
            .replies
            .wait_for(envelope.command_id, &bus.store, answers);
        let mut waiter = waiting.await?;
        let written = self.write(envelope).await?;
        if written.is_already_applied() {
            // It was sent before, and may be answered long since.
            let answer = self.first_answer(envelope, answers, written.position());
            if let Some(answer) = answer.await? {
                return Ok(Some(answer));
            }
        }
        Ok(waiter.answer().await)
    }

    /// The answer that is there already: by its id when plumberd wrote it, else
    /// the first by what it says. None is older than the command.
    async fn first_answer(
        &self,
        envelope: &Envelope,
        answers: &StreamName,
        command: Position,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let id = outcome_id(envelope.command_id, &self.0.session.to_string());
        let newest_first = ReadOptions::backwards();
        let mut read = self.0.store.read_stream(answers, newest_first);
        let mut first = None;
        while let Some(event) = read.next_event().await? {
            if event.position < command {
                break;
            }
            if event.id == id {
                return Ok(Some(event));
            }
            if Reply::command_id_in(&event.data) == Some(envelope.command_id) {
                first = Some(event);
            }
        }
        Ok(first)
    }
}

/// The outcome as the sender of a command sees it.
fn read_outcome<F: crate::event::Event>(reply: Reply) -> Result<Done, SendError<F>> {
    let Reply {
        command_id,
        duration,
        failure,
    } = reply;
    let Some(Failure {
        code,
        message,
        fault,
    }) = failure
    else {
        return Ok(Done {
            command_id,
            duration,
        });
    };
    let Some((fault, data)) = fault else {
        return Err(SendError::Failed {
            command_id,
            code,
            message,
        });
    };
    let known = EventInfo::find(F::TYPES, &fault);
    let Some((index, info)) = known.and_then(|index| Some((index, F::TYPES.get(index)?))) else {
        return Err(SendError::UnknownFault {
            command_id,
            code,
            message,
            fault,
            data: data.get().to_owned(),
        });
    };
    let content_type = ContentType::from_static(info.content_type);
    let encoded = EncodedEvent::new(
        info.name,
        &content_type,
        info.revision,
        data.get().as_bytes(),
    );
    match F::decode(index, &encoded) {
        Ok(data) => Err(SendError::Fault(Fault::new(
            command_id, code, message, data,
        ))),
        Err(error) => Err(SendError::Answer {
            command_id,
            source: CodecError::caused_by(format!("the fault `{fault}` cannot be read"), error),
        }),
    }
}
