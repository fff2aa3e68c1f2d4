//! The one thread that writes. What waits when it begins a transaction shares
//! that transaction, and so its flush to the disk.

mod batch;
mod group;
mod guard;
mod metadata;
mod names;
mod statements;

use super::{
    config::SqliteConfig,
    error::{Closed, SqliteError},
    files::Files,
    open,
    stats::Counters,
    watch::Head,
};
use crate::{
    event::NewEvent,
    store::{AppendOutcome, StoreError},
    stream::{ExpectedRevision, StreamMetadata, StreamName, TenantId},
    timer::{ClockHold, hold_clock},
};
use batch::Session;
use group::Group;
use rusqlite::Connection;
use std::{sync::Arc, thread};
use tokio::sync::{mpsc, oneshot};

/// How many commands may wait; callers beyond wait themselves.
const QUEUE: usize = 1024;

/// One call that writes.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) tenant: Option<TenantId>,
    pub(super) stream: StreamName,
    pub(super) expected: ExpectedRevision,
    pub(super) change: Change,
}

#[derive(Debug)]
pub(super) enum Change {
    /// The events, and the metadata that they put in force.
    Append(Vec<NewEvent>, Option<StreamMetadata>),
    Delete,
    Tombstone,
}

/// `None` when there was nothing to do.
type Answer = Result<Option<AppendOutcome>, StoreError>;

#[derive(Debug)]
enum Message {
    Do(Command, Caller),
    Close,
}

/// Who waits for a command.
#[derive(Debug)]
struct Caller {
    answer: oneshot::Sender<Answer>,
    _held: ClockHold,
}

impl Caller {
    /// A caller that dropped its future gets no answer.
    fn reply(self, answer: Answer) {
        let _ = self.answer.send(answer);
    }
}

/// What the writer tells the rest of the store.
#[derive(Debug, Clone)]
pub(super) struct Notices {
    pub(super) counters: Arc<Counters>,
    pub(super) head: Arc<Head>,
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

impl Writer {
    /// Opens the database on a new thread and writes there what comes, until
    /// the last handle is gone. The connection is closed after those of
    /// `others`; `alive` is dropped when nothing is left.
    pub(super) async fn start(
        config: Arc<SqliteConfig>,
        notices: Notices,
        others: mpsc::Receiver<()>,
        alive: mpsc::Sender<()>,
    ) -> Result<(Self, Arc<Files>), SqliteError> {
        let (queue, commands) = mpsc::channel(QUEUE);
        let (opened, outcome) = oneshot::channel();
        let _held = hold_clock();
        thread::Builder::new()
            .name("plumberd-sqlite-writer".into())
            .spawn(move || {
                let _alive = alive;
                let others = Others(others);
                match open::open_writer(&config) {
                    Err(error) => {
                        let _ = opened.send(Err(error));
                    }
                    Ok((connection, files)) => {
                        let files = Arc::new(files);
                        if opened.send(Ok(Arc::clone(&files))).is_ok() {
                            let last = work(&config, connection, &files, commands, &notices);
                            drop(others);
                            if let Some(last) = last {
                                close(last, &files);
                            }
                        }
                    }
                }
            })
            .map_err(|source| SqliteError::Thread { source })?;
        let files = outcome
            .await
            .unwrap_or_else(|_| Err(stopped_while_opening()))?;
        Ok((Self { queue }, files))
    }

    /// Writes, and waits until it is committed.
    pub(super) async fn write(&self, command: Command) -> Answer {
        let (answer, outcome) = oneshot::channel();
        let caller = Caller {
            answer,
            _held: hold_clock(),
        };
        let stream = command.stream.clone();
        self.queue
            .send(Message::Do(command, caller))
            .await
            .map_err(|_| Closed)?;
        // The thread answers whatever it took, unless it died over it.
        outcome.await.unwrap_or_else(|_| {
            Err(StoreError::OutcomeUnknown {
                backend: super::error::BACKEND,
                stream,
                source: Closed.into(),
            })
        })
    }

