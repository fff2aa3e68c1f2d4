use super::Letter;
use crate::{
    clock::Clock,
    command::{CommandHandlers, reply::Reply, request::Request},
    stream::{Position, Revision, StreamName},
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use lru::LruCache;
use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// The handlers of this process, and what came of the last commands.
#[derive(Clone)]
pub(super) struct InProcess {
    handlers: CommandHandlers,
    outcomes: Arc<Mutex<LruCache<Uuid, Outcome>>>,
}

type Outcome = Shared<BoxFuture<'static, Option<Arc<Reply>>>>;

/// How many outcomes are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

impl InProcess {
    pub(super) fn new(handlers: CommandHandlers) -> Self {
        Self {
            handlers,
            outcomes: Arc::new(Mutex::new(LruCache::new(REMEMBERED))),
        }
    }

    /// Runs the command here, once for each id. It goes on when nobody waits
    /// any more. `None` when there is no handler, or the runtime ended.
    pub(super) async fn run(&self, letter: &Letter, stream: &StreamName) -> Option<Arc<Reply>> {
        if !self.handlers.handles(letter.name) {
            return None;
        }
        let outcome = self
            .outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(letter.command_id, || self.begin(letter, stream))
            .clone();
        outcome.await
    }

    fn begin(&self, letter: &Letter, stream: &StreamName) -> Outcome {
        let event = letter.event.clone().recorded(
            stream.clone(),
            Revision::FIRST,
            Position::new(0),
            Clock::system().now(),
            None,
        );
        let handlers = self.handlers.clone();
        let running = tokio::spawn(async move {
            let request = Request::of(&event);
            Arc::new(handlers.run(event, &request).await)
        });
        async { running.await.ok() }.boxed().shared()
    }
}
