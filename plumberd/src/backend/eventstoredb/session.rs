//! Batch sessions: one open call that carries many appends, so that none of
//! them waits for the connection's small-packet delay.

use super::{
    client::{Lease, Line},
    connection::Connection,
    failure::{CallError, Failure},
    guarded::OwnedTask,
    info::NEVER,
};
use crate::stream::StreamName;
use eventstore::{
    BatchAppendClient, BatchAppendOptions, BatchWriteResult, EventData, ExpectedRevision,
};
use futures_util::{FutureExt, poll};
use std::{
    fmt,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};
use tokio::{
    sync::{Mutex, oneshot, watch},
    time::{Instant, timeout_at},
};

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
    client: Arc<BatchAppendClient>,
    /// Which client it is of.
    generation: u64,
    broken: AtomicBool,
    /// Whether the client crate has closed it.
    closed: AtomicBool,
    admission: watch::Receiver<Admission>,
}

/// Whether the server let a session in, by what its first append was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    /// The first append has no answer yet.
    Pending,
    /// The server answered the first append as such.
    Granted,
    /// The server refused the call before it took anything.
    Denied,
    /// The session was lost under its first append.
    Unknown,
}

/// What is to be appended.
type Append = (String, ExpectedRevision, Vec<EventData>);

/// What the client crate says of an append.
type Told = eventstore::Result<BatchWriteResult>;

/// Whether an append opened its session.
enum First {
    /// It did, and was sent with it.
    Sent(oneshot::Receiver<Told>),
    /// It did not, and is to be sent.
    Other(Append),
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
    /// No session could be opened, or the server refused it for its
    /// credentials: of nothing that was sent it has taken anything.
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
        let append = (stream.as_str().to_owned(), expected, events);
        let (session, lease, first) = match self.open(connection, stream, append, until).await {
            Ok(open) => open,
            Err(error) => return Sent::Unsent(error),
        };
        let told = match first {
            First::Sent(told) => timeout_at(until, told).await.map(Result::ok),
            First::Other((stream, expected, events)) => {
                let sending = session.client.append_to_stream(stream, expected, events);
                timeout_at(until, sending).await.map(Some)
            }
        };
        let error = match told {
            Ok(Some(Ok(written))) => return Sent::Answer(success(&written)),
            Ok(Some(Err(error))) => error,
            // The client's runtime ended.
            Ok(None) => eventstore::Error::ConnectionClosed,
            // A server that ends the session in peace is not noticed.
            Err(_) => {
                session.break_off();
                return Sent::Unknown(connection.late());
            }
        };
        session.closed.store(true, Ordering::Release);
        session.break_off();
        if let Some(answer) = answer(&error) {
            return Sent::Answer(answer);
        }
        if session.was_denied(until).await {
            return Sent::Unsent(CallError::Client(eventstore::Error::AccessDenied));
        }
        let error = match CallError::Client(error) {
            // A session that was let in, and ended so, has taken appends.
            error if error.failure() == Failure::Denied => ended(),
            error => error,
        };
        // Other errors may be of another append.
        if error.leader().is_some() {
            connection.report(&lease, &error);
        }
        Sent::Unknown(error)
    }

    /// The session for this stream, with its client, which is to be kept for as
    /// long as it is used. One that has to be opened carries `append` at once.
    async fn open(
        &self,
        connection: &Connection,
        stream: &StreamName,
        append: Append,
        until: Instant,
    ) -> Result<(Arc<Session>, Lease, First), CallError> {
        let opening = async {
            let mut slot = self.slot(stream).lock().await;
            let lease = connection.lease(Line::Calls).await?;
            if let Some(session) = &*slot
                && session.generation == lease.generation
                && !session.broken.load(Ordering::Acquire)
            {
                return Ok((Arc::clone(session), lease, First::Other(append)));
            }
            *slot = None;
            let opened = open(connection, &lease, append).await;
            if let Err(error) = &opened {
                connection.report(&lease, error);
            }
            let (session, told) = opened?;
            let session = Arc::new(session);
            *slot = Some(Arc::clone(&session));
            Ok((session, lease, First::Sent(told)))
        };
        // A call that waited for another to open it may have had no time: that is
        // not the client's fault.
        match timeout_at(until, opening).await {
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

    /// Whether the server refused the session for its credentials. An append
    /// that came after the refusal is told by the client crate only that the
    /// session is closed, as it is told of a lost one.
    async fn was_denied(&self, until: Instant) -> bool {
        let mut admission = self.admission.clone();
        let told = admission.wait_for(|admission| *admission != Admission::Pending);
        matches!(timeout_at(until, told).await, Ok(Ok(told)) if *told == Admission::Denied)
    }
}

impl Admission {
    fn of(told: &Told) -> Self {
        match told {
            Ok(_) => Self::Granted,
            Err(error) if answer(error).is_some() => Self::Granted,
            Err(eventstore::Error::AccessDenied) => Self::Denied,
            Err(_) => Self::Unknown,
        }
    }
}

impl Drop for Session {
    /// The crate's tasks keep a session open that no call has any more, and its
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

/// Opens a session with its first append. Its tasks run where it is opened.
///
/// The client crate hands a refusal of the call only to the appends that it
/// has when the refusal comes. The first append is there before: the client's
/// runtime has one thread, which runs the session's tasks after this one.
async fn open(
    connection: &Connection,
    lease: &Lease,
    (stream, expected, events): Append,
) -> Result<(Session, oneshot::Receiver<Told>), CallError> {
    let mut options = BatchAppendOptions::default();
    if let Some(credentials) = connection.credentials() {
        options = options.authenticated(credentials);
    }
    let (client, generation) = (lease.client.clone(), lease.generation);
    let (admit, admission) = watch::channel(Admission::Pending);
    let (tell, told) = oneshot::channel();
    // A session from the first: when no call waits for it any more it must end.
    let opening = async move {
        let session = Session {
            client: Arc::new(client.batch_append(&options).await?),
            generation,
            broken: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            admission,
        };
        let client = Arc::clone(&session.client);
        let mut first =
            Box::pin(async move { client.append_to_stream(stream, expected, events).await });
        let sent = poll!(&mut first);
        // By itself: the caller of the first append may go, and those who come
        // after it wait for what the server says of the session.
        tokio::spawn(async move {
            let result = match sent {
                Poll::Ready(result) => result,
                Poll::Pending => first.await,
            };
            admit.send_replace(Admission::of(&result));
            let _ = tell.send(result);
        });
        Ok(session)
    };
    match OwnedTask::spawn_on(lease.runtime(), opening).await {
        Ok(result) => result
            .map(|session| (session, told))
            .map_err(CallError::Client),
        Err(panicked) => Err(CallError::Panicked(panicked.to_string())),
    }
}

fn ended() -> CallError {
    CallError::Client(eventstore::Error::ServerError(
        "the server ended a session that it had let in".to_owned(),
    ))
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
