//! An embedded store in one SQLite file: feature `sqlite`.
//!
//! The file is in WAL mode, so reads never wait for writes, and several
//! processes of one machine may use it at a time (not over a network file
//! system). One thread writes; what is appended concurrently shares a commit.
//!
//! # Runtimes and clocks
//!
//! It needs no Tokio runtime, for it works on threads of its own: a store, and
//! the reads and subscriptions begun on it, are used in any runtime, in several,
//! in none, and after the one they were begun in has ended.
//!
//! Under a paused clock (`#[tokio::test(start_paused = true)]`) the clock waits
//! for whatever a call has its threads do, so no time-out of yours or of
//! `CommandBus` is over too early, and a subscription
//! hears at once what is appended through clones of the store. What *another*
//! process appends, or another store on the same file, is looked for every
//! [`poll_interval`](SqliteConfig::with_poll_interval) of real time, and for that
//! a paused clock does not wait: do not pause it where you wait for those.

mod append;
mod backup;
mod checksum;
mod code;
mod config;
pub(super) mod driver;
mod epoch;
mod error;
mod file_error;
mod file_path;
mod files;
mod follow;
mod in_force;
mod index;
mod number;
mod open;
mod read;
mod schema;
mod stats;
mod store;
mod url;
mod verify;
mod watch;

pub use config::{SqliteConfig, Synchronous};
pub use error::SqliteError;
pub use file_error::SqliteFileError;
pub use stats::SqliteStats;
pub use url::InvalidSqliteUrl;
pub use verify::SqliteReport;

use crate::{stream::TenantId, timer::hold_clock};
use append::{Notices, Writer};
use read::Readers;
use stats::Counters;
use std::{fmt, sync::Arc};
use tokio::sync::{Mutex, mpsc};
use watch::{Head, Watcher};

/// A store of events in a SQLite file.
///
/// Cloning is cheap, and clones are one store. When the last of them is gone,
/// and the last read and subscription, its threads end after what is queued is
/// answered; [`Sqlite::close`] waits for that.
///
/// # Examples
///
/// ```
/// use plumberd::{
///     backend::sqlite::{Sqlite, SqliteConfig},
///     event::{NewEvent, new_event_id},
///     store::EventStore,
///     stream::{ExpectedRevision, Revision, StreamName},
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// # let folder = std::env::temp_dir().join(format!("plumberd-doc-{}", new_event_id()));
/// # std::fs::create_dir(&folder)?;
/// # let file = folder.join("bank.db");
/// let store = Sqlite::open(SqliteConfig::new(&file)).await?;
/// let stream = StreamName::new("Account", 7)?;
/// let opened = NewEvent::new(new_event_id(), "AccountOpened".parse()?, r#"{"Owner":"Ada"}"#);
///
/// let outcome = store.append(&stream, ExpectedRevision::NoStream, vec![opened]).await?;
///
/// assert_eq!(outcome.revision(), Revision::FIRST);
/// store.close().await;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
    tenant: Option<TenantId>,
}

/// What the clones of a store have in common.
struct Shared {
    config: Arc<SqliteConfig>,
    writer: Writer,
    readers: Readers,
    watcher: Arc<Watcher>,
    head: Arc<Head>,
    counters: Arc<Counters>,
    /// Says when no thread is left: the writer is the last.
    threads: Mutex<mpsc::Receiver<()>>,
}

impl Sqlite {
    /// Opens the store, and makes or migrates its file where that is needed.
    ///
    /// # Errors
    ///
    /// [`SqliteError`]; the file is as it was. That of another application, of
    /// a newer plumberd, or one that is no database is never changed.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the file may have been made or migrated, and
    /// is closed again.
    pub async fn open(mut config: SqliteConfig) -> Result<Self, SqliteError> {
        config.path = file_path::absolute(&config.path)?;
        let config = Arc::new(config);
        let head = Arc::<Head>::default();
        let counters = Arc::<Counters>::default();
        let (alive, threads) = mpsc::channel(1);
        let (reading, others) = mpsc::channel(1);
        let notices = Notices {
            counters: Arc::clone(&counters),
            head: Arc::clone(&head),
        };
        let (writer, files) = Writer::start(Arc::clone(&config), notices, others, alive).await?;
        let readers = Readers::start(&config, &files, &reading).await?;
        let watcher = Watcher::new(
            Arc::clone(&config),
            files,
            Arc::clone(&head),
            reading.downgrade(),
        );
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                writer,
                readers,
                watcher,
                head,
                counters,
                threads: Mutex::new(threads),
            }),
            tenant: None,
        })
    }

    /// Ends the store for every clone, after what was asked before, and
    /// returns when its threads have ended. Every call after that fails with
    /// [`StoreError::Closed`](crate::store::StoreError::Closed), and every
    /// subscription ends with it.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the store may be closed all the same.
    pub async fn close(&self) {
        let _held = hold_clock();
        self.shared.writer.close().await;
        self.shared.readers.close();
        self.shared.watcher.close();
        // Who waits for more looks once more, and is told that none will come.
        self.shared.head.committed.notify();
        // Nothing is ever sent: it ends when the writer, the last thread, does.
        self.shared.threads.lock().await.recv().await;
    }

    /// What the store has written since it was opened.
    pub fn stats(&self) -> SqliteStats {
        self.shared.counters.shown()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The writer ends by itself when no handle is left.
        self.readers.close();
        self.watcher.close();
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("path", &self.shared.config.path())
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
