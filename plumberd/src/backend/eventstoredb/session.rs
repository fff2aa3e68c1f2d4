//! Batch sessions: one open call that carries many appends, so that none of
//! them waits for the connection's small-packet delay.

use super::{
    client::{Lease, Line},
    connection::Connection,
    error::CallError,
    guarded::OwnedTask,
    info::NEVER,
};
use crate::stream::StreamName;
use eventstore::{
    BatchAppendClient, BatchAppendOptions, BatchWriteResult, EventData, ExpectedRevision,
};
use futures_util::FutureExt;
use std::{
    fmt,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{sync::Mutex, time::Instant};

/// The stream of an append that is to fail.
const CLOSING: &str = "PlumberdSessionEnd";

/// Appends of a stream share a session, so that a stream which many writers
/// fight over disturbs few others.
const SESSIONS: usize = 4;

/// The sessions of a handle; opened when they are needed.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    slots: [Mutex<Option<Arc<Session>>>; SESSIONS],
}

/// An open session. The first write that fails closes it, and takes down every
/// other append that is on its way through it. It ends with its client, which
/// only those who append through it have to keep.
struct Session {
    client: BatchAppendClient,
    /// Which client it is of.
    generation: u64,
    broken: AtomicBool,
    /// Whether the client crate has closed it.
    closed: AtomicBool,
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
    /// Appends through a session, and gives it up at `until`.
    pub(super) async fn append(
        &self,
        connection: &Connection,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<EventData>,
        until: Instant,
    ) -> Sent {
        let (session, lease) = match self.open(connection, stream, until).await {
            Ok(open) => open,
            Err(error) => return Sent::Unsent(error),
        };
        let sending = session
            .client
            .append_to_stream(stream.as_str(), expected, events);
        let error = match tokio::time::timeout_at(until, sending).await {
            Ok(Ok(written)) => return Sent::Answer(success(&written)),
            Ok(Err(error)) => {
                session.closed.store(true, Ordering::Release);
                session.break_off();
                if let Some(answer) = answer(&error) {
                    return Sent::Answer(answer);
                }
                let error = CallError::Client(error);
                // Other errors may be of another append.
                if error.leader().is_some() {
                    connection.report(&lease, &error);
                }
                error
            }
            // A server that ends the session in peace is not noticed.
            Err(_) => {
                session.break_off();
                connection.late()
            }
        };
        Sent::Unknown(error)
    }

    /// The session for this stream, with its client, which is to be kept for as
    /// long as it is used.
    async fn open(
        &self,
        connection: &Connection,
        stream: &StreamName,
        until: Instant,
    ) -> Result<(Arc<Session>, Lease), CallError> {
        let opening = async {
            let mut slot = self.slot(stream).lock().await;
            let lease = connection.lease(Line::Calls).await?;
            if let Some(session) = &*slot
                && session.generation == lease.generation
                && !session.broken.load(Ordering::Acquire)
            {
                return Ok((Arc::clone(session), lease));
            }
            *slot = None;
            let session = open(connection, &lease).await;
            if let Err(error) = &session {
                connection.report(&lease, error);
            }
            let session = Arc::new(session?);
            *slot = Some(Arc::clone(&session));
            Ok((session, lease))
        };
        // Whoever waited for another to open it may have had no time: that is
        // not the client's fault.
        match tokio::time::timeout_at(until, opening).await {
            Ok(open) => open,
            Err(_) => Err(connection.late()),
        }
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

impl Drop for Session {
    /// The crate's tasks keep a session open that nobody has any more, and its
    /// connection with it. What ends them is an append that fails; it needs to
    /// be sent only.
    fn drop(&mut self) {
        if *self.closed.get_mut() {
            return;
        }
        let never = ExpectedRevision::Exact(NEVER);
        let failing = self.client.append_to_stream(CLOSING, never, Vec::new());
        // It complains when the session is closed already.
        let silent = tracing::subscriber::NoSubscriber::default();
        tracing::subscriber::with_default(silent, || failing.now_or_never());
    }
}

/// The session's tasks run where it is opened.
async fn open(connection: &Connection, lease: &Lease) -> Result<Session, CallError> {
    let mut options = BatchAppendOptions::default();
    if let Some(credentials) = connection.credentials() {
        options = options.authenticated(credentials);
    }
    let (client, generation) = (lease.client.clone(), lease.generation);
    // A session from the first: when nobody waits for it any more it must end.
    let opening = async move {
        Ok(Session {
            client: client.batch_append(&options).await?,
            generation,
            broken: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        })
    };
    match OwnedTask::spawn_on(lease.runtime(), opening).await {
        Ok(result) => result.map_err(CallError::Client),
        Err(panicked) => Err(CallError::Panicked(panicked.to_string())),
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
