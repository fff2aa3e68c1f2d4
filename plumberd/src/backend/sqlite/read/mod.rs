//! The threads that read, each over a connection of its own. They take turns
//! page by page, so a long read holds up no other.

mod all;
mod deletion;
mod event;
mod names;
mod order;
mod pages;
mod session;
mod stream;

pub(super) use all::AllRead;
pub(super) use order::{ENTRY_AFTER, check_entry_after, check_head, given_positions};
pub(super) use pages::{PageRead, event_stream};
pub(super) use session::Session;
pub(super) use stream::StreamRead;

use super::{
    config::SqliteConfig,
    error::{Closed, SqliteError},
    files::Files,
    open,
};
use crate::{store::StoreError, timer::hold_clock};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};
use tokio::sync::{mpsc, oneshot};

type Job = Box<dyn FnOnce(&mut Session<'_>) + Send>;

/// The way to the threads.
#[derive(Debug, Clone)]
pub(super) struct Readers(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    closed: bool,
}

impl Readers {
    /// Opens so many connections as `config` says, on a thread each.
    pub(super) async fn start(
        config: &Arc<SqliteConfig>,
        files: &Arc<Files>,
        alive: &mpsc::Sender<()>,
    ) -> Result<Self, SqliteError> {
        let readers = Self(Arc::default());
        let mut opening = Opening {
            readers: &readers,
            opened: false,
        };
        for number in 0..config.readers {
            start_thread(number, config, files, &readers.0, alive).await?;
        }
        opening.opened = true;
        drop(opening);
        Ok(readers)
    }

    /// Has a thread do `job`, and waits for it.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.begin(job).await.unwrap_or_else(|_| Err(Closed.into()))
    }

    /// Has a thread do `job`; the receiver fails when there is none any more.
    /// A job whose receiver is dropped before its turn is left out.
    pub(super) fn begin<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, StoreError>> {
        let (answer, outcome) = oneshot::channel();
        let held = hold_clock();
        let mut state = self.0.lock();
        if !state.closed {
            state.jobs.push_back(Box::new(move |session| {
                if !answer.is_closed() {
                    let there = session.check_files();
                    let _ = answer.send(there.and_then(|()| job(session)));
                }
                drop(held);
            }));
            drop(state);
            self.0.changed.notify_one();
        }
        outcome
    }

    /// Lets the threads end after what is queued.
    pub(super) fn close(&self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

/// Ends the threads that have begun when no caller waits for them any more:
/// because one of them failed, or because the caller left.
struct Opening<'a> {
    readers: &'a Readers,
    opened: bool,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if !self.opened {
            self.readers.close();
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A job runs outside the lock, so a panic cannot leave a torn state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Queue")
            .field("waiting", &state.jobs.len())
            .field("threads", &state.threads)
            .finish_non_exhaustive()
    }
}

/// Counts a thread; the last one to go takes the queue with it, so that no caller
/// waits for an answer that cannot come.
struct OnDuty(Arc<Queue>);

impl OnDuty {
    fn new(queue: &Arc<Queue>) -> Self {
        queue.lock().threads += 1;
        Self(Arc::clone(queue))
    }
}

impl Drop for OnDuty {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.threads -= 1;
        if state.threads == 0 {
            state.closed = true;
            state.jobs.clear();
        }
    }
}

async fn start_thread(
    number: usize,
    config: &Arc<SqliteConfig>,
    files: &Arc<Files>,
    queue: &Arc<Queue>,
    alive: &mpsc::Sender<()>,
) -> Result<(), SqliteError> {
    let (opened, outcome) = oneshot::channel();
    let _held = hold_clock();
    let (config, files, alive) = (Arc::clone(config), Arc::clone(files), alive.clone());
    let on_duty = OnDuty::new(queue);
    thread::Builder::new()
        .name(format!("plumberd-sqlite-reader-{number}"))
        .spawn(move || {
            let _alive = alive;
            let connection = match open::open_reader(&config) {
                Ok(connection) => connection,
                Err(error) => {
                    let _ = opened.send(Err(error));
                    return;
                }
            };
            match Session::new(&connection, &config, files) {
                Err(source) => {
                    let _ = opened.send(Err(SqliteError::opening(&config.path, source)));
                }
                Ok(mut session) => {
                    let _ = opened.send(Ok(()));
                    while let Some(job) = on_duty.0.next() {
                        job(&mut session);
                    }
                }
            }
        })
        .map_err(|source| SqliteError::Thread { source })?;
    outcome.await.unwrap_or_else(|_| {
        Err(SqliteError::Thread {
            source: std::io::Error::other("it stopped while it opened the database"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::new_event_id;
    use std::time::Duration;

    #[tokio::test]
    async fn readers_whose_caller_left_while_they_opened_end() {
        let folder = std::env::temp_dir().join(format!("plumberd-{}", new_event_id()));
        std::fs::create_dir(&folder).unwrap();
        let config = Arc::new(SqliteConfig::new(folder.join("a.db")));
        let (_open, files) = open::open_writer(&config).unwrap();
        let files = Arc::new(files);
        // Polled once, so the first thread begins, and then dropped; once more
        // if it was faster than the caller.
        let (alive, mut threads) = loop {
            let (alive, threads) = mpsc::channel(1);
            let starting = Readers::start(&config, &files, &alive);
            if futures_util::FutureExt::now_or_never(starting).is_none() {
                break (alive, threads);
            }
        };

        drop(alive);
        let ended = tokio::time::timeout(Duration::from_secs(30), threads.recv()).await;
        assert!(ended.is_ok(), "a thread waits for ever");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_last_reader_to_go_leaves_no_caller_waiting() {
        let readers = Readers(Arc::default());
        let (first, last) = (OnDuty::new(&readers.0), OnDuty::new(&readers.0));
        let mut queued = readers.begin(|_| Ok(7));

        drop(first);
        assert!(matches!(
            queued.try_recv(),
            Err(oneshot::error::TryRecvError::Empty)
        ));
        drop(last);

        let mut late = readers.begin(|_| Ok(7));
        for answer in [&mut queued, &mut late] {
            assert!(matches!(
                answer.try_recv(),
                Err(oneshot::error::TryRecvError::Closed)
            ));
        }
    }
}
