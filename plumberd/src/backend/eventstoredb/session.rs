//! Batch sessions: one open call that carries many appends, so that none of
//! them waits for the connection's small-packet delay.

use super::{connection::Connection, error::CallError, guarded::OwnedTask};
use crate::stream::StreamName;
use eventstore::{
    BatchAppendClient, BatchAppendOptions, BatchWriteResult, Client, EventData, ExpectedRevision,
};
use std::{
    fmt,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;

/// Appends of a stream share a session, so that a stream which many writers
/// fight over disturbs few others.
const SESSIONS: usize = 4;

/// The sessions of a handle; opened when they are needed.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    slots: [Mutex<Option<Arc<Session>>>; SESSIONS],
}

/// An open session. The first write that fails closes it, and takes down every
/// other append that is on its way through it.
struct Session {
    client: BatchAppendClient,
    broken: AtomicBool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// How an append through a session ended.
#[derive(Debug)]
pub(super) enum Sent {
    /// The server's answer to this very append.
    Answer(Answer),
    /// There was none: the session was closed meanwhile, by whatever.
    Unknown(CallError),
    /// No session could be opened; nothing was sent.
    Unsent(CallError),
}

/// What the server says of an append.
#[derive(Debug)]
pub(super) enum Answer {
    /// It is written, or was before.
    Success {
        /// The last revision of the batch.
        revision: Option<u64>,
        /// The position of its last event.
        position: Option<u64>,
    },
    /// The stream is not as expected, or ids are out of place.
    Conflict,
    /// The stream has a tombstone.
    Deleted,
}

impl Sessions {
    /// Appends through a session, within `patience`.
    pub(super) async fn append(
        &self,
        connection: &Connection,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<EventData>,
        patience: Duration,
    ) -> Sent {
        let session = match self.open(connection, stream, patience).await {
            Ok(session) => session,
            Err(error) => return Sent::Unsent(error),
        };
        let sending = session
            .client
            .append_to_stream(stream.as_str(), expected, events);
        let error = match tokio::time::timeout(patience, sending).await {
            Ok(Ok(written)) => return Sent::Answer(success(&written)),
            Ok(Err(error)) => {
                session.break_off();
                match answer(&error) {
                    Some(answer) => return Sent::Answer(answer),
                    None => CallError::Client(error),
                }
            }
            // A server that ends the session in peace is not noticed.
            Err(_) => {
                session.break_off();
                CallError::TimedOut(patience)
            }
        };
        Sent::Unknown(error)
    }

    async fn open(
        &self,
        connection: &Connection,
        stream: &StreamName,
        patience: Duration,
    ) -> Result<Arc<Session>, CallError> {
        let mut slot = self.slot(stream).lock().await;
        if let Some(session) = &*slot
            && !session.broken.load(Ordering::Acquire)
        {
            return Ok(Arc::clone(session));
        }
        *slot = None;
        let lease = connection.lease()?;
        let mut options = BatchAppendOptions::default();
        if let Some(credentials) = connection.credentials() {
            options = options.authenticated(credentials);
        }
        let client = open(lease.client, options, patience).await;
        if let Err(error) = &client {
            connection.report(lease.generation, error);
        }
        let session = Arc::new(Session {
            client: client?,
            broken: AtomicBool::new(false),
        });
        *slot = Some(Arc::clone(&session));
        Ok(session)
    }

    fn slot(&self, stream: &StreamName) -> &Mutex<Option<Arc<Session>>> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(stream);
        let count = self.slots.len() as u64;
        &self.slots[usize::try_from(hash % count).unwrap_or(0)]
    }
}

impl Session {
    fn break_off(&self) {
        self.broken.store(true, Ordering::Release);
    }
}

async fn open(
    client: Client,
    options: BatchAppendOptions,
    patience: Duration,
) -> Result<BatchAppendClient, CallError> {
    let opening = OwnedTask::spawn(async move { client.batch_append(&options).await });
    match tokio::time::timeout(patience, opening).await {
        Ok(Ok(result)) => result.map_err(CallError::Client),
        Ok(Err(panicked)) => Err(CallError::Panicked(panicked.to_string())),
        Err(_) => Err(CallError::TimedOut(patience)),
    }
}

fn success(written: &BatchWriteResult) -> Answer {
    Answer::Success {
        revision: written.current_revision(),
        position: written.current_position().map(|position| position.commit),
    }
}

/// The answer, when this error is one: the client crate gives these two codes
/// other names when they end the call instead.
fn answer(error: &eventstore::Error) -> Option<Answer> {
    const NOT_FOUND: i32 = 5;
    const ALREADY_EXISTS: i32 = 6;

    let eventstore::Error::Grpc { code, .. } = error else {
        return None;
    };
    match *code as i32 {
        ALREADY_EXISTS => Some(Answer::Conflict),
        NOT_FOUND => Some(Answer::Deleted),
        _ => None,
    }
}
