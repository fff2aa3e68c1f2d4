//! A client of the `eventstore` crate, with a runtime of its own. The crate
//! never ends the task and the connection of a client that is dropped: its task
//! keeps itself alive. They end with the runtime they run on.

use super::{EventStoreDbError, settings};
use eventstore::{Client, ClientSettings};
use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    time::Instant,
};
use tracing::{Dispatch, dispatcher, subscriber::NoSubscriber};

/// Its file reads and name look-ups: few, and only while it connects.
const BLOCKING_THREADS: usize = 2;

/// What a client is for. Each has a connection of its own, because what comes
/// over one and is not taken holds up everything else on it: two or three
/// readers that pause are enough, and a pause may well be that they wait for
/// another call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Calls whose answer is taken as it comes.
    Calls,
    /// Reads, which their readers take at leisure.
    Reads,
    /// Subscriptions: who takes them reads meanwhile.
    Subscriptions,
}

/// A client for one call, or for as long as something of it is used: whatever
/// the client has made stops when the last lease is dropped.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) client: Client,
    pub(super) generation: u64,
    made: Instant,
    /// Whether the server has ever answered it.
    answered: Arc<AtomicBool>,
    thread: Arc<ClientThread>,
}

impl Lease {
    /// A new client, which writes its log there; it connects when it is first
    /// called.
    pub(super) fn new(
        settings: ClientSettings,
        generation: u64,
        log: Dispatch,
    ) -> Result<Self, EventStoreDbError> {
        let thread = ClientThread::start(log).map_err(|error| EventStoreDbError::Client {
            source: error.into(),
        })?;
        let client = settings::client(thread.runtime.clone(), settings)?;
        Ok(Self {
            client,
            generation,
            made: Instant::now(),
            answered: Arc::default(),
            thread: Arc::new(thread),
        })
    }

    /// The server has answered it.
    pub(super) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// Whether it may be connecting still, which may take so long.
    pub(super) fn is_connecting(&self, within: Duration) -> bool {
        !self.answered.load(Ordering::Relaxed) && self.made.elapsed() < within
    }

    /// Where its futures are to run: a connection that is lost is made anew
    /// there where that is noticed.
    pub(super) fn runtime(&self) -> &Handle {
        &self.thread.runtime
    }
}

/// The thread of a client; it ends when this is dropped, which waits for
/// nothing.
struct ClientThread {
    runtime: Handle,
    _alive: oneshot::Sender<Infallible>,
}

impl ClientThread {
    fn start(log: Dispatch) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .build()?;
        let handle = runtime.handle().clone();
        let (alive, dropped) = oneshot::channel();
        let run = move || {
            // Where there is none yet, the process's is used once it is set.
            let _log = (!log.is::<NoSubscriber>()).then(|| dispatcher::set_default(&log));
            let _: Result<Infallible, _> = runtime.block_on(dropped);
            // A look-up of a name cannot be ended, and is not waited for.
            runtime.shutdown_background();
        };
        thread::Builder::new()
            .name("plumberd-esdb".to_owned())
            .spawn(run)?;
        Ok(Self {
            runtime: handle,
            _alive: alive,
        })
    }
}
