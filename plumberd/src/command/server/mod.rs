//! The side that handles.

mod answered;
mod checkpoint;
mod error;
mod follow;
mod lanes;
mod progress;
mod running;
mod work;

pub use error::ServerError;
pub use running::{Running, ServerStats};

use super::{CommandHandlers, names::COMMANDS_PREFIX};
use crate::{
    store::{EventStore, Filter, ReadOptions, StoreError, SubscribeFrom, Subscription},
    stream::{Position, Revision, StreamName},
};
use checkpoint::Checkpoint;
use std::{fmt, sync::Arc};

/// Handles the commands of all sessions.
///
/// It follows what is written to the sessions' streams, from where the last
/// server of the same name had come to: it keeps a checkpoint in the stream
/// `>{name}Checkpoint`. Several commands run at once, those to one recipient
/// one after another, in the order in which they were written.
///
/// Every command is answered once, whatever its handler does: see
/// [the module](super).
///
/// Two servers of one name that run at the same time both run each command;
/// the first answer counts.
pub struct CommandServer {
    store: Arc<dyn EventStore>,
    name: String,
    handlers: CommandHandlers,
    source: Source,
    first_start: FirstStart,
    concurrency: usize,
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
    /// In a stream that somebody else gathers them in.
    Stream(StreamName),
}

impl CommandServer {
    /// How many commands run at once unless it is said otherwise.
    pub const CONCURRENCY: usize = 64;

    /// A server for these handlers. Its name tells it from servers of other
    /// handlers on the same store; keep it across restarts.
    pub fn new(store: impl EventStore, name: impl Into<String>, handlers: CommandHandlers) -> Self {
        Self {
            store: Arc::new(store),
            name: name.into(),
            handlers,
            source: Source::Sessions(Filter::new().stream_prefix(COMMANDS_PREFIX)),
            first_start: FirstStart::End,
            concurrency: Self::CONCURRENCY,
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

    /// Reads commands in `stream`, where something gathers links to them, in
    /// place of the global order: a join projection on EventStoreDB with the
    /// output stream `>{App}`, as micro-plumberd has it.
    #[must_use]
    pub fn follow_stream(mut self, stream: StreamName) -> Self {
        self.source = Source::Stream(stream);
        self
    }

    /// Begins. When it returns, every command that is written from now on will
    /// be handled, by this server or by the next one of its name.
    ///
    /// # Errors
    ///
    /// [`ServerError`].
    pub async fn start(mut self) -> Result<Running, ServerError> {
        let names = self.handlers.check()?;
        if let Source::Sessions(filter) = &mut self.source {
            for name in names {
                *filter = filter.clone().event_type(name);
            }
        }
        let stream = StreamName::raw(format!(">{}Checkpoint", self.name))?;
        let mut checkpoint = Checkpoint::new(Arc::clone(&self.store), stream, &self.source);
        let after = if let Some(after) = checkpoint.load().await? {
            after
        } else {
            let after = match self.first_start {
                FirstStart::Start => None,
                FirstStart::End => self.source.end(&*self.store).await?,
            };
            // At once: a crash before the first command must not move it.
            checkpoint.save(after).await?;
            after
        };
        let subscription = self.source.subscribe(&*self.store, after).await?;
        Ok(running::start(self, checkpoint, subscription, after))
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
            .finish_non_exhaustive()
    }
}
