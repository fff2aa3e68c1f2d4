use super::{Envelope, PostError};
use crate::{
    clock::Clock,
    command::{CommandHandlers, reply::Reply, request::Request},
    store::StoreError,
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
use tokio::runtime::Handle;
use uuid::Uuid;

/// The handlers of this process, and what came of the last commands.
#[derive(Clone)]
pub(super) struct InProcess {
    handlers: CommandHandlers,
    outcomes: Arc<Mutex<LruCache<Uuid, Remembered>>>,
}

/// A command that was sent.
struct Remembered {
    /// What it was, and to whom.
    digest: Uuid,
    outcome: Outcome,
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

    /// Runs the command here, once for each id. It goes on when no caller waits
    /// any more, as long as the runtime of the first call does. `None` when
    /// there is no handler.
    pub(super) async fn run(
        &self,
        envelope: &Envelope,
        stream: &StreamName,
    ) -> Result<Option<Arc<Reply>>, PostError> {
        if !self.handlers.handles(envelope.name) {
            return Ok(None);
        }
        for _ in 0..2 {
            let outcome = self.outcome(envelope, stream)?;
            if let Some(reply) = outcome.clone().await {
                return Ok(Some(reply));
            }
            // The runtime that ran it has ended, and what it came to is unknown.
            self.forget(envelope.command_id, &outcome);
        }
        Err(no_runtime().into())
    }

    fn forget(&self, command_id: Uuid, lost: &Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = outcomes.peek(&command_id);
        if remembered.is_some_and(|remembered| remembered.outcome.ptr_eq(lost)) {
            outcomes.pop(&command_id);
        }
    }

    fn outcome(&self, envelope: &Envelope, stream: &StreamName) -> Result<Outcome, PostError> {
        let runtime = Handle::try_current().map_err(|_| no_runtime())?;
        let digest = digest(envelope);
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = outcomes.get_or_insert(envelope.command_id, || Remembered {
            digest,
            outcome: self.begin(envelope, stream, &runtime),
        });
        if remembered.digest == digest {
            Ok(remembered.outcome.clone())
        } else {
            Err(PostError::IdTaken {
                command_id: envelope.command_id,
            })
        }
    }

    fn begin(&self, envelope: &Envelope, stream: &StreamName, runtime: &Handle) -> Outcome {
        let event = envelope.event.clone().recorded(
            stream.clone(),
            Revision::FIRST,
            Position::new(0),
            Clock::system().now(),
            None,
        );
        let handlers = self.handlers.clone();
        let running = runtime.spawn(async move {
            let request = Request::of(&event);
            Arc::new(handlers.run(event, &request).await)
        });
        async { running.await.ok() }.boxed().shared()
    }
}

fn no_runtime() -> StoreError {
    StoreError::NoRuntime {
        what: "a handler of commands in this process",
    }
}

/// The same for the same command to the same recipient, and for no other: its
/// data may be too large to be kept.
fn digest(envelope: &Envelope) -> Uuid {
    let recipient = envelope.recipient().unwrap_or_default();
    let lengths = format!("{} {} ", envelope.name.len(), recipient.len());
    let parts = [
        lengths.as_bytes(),
        envelope.name.as_bytes(),
        recipient.as_bytes(),
        envelope.event.data(),
    ];
    Uuid::new_v5(&Uuid::nil(), &parts.concat())
}
