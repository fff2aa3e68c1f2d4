use super::{CommandBus, PostError};
use crate::{command::Command, store::EventStore};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Writes commands and waits for no answer, over a bounded pool of sessions.
///
/// At most as many commands are being written as there are sessions; who comes
/// then waits for a session to be free. Cheap to clone.
#[derive(Clone)]
pub struct CommandQueue(Arc<Pool>);

struct Pool {
    store: Arc<dyn EventStore>,
    free: Mutex<Vec<CommandBus>>,
    permits: Semaphore,
    sessions: usize,
}

impl CommandQueue {
    /// How many sessions micro-plumberd has.
    pub const SESSIONS: usize = 64;

    /// Over a pool of [`CommandQueue::SESSIONS`].
    pub fn new(store: impl EventStore) -> Self {
        Self::with_sessions(store, Self::SESSIONS)
    }

    /// Over a pool of this many sessions, 1 at least.
    pub fn with_sessions(store: impl EventStore, sessions: usize) -> Self {
        let sessions = sessions.clamp(1, Semaphore::MAX_PERMITS);
        Self(Arc::new(Pool {
            store: Arc::new(store),
            free: Mutex::default(),
            permits: Semaphore::new(sessions),
            sessions,
        }))
    }

    /// Writes `command` for `recipient`; when this returns, it is stored. Gives
    /// the command's id.
    ///
    /// A command that is written twice under one id may be in two sessions, and
    /// is then handled twice; see
    /// [`CommandContext::command_id`](crate::command::CommandContext::command_id).
    ///
    /// # Errors
    ///
    /// [`PostError`].
    pub async fn queue<C: Command>(
        &self,
        recipient: impl fmt::Display + Send,
        command: C,
    ) -> Result<Uuid, PostError> {
        let pool = &*self.0;
        // Never closed; if it were, one more session would do no harm.
        let _permit = pool.permits.acquire().await.ok();
        let free = |pool: &Pool| {
            pool.free
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop()
        };
        let session = free(pool).unwrap_or_else(|| CommandBus::new(Arc::clone(&pool.store)));
        let lease = Lease { pool, session };
        lease.session.post(recipient, command).await
    }

    /// How many sessions there are at the most.
    pub fn sessions(&self) -> usize {
        self.0.sessions
    }
}

/// A session in use, given back when it is dropped.
struct Lease<'a> {
    pool: &'a Pool,
    session: CommandBus,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut free = self
            .pool
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        free.push(self.session.clone());
    }
}

impl fmt::Debug for CommandQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandQueue")
            .field("sessions", &self.0.sessions)
            .finish_non_exhaustive()
    }
}
