//! What binds the file to the log beside it.
//!
//! SQLite would lay any log whose checksums are right over any file, also that
//! of yesterday over a backup of last week. The table `store` says which file a
//! log is for: after each checkpoint the next commit adds one to `epoch`, and
//! notes in `base` the epoch that the file itself has, without the log. As the
//! file only ever gets what is in the log, its own epoch is never below the
//! `base` nor above the `epoch` that file and log have together; that of an
//! older copy is below, that of another store has another `id`.

use super::{file_error::SqliteFileError, schema::APPLICATION_ID};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::{fmt::Write as _, path::Path, thread, time::Duration};

/// How often to look again before two files are said not to belong together: a
/// checkpoint of another process writes the one that is being read.
const LOOKS: usize = 5;

/// Begins an epoch; the parameter is the epoch of the file alone, if known.
pub(super) const BIND: &str = "UPDATE store SET epoch = epoch + 1, base = coalesce(?1, base)";

/// Makes a copy a file of its own, that no log but its own belongs to.
pub(super) const BECOME_ANOTHER: &str = "UPDATE store SET id = randomblob(16), epoch = 1, base = 0";

/// The row of the table `store`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    id: [u8; 16],
    epoch: i64,
    base: i64,
    /// Counts changes of the schema, those of `VACUUM` included.
    schema: i64,
}

/// What the file says without its log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Alone {
    /// It is empty, or of a version that had no epochs.
    Unmarked,
    Marked(Mark),
    /// It is another application's.
    Foreign,
    /// It makes no sense alone: a checkpoint was cut short, and the log mends it.
    Unreadable,
}

impl Alone {
    /// Reads the file as if there were neither a log nor locks.
    pub(super) fn read(path: &Path) -> Self {
        match read_alone(path) {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, "the file cannot be read without its log");
                Self::Unreadable
            }
        }
    }

    /// Whether the log that together with the file makes `both` is its own.
    fn belongs_to(&self, both: Option<&Mark>) -> bool {
        match (self, both) {
            (Self::Unreadable, _) | (Self::Unmarked, None) => true,
            (Self::Foreign, _) | (Self::Marked(_), None) => false,
            (Self::Unmarked, Some(both)) => both.base == 0,
            (Self::Marked(alone), Some(both)) => {
                alone.id == both.id
                    && (both.base..=both.epoch).contains(&alone.epoch)
                    && alone.schema <= both.schema
            }
        }
    }

    /// The `base` of a log that is begun beside the file.
    pub(super) fn epoch(&self) -> Option<i64> {
        match self {
            Self::Unmarked => Some(0),
            Self::Marked(mark) => Some(mark.epoch),
            Self::Foreign | Self::Unreadable => None,
        }
    }
}

impl Mark {
    /// The row as the connection sees it; none in a file without epochs.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        let schema = connection.query_row("PRAGMA schema_version", [], |row| row.get(0))?;
        let known = connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'store'",
            [],
            |row| row.get::<_, i64>(0),
        )?;
        if known == 0 {
            return Ok(None);
        }
        let row = connection.query_row("SELECT id, epoch, base FROM store", [], |row| {
            Ok(Self {
                id: row.get(0)?,
                epoch: row.get(1)?,
                base: row.get(2)?,
                schema,
            })
        });
        row.optional()
    }

    pub(super) const fn schema(&self) -> i64 {
        self.schema
    }

    /// Whether the file alone has everything.
    pub(super) fn is_all_of(&self, alone: &Alone) -> bool {
        matches!(alone, Alone::Marked(mark) if mark.epoch == self.epoch)
    }
}

/// Fails unless file and log belong together, as `connection` reads both. To be
/// called in a transaction, so that the log is not begun anew meanwhile.
pub(super) fn check(
    connection: &Connection,
    path: &Path,
    log: &Path,
) -> rusqlite::Result<Result<Alone, SqliteFileError>> {
    let both = Mark::read(connection)?;
    for look in 0..LOOKS {
        if look > 0 {
            thread::sleep(Duration::from_millis(5 << look));
        }
        let alone = Alone::read(path);
        if alone.belongs_to(both.as_ref()) {
            return Ok(Ok(alone));
        }
    }
    Ok(Err(SqliteFileError::StaleLog {
        path: path.to_path_buf(),
        log: log.to_path_buf(),
    }))
}

/// A statement that writes the first page, with what it has already.
pub(super) fn touch(connection: &Connection) -> rusqlite::Result<String> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(format!("PRAGMA user_version = {version}"))
}

/// Begins an epoch that the file has too, without its log: what was copied from
/// it before is older from now on. Does nothing while another process writes.
pub(super) fn begin(
    connection: &Connection,
    path: &Path,
    log: &Path,
) -> rusqlite::Result<Result<(), SqliteFileError>> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let bound = check(connection, path, log).and_then(|checked| match checked {
        Err(stale) => Ok(Err(stale)),
        Ok(alone) => {
            connection.execute(BIND, [alone.epoch()])?;
            connection.execute_batch(&touch(connection)?)?;
            connection.execute_batch("COMMIT")?;
            Ok(Ok(()))
        }
    });
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    if let Ok(Ok(())) = bound {
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
    bound
}

fn read_alone(path: &Path) -> rusqlite::Result<Alone> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(immutable(path), flags)?;
    // While a checkpoint runs, the file is shorter than it says.
    connection.execute_batch("PRAGMA writable_schema = ON")?;
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    if application != 0 && application != APPLICATION_ID {
        return Ok(Alone::Foreign);
    }
    Ok(Mark::read(&connection)?.map_or(Alone::Unmarked, Alone::Marked))
}

/// The URI under which SQLite takes neither lock nor log into account.
fn immutable(path: &Path) -> String {
    let mut uri = String::from("file://");
    let text = path.as_os_str().as_encoded_bytes();
    if !text.starts_with(b"/") {
        uri.push('/');
    }
    for byte in text {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            b'\\' if cfg!(windows) => uri.push('/'),
            // Writing to a `String` cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}
