//! What other processes commit: SQLite does not tell, so a thread has to look.

use super::{
    config::SqliteConfig,
    epoch,
    file_error::SqliteFileError,
    files::{Files, Stamp},
    open,
};
use crate::store::toolkit::follow::{Listener, Signal};
use rusqlite::Connection;
use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// How often at the most to read the file without its log, when it was written
/// to.
const CLOSELY: Duration = Duration::from_secs(1);

/// How far the store is known to be written, and who wants to know.
#[derive(Debug, Default)]
pub(super) struct Head {
    position: AtomicI64,
    pub(super) committed: Signal,
}

impl Head {
    /// Wakes subscriptions if `position` is news: also when it is before what
    /// is known, for then an older state of the store may be there.
    pub(super) fn reached(&self, position: i64) {
        if self.position.fetch_max(position, Ordering::AcqRel) != position {
            self.committed.notify();
        }
    }
}

/// Looks for commits while there are subscriptions.
#[derive(Debug)]
pub(super) struct Watcher {
    config: Arc<SqliteConfig>,
    files: Arc<Files>,
    head: Arc<Head>,
    alive: mpsc::WeakSender<()>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    subscriptions: usize,
    running: bool,
    closed: bool,
}

/// A subscription is there.
#[derive(Debug)]
pub(super) struct Watching {
    watcher: Arc<Watcher>,
    /// Whether the thread runs.
    running: bool,
}

impl Watching {
    /// A listener for the commits of this process and of others. Without the
    /// thread that looks for the latter, it looks itself.
    pub(super) fn listen(&self) -> Listener {
        let listener = self.watcher.head.committed.listen();
        if self.running {
            listener
        } else {
            listener.or_every(self.watcher.config.poll_interval)
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.watcher.lock().subscriptions -= 1;
    }
}

impl Watcher {
    pub(super) fn new(
        config: Arc<SqliteConfig>,
        files: Arc<Files>,
        head: Arc<Head>,
        alive: mpsc::WeakSender<()>,
    ) -> Arc<Self> {
        Arc::new(Self {
            config,
            files,
            head,
            alive,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Looks until the returned value is dropped.
    pub(super) fn watch(self: &Arc<Self>) -> Watching {
        let mut state = self.lock();
        state.subscriptions += 1;
        if !state.running && !state.closed {
            state.running = self.start();
        }
        let watching = Watching {
            watcher: Arc::clone(self),
            running: state.running,
        };
        drop(state);
        self.changed.notify_all();
        watching
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: &Arc<Self>) -> bool {
        let Some(alive) = self.alive.upgrade() else {
            return false;
        };
        let watcher = Arc::clone(self);
        let started = thread::Builder::new()
            .name("plumberd-sqlite-watcher".into())
            .spawn(move || {
                let _alive = alive;
                let mut looking = Looking::default();
                while watcher.wait() {
                    watcher.look(&mut looking);
                }
            });
        if let Err(error) = &started {
            tracing::warn!(%error, "each subscription looks for what other processes append");
        }
        started.is_ok()
    }

    /// Waits for the next time to look; false when there is none.
    fn wait(&self) -> bool {
        let interval = self.config.poll_interval;
        let mut state = self.lock();
        while state.subscriptions == 0 && !state.closed {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let (state, _) = self
            .changed
            .wait_timeout_while(state, interval, |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        !state.closed
    }

    fn look(&self, looking: &mut Looking) {
        let Ok(stamp) = self.files.check() else {
            // The next read gets the error.
            return self.head.committed.notify();
        };
        if looking.connection.is_none() {
            looking.connection = open::open_reader(&self.config).ok();
        }
        let Some(connection) = &looking.connection else {
            return self.head.committed.notify();
        };
        if looking.closely.elapsed() >= CLOSELY
            && !looking.stamp.is_some_and(|known| known.is_file_of(&stamp))
        {
            looking.closely = Instant::now();
            looking.stamp = Some(stamp);
            self.look_closely(connection);
        }
        let head = connection.query_row("SELECT max(position) FROM events", [], |row| {
            row.get::<_, Option<i64>>(0)
        });
        match head {
            Ok(head) => self.head.reached(head.unwrap_or(0)),
            // The next read gets the error, and knows what to do about it.
            Err(_) => self.head.committed.notify(),
        }
    }

    /// Sees whether the file still has the content that the log is for.
    fn look_closely(&self, connection: &Connection) {
        let (path, log) = (self.files.path(), self.files.log());
        let checked = connection
            .execute_batch("BEGIN")
            .and_then(|()| epoch::check(connection, path, log));
        let _ = connection.execute_batch("ROLLBACK");
        if let Ok(Err(_)) = checked {
            let path = path.to_path_buf();
            self.files.lose(SqliteFileError::Overwritten { path });
            self.head.committed.notify();
        }
    }
}

/// What the thread keeps between two looks.
struct Looking {
    connection: Option<Connection>,
    stamp: Option<Stamp>,
    closely: Instant,
}

impl Default for Looking {
    fn default() -> Self {
        Self {
            connection: None,
            stamp: None,
            closely: Instant::now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::new_event_id,
        store::{
            StoreError, SubscriptionMessage,
            toolkit::follow::{FollowPage, PageSource, follow},
        },
        stream::Revision,
    };
    use std::time::Duration;

    /// Nothing to read; counts each look.
    struct Looked(mpsc::UnboundedSender<()>);

    impl PageSource for Looked {
        type Cursor = Revision;

        async fn read_page(
            &mut self,
            after: Option<Revision>,
        ) -> Result<FollowPage<Revision>, StoreError> {
            let _ = self.0.send(());
            Ok(FollowPage::last(Vec::new(), after))
        }
    }

    /// A watcher without a store that is alive, and so without a thread.
    fn without_thread(folder: &std::path::Path) -> Arc<Watcher> {
        let config =
            SqliteConfig::new(folder.join("a.db")).with_poll_interval(Duration::from_millis(1));
        let (_open, files) = open::open_writer(&config).unwrap();
        let (alive, _) = mpsc::channel(1);
        Watcher::new(
            Arc::new(config),
            Arc::new(files),
            Arc::default(),
            alive.downgrade(),
        )
    }

    #[test]
    fn it_looks_for_as_long_as_there_is_a_subscription() {
        let folder = std::env::temp_dir().join(format!("plumberd-{}", new_event_id()));
        std::fs::create_dir(&folder).unwrap();
        let watcher = without_thread(&folder);
        let subscriptions = || watcher.lock().subscriptions;

        let (one, two, three) = (watcher.watch(), watcher.watch(), watcher.watch());
        assert_eq!(subscriptions(), 3);
        drop((one, three));
        assert_eq!(subscriptions(), 1);
        drop(two);
        assert_eq!(subscriptions(), 0, "the thread would never rest again");

        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn a_subscription_looks_itself_when_the_watcher_cannot_start() {
        let folder = std::env::temp_dir().join(format!("plumberd-{}", new_event_id()));
        std::fs::create_dir(&folder).unwrap();
        let watcher = without_thread(&folder);
        let watching = watcher.watch();
        let (said, mut looked) = mpsc::unbounded_channel();
        let mut subscription = follow(Looked(said), None, watching.listen());
        let first = subscription.next_message().await.unwrap();
        assert_eq!(first, Some(SubscriptionMessage::CaughtUp));

        let looks = async {
            for _ in 0..10 {
                looked.recv().await;
            }
        };
        let patience = tokio::time::timeout(Duration::from_secs(30), looks);

        tokio::select! {
            message = subscription.next_message() => panic!("got {message:?}"),
            enough = patience => assert!(enough.is_ok(), "it does not look"),
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
