//! Opening the file: each connection finds out first whether it may.

use super::{
    code::Class,
    config::SqliteConfig,
    epoch::{self, Alone},
    error::{SqliteError, is_busy},
    file_error::SqliteFileError,
    file_path,
    files::{self, Files},
    schema::{MIGRATIONS, check, migrate},
};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// Opens the database to write to it, made or migrated where that is needed,
/// and notes which files it is.
pub(super) fn open_writer(config: &SqliteConfig) -> Result<(Connection, Files), SqliteError> {
    let path = config.path.as_path();
    files::check_no_orphan(path)?;
    file_path::check(config)?;
    let before = files::before(path)?;
    let failed = |error| SqliteError::opening(path, error);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if config.create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    // A log that may belong elsewhere is not put into the file, whatever happens.
    keep_log_on_close(&connection, true).map_err(failed)?;
    connection
        .busy_timeout(config.busy_timeout)
        .map_err(failed)?;
    check_log(&connection, path)?;
    write_nothing(&connection, config.busy_timeout).map_err(failed)?;
    let mode = use_wal(&connection, config.busy_timeout).map_err(failed)?;
    if mode != "wal" {
        return Err(SqliteError::NoWal {
            path: path.to_path_buf(),
        });
    }
    migrate(&mut connection, path, MIGRATIONS)?;
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = {}; PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864",
            config.synchronous.as_sql(),
        ))
        .map_err(failed)?;
    if let Some(pages) = config.max_pages {
        connection
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .map_err(failed)?;
    }
    check_names(&connection, path)?;
    begin_epoch(&connection, config)?;
    let files = Files::of(path, before)?;
    keep_log_on_close(&connection, false).map_err(failed)?;
    Ok((connection, files))
}

/// Opens a database that [`open_writer`] has opened before.
pub(super) fn open_reader(config: &SqliteConfig) -> Result<Connection, SqliteError> {
    let path = config.path.as_path();
    let failed = |error| SqliteError::opening(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    keep_log_on_close(&connection, true).map_err(failed)?;
    connection
        .busy_timeout(config.busy_timeout)
        .map_err(failed)?;
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8000")
        .map_err(failed)?;
    // A connection that has read holds on to the log. One that has not would
    // remove it, should the file be emptied before.
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(failed)?;
    Ok(connection)
}

/// A store with more streams than that is not looked through when it is opened.
const NAMES: i64 = 10_000;

/// Looks through the tables of names and their indexes. A stream that is in its
/// table and not in the index would not be found, without an error.
fn check_names(connection: &Connection, path: &Path) -> Result<(), SqliteError> {
    let failed = |error| SqliteError::opening(path, error);
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
    let streams = number("SELECT max(stream) FROM streams").map_err(failed)?;
    let small = streams.is_none_or(|streams| streams <= NAMES);
    let tables = ["kinds", "tenants", "streams"];
    for table in &tables[..if small { 3 } else { 2 }] {
        let sql = format!("PRAGMA integrity_check({table})");
        let found: String = connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(failed)?;
        if found != "ok" {
            return Err(SqliteError::NotADatabase {
                path: path.to_path_buf(),
                source: rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT_INDEX),
                    Some(format!("the table `{table}`: {found}")),
                ),
            });
        }
    }
    Ok(())
}

/// Copies the database that is open into the new file `to`, and gives the copy
/// an identity of its own.
pub(super) fn copy(config: &SqliteConfig, to: &Path) -> Result<(), SqliteError> {
    let Some(text) = to.to_str() else {
        return Err(SqliteError::InvalidPath {
            path: to.to_path_buf(),
            reason: "SQLite takes no name for a copy that is not UTF-8",
        });
    };
    let failed = |error| SqliteError::opening(to, error);
    let connection = open_reader(config)?;
    connection
        .execute_batch("PRAGMA query_only = OFF")
        .map_err(failed)?;
    connection
        .execute("VACUUM INTO ?1", [text])
        .map_err(failed)?;
    let copied = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE);
    copied
        .and_then(|copied| copied.execute(epoch::BECOME_ANOTHER, []))
        .map_err(failed)?;
    Ok(())
}

