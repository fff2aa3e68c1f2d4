//! The side that handles.

mod checkpoint;
mod error;
mod follow;
mod keyed_queue;
mod reply_index;
mod retry;
mod running;
mod watermark;
mod work;

pub use error::ServerError;
pub use running::{Running, ServerStats};

use super::{
    CommandHandlers, InvalidHandlers,
    names::{self, COMMANDS_PREFIX},
};
use crate::{
    retry::{Backoff, RetryPolicy},
    store::{EventStore, Filter, ReadOptions, StoreError, SubscribeFrom, Subscription},
    stream::{Position, Revision, StreamName},
    timer::sleep,
};
use checkpoint::Checkpoint;
use follow::TakenOver;
use std::{fmt, sync::Arc, time::Duration};
use tokio::runtime::Handle;

/// Handles the commands of all sessions.
///
/// It follows what is written to the sessions' streams, from where the last
/// server of the same name had come to: it keeps a checkpoint in the stream
/// `>SessionInCheckpoint-{name}`. Several commands run at once, those to one recipient
/// one after another, in the order in which they were written.
///
/// Every command is answered once, whatever its handler does: see
/// [the module](super).
///
/// # Two servers of one name
///
/// The one that was started last takes over, and the one before ends with
/// [`ServerError::Replaced`] after it has finished what it runs: a new version
/// of a program may be started before the old one is stopped. There is no
/// lease: the later one writes a checkpoint when it starts, and the one before
/// reads it among the commands, so that it begins no command that was written
/// after it. Commands that were written before and are not answered the later
/// one runs, and of these the ones that the earlier one has in its handlers
/// then are run twice; the first answer counts. Give
/// [`CommandContext::command_id`](super::CommandContext::command_id) to what
/// must not happen twice.
///
/// With [`CommandServer::follow_stream`] the earlier one finds out when it
/// next keeps its checkpoint: at the latest half a second after it has answered
/// a command.
pub struct CommandServer {
    store: Arc<dyn EventStore>,
    name: String,
    handlers: CommandHandlers,
    source: Source,
    first_start: FirstStart,
    concurrency: usize,
    handler_timeout: Duration,
}

/// Where a server begins that never ran before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstStart {
    /// With the commands written from now on, as .NET does: those before may
    /// have been done by a program that is no plumberd server.
    #[default]
    End,
    /// With the first command that the store still has. Those that no plumberd
    /// server answered are run.
    Start,
}

/// Where commands are read.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// In the global order, by the streams' names.
    Sessions(Filter),
    /// In a stream that another program gathers them in.
    Stream(StreamName),
}

impl CommandServer {
    /// How many commands run at once unless it is said otherwise.
    pub const CONCURRENCY: usize = 64;

    /// How long a handler may take unless it is said otherwise: five times as
    /// long as a sender waits.
    pub const HANDLER_TIMEOUT: Duration = Duration::from_secs(10 * 60);

    /// A server for these handlers. Its name tells it from servers of other
    /// handlers on the same store; keep it across restarts.
    ///
    /// A command that is handled by none of a server's handlers is passed over
    /// for good. So a handler that is added later under the same name does not
    /// see the commands that were written before; give it a server of its own,
    /// with [`FirstStart::Start`], if it is to.
    pub fn new(store: impl EventStore, name: impl Into<String>, handlers: CommandHandlers) -> Self {
        Self {
            store: Arc::new(store),
            name: name.into(),
            handlers,
            source: Source::Sessions(Filter::new().stream_prefix(COMMANDS_PREFIX)),
            first_start: FirstStart::End,
            concurrency: Self::CONCURRENCY,
            handler_timeout: Self::HANDLER_TIMEOUT,
        }
    }

    /// Where it begins when it never ran before.
    #[must_use]
    pub const fn first_start(mut self, from: FirstStart) -> Self {
        self.first_start = from;
        self
    }

    /// With so many commands at once, 1 at least.
    #[must_use]
    pub const fn concurrency(mut self, commands: usize) -> Self {
        self.concurrency = if commands == 0 { 1 } else { commands };
        self
    }

    /// With so long for a handler, in place of
    /// [`CommandServer::HANDLER_TIMEOUT`]; [`Duration::MAX`] for as long as it
    /// likes.
    ///
    /// A handler that takes longer is dropped where it awaits something, and
    /// the command is answered with the code 500. What it had begun to write
    /// may be written all the same. One that blocks its thread is not ended.
    ///
    /// Without a limit one handler that hangs holds up its recipient's
    /// commands for ever, in time everybody's, and [`Running::shutdown`].
    #[must_use]
    pub const fn handler_timeout(mut self, limit: Duration) -> Self {
        self.handler_timeout = limit;
        self
    }

