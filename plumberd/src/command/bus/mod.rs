//! The side that sends.

mod envelope;
mod error;
mod in_process;
mod queue;
mod replies;
mod sending;
mod waiting;

pub use error::{Done, Fault, PostError, SendError};
pub use queue::CommandQueue;
pub use sending::Sending;

use super::{
    Command, CommandHandlers, InvalidHandlers,
    names::{repeated_event_id, session_in, session_out},
    retention,
};
use crate::{
    context::MessageContext,
    event::{NewEvent, new_event_id},
    retry::{Backoff, RetryPolicy},
    store::{
        AppendOutcome, EventStore, IdempotencyReason, ReadFrom, ReadOptions, StoreError,
        append_safely,
    },
    stream::{ExpectedRevision, InvalidStreamName, StreamName},
    timer::sleep,
};
use envelope::Envelope;
use in_process::InProcess;
use replies::Replies;
use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};
use uuid::Uuid;

/// Sends commands in a session of its own, and waits for what comes of them.
///
/// Cheap to clone; clones share the session. The session begins with the first
/// command: both its streams forget what is older than 30 days, on every store
/// that can be told to.
///
/// It hears answers in tasks, so [`CommandBus::send`] needs a Tokio runtime
/// around it, whichever: without one it is [`StoreError::NoRuntime`]. Its
/// time-out runs on Tokio's clock where that is paused.
///
/// # Examples
///
/// ```
/// use plumberd::{
///     Event, command_handler, prelude::*,
///     command::{Command, CommandBus, CommandContext, CommandFault, CommandHandlers, CommandServer, NoFault},
/// };
///
/// #[derive(Event)]
/// struct Ring {
///     times: u32,
/// }
///
/// impl Command for Ring {
///     type Fault = NoFault;
/// }
///
/// struct Bells;
///
/// #[command_handler]
/// impl Bells {
///     async fn ring(&self, _bell: Uuid, command: &Ring, _context: &CommandContext) -> Result<(), CommandFault> {
///         if command.times > 100 {
///             return Err(CommandFault::invalid("too loud"));
///         }
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let store = plumberd::connect("memory:").await?;
/// let server = CommandServer::new(store.clone(), "Bells", CommandHandlers::new().with(Bells)).start().await?;
///
/// let bus = CommandBus::new(store);
/// let bell = Uuid::from_u128(7);
/// bus.send(bell, Ring { times: 3 }).await?;
/// assert_eq!(bus.send(bell, Ring { times: 101 }).await.unwrap_err().code(), Some(400));
///
/// server.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CommandBus(Arc<Bus>);

struct Bus {
    store: Arc<dyn EventStore>,
    session: Uuid,
    streams: OnceLock<Streams>,
    timeout: Duration,
    replies: Replies,
    in_process: Option<InProcess>,
    /// Whether the session's streams have their metadata.
    retention: tokio::sync::OnceCell<()>,
}

/// The two streams of a session.
struct Streams {
    commands: StreamName,
    answers: StreamName,
}

/// How long a command may take unless it is said otherwise.
const TIMEOUT: Duration = Duration::from_secs(2 * 60);

impl CommandBus {
    /// With a session of its own.
    pub fn new(store: impl EventStore) -> Self {
        Self::in_session(store, new_event_id())
    }

    /// With this session: a program that sends a command again after a restart
    /// gets the first outcome only in the same session.
    pub fn in_session(store: impl EventStore, session: Uuid) -> Self {
        Self(Arc::new(Bus {
            store: Arc::new(store),
            session,
            streams: OnceLock::new(),
            timeout: TIMEOUT,
            replies: Replies::default(),
            in_process: None,
            retention: tokio::sync::OnceCell::new(),
        }))
    }