/// Whether the log stays as it is when the last connection is closed. Without
/// that SQLite puts it into the file, and removes what has its name.
pub(super) fn keep_log_on_close(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    let setting = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(setting, keep).map(drop)
}

/// Finds out what the file is, and that the log beside it is its own.
fn check_log(connection: &Connection, path: &Path) -> Result<(), SqliteError> {
    let log = file_path::beside(&file_path::real(path), "-wal");
    let logged = fs::metadata(&log).is_ok_and(|log| log.len() > 0);
    if let Err(error) = check(connection, path, MIGRATIONS) {
        // Together they may make no sense because of a log that is another's.
        if logged && matches!(Alone::read(path), Alone::Marked(_)) {
            let path = path.to_path_buf();
            return Err(SqliteFileError::StaleLog { path, log }.into());
        }
        return Err(error);
    }
    if !logged {
        return Ok(());
    }
    let failed = |error| SqliteError::opening(path, error);
    connection.execute_batch("BEGIN").map_err(failed)?;
    let checked = epoch::check(connection, path, &log);
    connection.execute_batch("ROLLBACK").map_err(failed)?;
    checked.map_err(failed)??;
    Ok(())
}

/// Begins an epoch, unless that cannot be done just now: the first commit does
/// it then, and who only reads needs none.
fn begin_epoch(connection: &Connection, config: &SqliteConfig) -> Result<(), SqliteError> {
    let path = config.path.as_path();
    let failed = |error| SqliteError::opening(path, error);
    let log = file_path::beside(&file_path::real(path), "-wal");
    connection.busy_timeout(Duration::ZERO).map_err(failed)?;
    let begun = epoch::begin(connection, path, &log);
    connection
        .busy_timeout(config.busy_timeout)
        .map_err(failed)?;
    match begun {
        Ok(checked) => Ok(checked?),
        Err(error) => match Class::of(&error) {
            Class::Busy | Class::Full | Class::Interrupted => {
                tracing::debug!(%error, "the store begins its epoch with the first commit");
                Ok(())
            }
            _ => Err(failed(error)),
        },
    }
}

/// Fails where the file may only be read: SQLite opens it all the same, and a
/// file that is in WAL mode already would say so at the first append.
fn write_nothing(connection: &Connection, timeout: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    connection.busy_timeout(timeout)?;
    match begun {
        // The first write shows that it can be done.
        Err(error) if is_busy(&error) => return Ok(()),
        begun => begun?,
    }
    let written = epoch::touch(connection).and_then(|touch| connection.execute_batch(&touch));
    let ended = connection.execute_batch("ROLLBACK");
    written.and(ended)
}

/// Gives the mode the file is in then. SQLite does not wait by itself while
/// another process does the same.
fn use_wal(connection: &Connection, timeout: Duration) -> rusqlite::Result<String> {
    let begun = Instant::now();
    loop {
        let changed = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
        match changed {
            Err(error) if is_busy(&error) && begun.elapsed() < timeout => {
                std::thread::sleep(Duration::from_millis(2));
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A commit is on the disk when it is answered, unless asked otherwise: no
    /// killed process shows the difference, only the setting does.
    #[test]
    fn every_commit_reaches_the_disk_unless_asked_otherwise() {
        let folder = std::env::temp_dir().join(crate::event::new_event_id().to_string());
        std::fs::create_dir(&folder).unwrap();
        let asked = |config: &SqliteConfig| {
            let (connection, _) = open_writer(config).unwrap();
            let setting = |name| -> String {
                connection
                    .query_row(&format!("PRAGMA {name}"), [], |row| {
                        row.get::<_, rusqlite::types::Value>(0)
                    })
                    .map(|value| format!("{value:?}"))
                    .unwrap()
            };
            (setting("journal_mode"), setting("synchronous"))
        };
        let wal = "Text(\"wal\")".to_owned();
        let config = SqliteConfig::new(folder.join("a.db"));

        let full = asked(&config);
        let normal = asked(&config.with_synchronous(super::super::Synchronous::Normal));
        std::fs::remove_dir_all(&folder).unwrap();

        assert_eq!(full, (wal.clone(), "Integer(2)".to_owned()));
        assert_eq!(normal, (wal, "Integer(1)".to_owned()));
    }
}