    /// Reads commands in `stream`, where something gathers links to them, in
    /// place of the global order: a join projection on EventStoreDB with the
    /// output stream `>{App}`, as micro-plumberd has it.
    #[must_use]
    pub fn follow_stream(mut self, stream: StreamName) -> Self {
        self.source = Source::Stream(stream);
        self
    }

    /// Begins, in tasks of the Tokio runtime around it, with which it ends. When
    /// it returns, every command that is written from now on will be handled, by
    /// this server or by the next one of its name.
    ///
    /// # Errors
    ///
    /// [`ServerError`]. A server of the name that runs goes on, unless this one's
    /// first checkpoint is of unknown outcome ([`StoreError::OutcomeUnknown`])
    /// and the store does not come back for half a minute: then it may have
    /// been replaced.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, a server of the name that runs may have been
    /// replaced all the same.
    pub async fn start(mut self) -> Result<Running, ServerError> {
        let runtime = Handle::try_current().map_err(|_| StoreError::NoRuntime {
            what: "a command server",
        })?;
        let commands = self.handlers.check()?;
        let stream = names::checkpoint(&self.name)?;
        let checkpoint = Checkpoint::new(Arc::clone(&self.store), stream, &self.source);
        let checkpoint = checkpoint.map_err(InvalidHandlers::from)?;
        if let Source::Sessions(filter) = &mut self.source {
            for command in commands {
                *filter = filter.clone().event_type(command);
            }
            // Another server's, when it takes over.
            *filter = filter
                .clone()
                .stream(checkpoint.stream().clone())
                .event_type(checkpoint.event_type().clone());
        }
        let (taken_over, subscription) = self.take_over(checkpoint).await?;
        Ok(running::start(self, taken_over, subscription, &runtime))
    }

    /// Finds where to begin, and says there that this server does. That is the
    /// last that may fail: the one before ends when it reads it.
    async fn take_over(
        &self,
        mut checkpoint: Checkpoint,
    ) -> Result<(TakenOver, Subscription), ServerError> {
        checkpoint.bound().await?;
        let mut backoff = Backoff::new(RetryPolicy::DEFAULT);
        let mut begun: Option<(Option<u64>, Subscription)> = None;
        loop {
            let after = match (checkpoint.load().await?, self.first_start) {
                (Some(after), _) => after,
                (None, FirstStart::Start) => None,
                (None, FirstStart::End) => self.source.end(&*self.store).await?,
            };
            let subscription = match begun.take() {
                Some((begun, subscription)) if begun == after => subscription,
                _ => self.source.subscribe(&*self.store, after).await?,
            };
            match (checkpoint.begin_at(after).await, backoff.next_pause()) {
                (Ok(position), _) => {
                    let taken_over = TakenOver {
                        checkpoint,
                        after,
                        // Only then is it read among the commands.
                        since: matches!(self.source, Source::Sessions(_)).then_some(position),
                    };
                    return Ok((taken_over, subscription));
                }
                // The one before kept its own meanwhile.
                (Err(ServerError::Replaced), Some(pause)) => sleep(pause).await,
                (Err(error), _) => return Err(error),
            }
            begun = Some((after, subscription));
        }
    }
}

impl Source {
    /// The place of the last event there is.
    async fn end(&self, store: &dyn EventStore) -> Result<Option<u64>, StoreError> {
        match self {
            Self::Sessions(_) => {
                let last = ReadOptions::backwards().limit(1);
                let all = Filter::new().with_system_events();
                let last = store.read_all(last, all).next_event().await?;
                Ok(last.map(|event| event.position.as_u64()))
            }
            Self::Stream(stream) => {
                let last = store.stream_info(stream).await?.last_revision;
                Ok(last.map(Revision::as_u64))
            }
        }
    }

    pub(super) async fn subscribe(
        &self,
        store: &dyn EventStore,
        after: Option<u64>,
    ) -> Result<Subscription, StoreError> {
        match self {
            Self::Sessions(filter) => {
                let from = after.map_or(SubscribeFrom::Start, |after| {
                    SubscribeFrom::After(Position::new(after))
                });
                store.subscribe_all(from, filter.clone()).await
            }
            Self::Stream(stream) => {
                let from = after.map_or(SubscribeFrom::Start, |after| {
                    SubscribeFrom::After(Revision::new(after))
                });
                store.subscribe_stream(stream, from).await
            }
        }
    }

    /// What a checkpoint calls the places of this source.
    pub(super) const fn unit(&self) -> &'static str {
        match self {
            Self::Sessions(_) => "Position",
            Self::Stream(_) => "Revision",
        }
    }
}

impl fmt::Debug for CommandServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandServer")
            .field("name", &self.name)
            .field("handlers", &self.handlers)
            .field("source", &self.source)
            .field("first_start", &self.first_start)
            .field("concurrency", &self.concurrency)
            .field("handler_timeout", &self.handler_timeout)
            .finish_non_exhaustive()
    }
}