    /// With this long for a command, in place of two minutes.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.rebuilt(|bus| bus.timeout = timeout)
    }

    /// With handlers of this process: [`CommandBus::send`] runs them at once,
    /// and nothing of their commands is in the store. The outcomes of the last
    /// 10,000 commands are remembered, for those that are sent twice.
    ///
    /// [`CommandBus::post`] and a [`CommandQueue`] always write to the store.
    ///
    /// # Errors
    ///
    /// [`InvalidHandlers`].
    pub fn with_handlers(self, handlers: CommandHandlers) -> Result<Self, InvalidHandlers> {
        handlers.check()?;
        Ok(self.rebuilt(|bus| bus.in_process = Some(InProcess::new(handlers))))
    }

    /// A bus that shares nothing with the clones of this one but the session.
    fn rebuilt(self, change: impl FnOnce(&mut Bus)) -> Self {
        let mut bus = Bus {
            store: Arc::clone(&self.0.store),
            session: self.0.session,
            streams: OnceLock::new(),
            timeout: self.0.timeout,
            replies: Replies::default(),
            in_process: self.0.in_process.clone(),
            retention: tokio::sync::OnceCell::new(),
        };
        change(&mut bus);
        Self(Arc::new(bus))
    }

    /// The session.
    pub fn session(&self) -> Uuid {
        self.0.session
    }

    /// How many commands wait for an answer.
    pub fn pending(&self) -> usize {
        self.0.replies.pending()
    }

    /// Sends `command` to `recipient` and waits for what comes of it. It is a
    /// [`Sending`]: options first, then `.await`.
    ///
    /// A command that is sent again under the same id, meanwhile or later, is
    /// not done again: each send gets the first outcome. Other content, or
    /// another recipient, is another command, and needs an id of its own.
    ///
    /// # Errors
    ///
    /// [`SendError`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the command may or may not be done.
    pub fn send<C: Command>(&self, recipient: impl fmt::Display, command: C) -> Sending<'_, C> {
        Sending::new(self, recipient.to_string(), command)
    }

    /// Writes `command` for `recipient`, and waits for nothing more. Gives the
    /// command's id.
    ///
    /// # Errors
    ///
    /// [`PostError`].
    pub async fn post<C: Command>(
        &self,
        recipient: impl fmt::Display + Send,
        command: C,
    ) -> Result<Uuid, PostError> {
        let envelope =
            self.envelope(&recipient.to_string(), command, &MessageContext::current())?;
        self.write(&envelope).await?;
        Ok(envelope.command_id)
    }

    fn envelope<C: Command>(
        &self,
        recipient: &str,
        command: C,
        context: &MessageContext,
    ) -> Result<Envelope, PostError> {
        let context = context
            .clone()
            .with_session(self.0.session.to_string())
            .with_recipient(recipient);
        Envelope::write(command, &context)
    }

    /// Writes a command, again and again until it is known whether it is there.
    async fn write(&self, envelope: &Envelope) -> Result<AppendOutcome, PostError> {
        let bus = &*self.0;
        let stream = &self.streams()?.commands;
        let mut backoff = Backoff::new(RetryPolicy::DEFAULT);
        while let Err(error) = bus
            .retention
            .get_or_try_init(|| self.keep_for_a_month())
            .await
        {
            match backoff.next_pause().filter(|_| error.is_transient()) {
                Some(wait) => sleep(wait).await,
                None => return Err(error.into()),
            }
        }
        let mut event = envelope.event.clone();
        loop {
            let any = ExpectedRevision::Any;
            let one = std::slice::from_ref(&event);
            match append_safely(&bus.store, stream, any, one, &mut backoff).await {
                // It was sent in another session: here it is one more event.
                Err(StoreError::Idempotency {
                    reason: IdempotencyReason::OtherStream,
                    ..
                }) if event.id() == envelope.command_id => {
                    let id = repeated_event_id(envelope.command_id, &bus.session.to_string());
                    event = NewEvent::new(id, event.event_type().clone(), event.data().clone())
                        .with_content_type(event.content_type().clone())
                        .with_raw_metadata(event.metadata().clone());
                }
                Ok(outcome) if outcome.is_already_applied() => {
                    return self.check_same(stream, envelope, outcome).await;
                }
                other => return Ok(other?),
            }
        }
    }

    /// That what is stored under the command's id is this command.
    async fn check_same(
        &self,
        stream: &StreamName,
        envelope: &Envelope,
        outcome: AppendOutcome,
    ) -> Result<AppendOutcome, PostError> {
        let at = ReadOptions::forwards().from(ReadFrom::At(outcome.revision()));
        let mut stored = self.0.store.read_stream(stream, at.limit(1));
        match stored.next_event().await? {
            Some(event) if !envelope.is(&event) => Err(PostError::IdTaken {
                command_id: envelope.command_id,
            }),
            // What is hidden by now cannot be compared.
            _ => Ok(outcome),
        }
    }

    /// Sets `$maxAge` on both streams, unless their metadata are set.
    async fn keep_for_a_month(&self) -> Result<(), StoreError> {
        let Streams { commands, answers } = self.streams()?;
        for stream in [commands, answers] {
            retention::keep_for_a_month(&self.0.store, stream).await?;
        }
        Ok(())
    }

    fn streams(&self) -> Result<&Streams, StoreError> {
        let bus = &*self.0;
        if let Some(streams) = bus.streams.get() {
            return Ok(streams);
        }
        let wrong = |error: InvalidStreamName| StoreError::Backend {
            backend: "the command bus",
            source: error.into(),
        };
        let streams = Streams {
            commands: session_in(bus.session).map_err(wrong)?,
            answers: session_out(bus.session).map_err(wrong)?,
        };
        Ok(bus.streams.get_or_init(|| streams))
    }
}

impl fmt::Debug for CommandBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandBus")
            .field("session", &self.0.session)
            .field("timeout", &self.0.timeout)
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}