    /// Lets the thread end after what is queued.
    pub(super) async fn close(&self) {
        let _ = self.queue.send(Message::Close).await;
    }
}

/// The threads that read; dropping it waits until they have ended.
///
/// The last connection to close puts the log into the file and deletes it.
/// When several close at once, each sees the others and none does.
struct Others(mpsc::Receiver<()>);

impl Drop for Others {
    fn drop(&mut self) {
        // Nothing is ever sent: it ends when each of them has dropped its end.
        self.0.blocking_recv();
    }
}

fn stopped_while_opening() -> SqliteError {
    SqliteError::Thread {
        source: std::io::Error::other("it stopped while it opened the database"),
    }
}

/// Why a session with one connection ended: no handle is left, or the
/// connection cannot get out of its transaction.
enum Ended {
    Closed,
    Broken,
}

/// Returns the connection when the store was closed; one that fails is closed
/// at once, for it may hold the file's lock.
fn work(
    config: &SqliteConfig,
    mut connection: Connection,
    files: &Arc<Files>,
    mut commands: mpsc::Receiver<Message>,
    notices: &Notices,
) -> Option<Connection> {
    loop {
        match serve(config, &connection, files, &mut commands, notices) {
            Ok(Ended::Closed) => return Some(connection),
            Ok(Ended::Broken) => {}
            Err(error) => {
                tracing::error!(%error, "the SQLite store cannot prepare its statements");
                return None;
            }
        }
        tracing::warn!("the SQLite store opens its connection again");
        match reopen(config, files) {
            Ok(opened) => connection = opened,
            Err(error) => {
                tracing::error!(%error, "the SQLite store cannot be opened again");
                return None;
            }
        }
    }
}

/// Opens the file that was open before. If it is not there any more, making a
/// new one would scatter the events over two; nor is another one taken for it.
fn reopen(config: &SqliteConfig, files: &Files) -> Result<Connection, SqliteError> {
    files.check()?;
    let (connection, _) = open::open_writer(&config.clone().with_create(false))?;
    if let Err(lost) = files.check() {
        keep_log(&connection);
        return Err(lost.into());
    }
    Ok(connection)
}

/// Closes the last connection. The log is put into the file only if that is
/// still the one it belongs to.
fn close(connection: Connection, files: &Files) {
    if let Err(error) = files.check() {
        tracing::error!(%error, "the log of the SQLite store is left as it is");
        keep_log(&connection);
    }
    drop(connection);
}

fn keep_log(connection: &Connection) {
    if let Err(error) = open::keep_log_on_close(connection, true) {
        tracing::error!(%error, "the log cannot be kept");
    }
}

fn serve(
    config: &SqliteConfig,
    connection: &Connection,
    files: &Arc<Files>,
    commands: &mut mpsc::Receiver<Message>,
    notices: &Notices,
) -> rusqlite::Result<Ended> {
    // `BEGIN` waits by itself, in shorter steps than SQLite would.
    connection.busy_timeout(std::time::Duration::ZERO)?;
    let mut session = Session::new(connection, config, Arc::clone(files))?;
    let mut group = Group::new(config);
    loop {
        group.gather(commands);
        if group.is_empty() {
            return Ok(Ended::Closed);
        }
        group.commit(&mut session, notices);
        if !session.is_idle() {
            return Ok(Ended::Broken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::sqlite::SqliteFileError, event::new_event_id};

    #[test]
    fn a_file_that_was_moved_away_is_not_made_anew() {
        let folder = std::env::temp_dir().join(format!("plumberd-{}", new_event_id()));
        std::fs::create_dir(&folder).unwrap();
        let config = SqliteConfig::new(folder.join("a.db"));
        let (_open, files) = open::open_writer(&config).unwrap();
        assert!(reopen(&config, &files).is_ok());
        std::fs::rename(folder.join("a.db"), folder.join("b.db")).unwrap();

        let refused = reopen(&config, &files);

        assert!(
            matches!(
                refused,
                Err(SqliteError::File(SqliteFileError::Removed { .. }))
            ),
            "{refused:?}"
        );
        assert!(!config.path().exists(), "a new file was made");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_writer_that_cannot_go_on_leaves_the_lock_to_others() {
        let folder = std::env::temp_dir().join(format!("plumberd-{}", new_event_id()));
        std::fs::create_dir(&folder).unwrap();
        let config = SqliteConfig::new(folder.join("a.db"));
        let (connection, files) = open::open_writer(&config).unwrap();
        connection
            .execute_batch("DROP TABLE events; BEGIN IMMEDIATE")
            .unwrap();
        let (_queue, commands) = mpsc::channel(1);
        let notices = Notices {
            counters: Arc::default(),
            head: Arc::default(),
        };

        // It cannot prepare its statements.
        let kept = work(&config, connection, &Arc::new(files), commands, &notices);

        assert!(kept.is_none(), "it keeps the connection");
        let other = rusqlite::Connection::open(config.path()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE; ROLLBACK").unwrap();
        drop(other);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
