//! The database file: what makes it ours, and how it came to be.

use super::{
    config::SqliteConfig,
    error::{SqliteError, is_busy},
    place,
};
use rusqlite::{Connection, OpenFlags};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// `plmb`: SQLite keeps it in the file's header for whom it concerns.
const APPLICATION_ID: i64 = 0x706c_6d62;

/// Each step leads from the schema version of its index to the next.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_events.sql")];

/// Opens the database to write to it, made or migrated where that is needed.
pub(super) fn open_writer(config: &SqliteConfig) -> Result<Connection, SqliteError> {
    place::check(config)?;
    let path = config.path.as_path();
    let failed = |error| SqliteError::opening(path, error);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if config.create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection
        .busy_timeout(config.busy_timeout)
        .map_err(failed)?;
    check(&connection, path, MIGRATIONS)?;
    write_nothing(&connection).map_err(failed)?;
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
    Ok(connection)
}

/// Opens a database that [`open_writer`] has opened before.
pub(super) fn open_reader(config: &SqliteConfig) -> Result<Connection, SqliteError> {
    let path = config.path.as_path();
    let failed = |error| SqliteError::opening(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection
        .busy_timeout(config.busy_timeout)
        .map_err(failed)?;
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8000")
        .map_err(failed)?;
    Ok(connection)
}

/// Only reads, so a file that is not ours stays as it is. Gives its version.
fn check(connection: &Connection, path: &Path, known: &[&str]) -> Result<usize, SqliteError> {
    let header = Header::read(connection).map_err(|error| SqliteError::reading(path, error))?;
    let foreign = |found: String| SqliteError::Foreign {
        path: path.to_path_buf(),
        found,
    };
    let Header {
        application,
        version,
        objects,
    } = header;
    if application == APPLICATION_ID {
        return match usize::try_from(version) {
            Ok(version) if version <= known.len() => Ok(version),
            _ => Err(SqliteError::Newer {
                path: path.to_path_buf(),
                found: version,
                known: i64::try_from(known.len()).unwrap_or(i64::MAX),
            }),
        };
    }
    if application != 0 {
        return Err(foreign(format!("its application id is {application:#x}")));
    }
    if objects != 0 {
        return Err(foreign(format!(
            "it has {objects} tables and indexes of its own"
        )));
    }
    if version != 0 {
        return Err(foreign(format!("its user version is {version}")));
    }
    Ok(0)
}

/// What tells whose a file is.
struct Header {
    application: i64,
    version: i64,
    objects: i64,
}

impl Header {
    /// Reads everything in one state of the file: while another process makes
    /// it, it would else seem to have tables and no owner.
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        connection.execute_batch("SAVEPOINT header")?;
        let number = |sql| connection.query_row(sql, [], |row| row.get(0));
        let read = || -> rusqlite::Result<Self> {
            Ok(Self {
                application: number("PRAGMA application_id")?,
                version: number("PRAGMA user_version")?,
                objects: number("SELECT count(*) FROM sqlite_schema")?,
            })
        };
        let header = read();
        let released = connection.execute_batch("RELEASE header");
        let header = header?;
        released?;
        Ok(header)
    }
}

/// Fails where the file may only be read: SQLite opens it all the same, and a
/// file that is in WAL mode already would say so at the first append.
fn write_nothing(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let written = version
        .and_then(|version| connection.execute_batch(&format!("PRAGMA user_version = {version}")));
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

/// Brings the schema up to date in one transaction. Looks again within it,
/// for another process may have done so meanwhile.
fn migrate(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), SqliteError> {
    let failed = |error| SqliteError::opening(path, error);
    if check(connection, path, steps)? == steps.len() {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(failed)?;
    let version = check(&transaction, path, steps)?;
    for step in steps.iter().skip(version) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}",
            steps.len()
        ))
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLDER: &[&str] = &["CREATE TABLE one (a INTEGER)"];
    const NEWER: &[&str] = &[
        "CREATE TABLE one (a INTEGER)",
        "ALTER TABLE one ADD COLUMN b INTEGER NOT NULL DEFAULT 7",
        "CREATE TABLE three (c INTEGER)",
    ];

    fn path() -> &'static Path {
        Path::new("in memory")
    }

    #[test]
    fn an_older_schema_is_brought_up_to_date_and_keeps_its_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, path(), OLDER).unwrap();
        connection
            .execute("INSERT INTO one VALUES (1)", [])
            .unwrap();

        migrate(&mut connection, path(), NEWER).unwrap();

        let row = connection.query_row("SELECT a, b FROM one", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        assert_eq!(row.unwrap(), (1, 7));
        assert_eq!(check(&connection, path(), NEWER).unwrap(), 3);
    }

    #[test]
    fn a_step_that_fails_leaves_the_older_schema() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, path(), OLDER).unwrap();
        let broken = [OLDER[0], "CREATE TABLE two (b INTEGER)", "NONSENSE"];

        migrate(&mut connection, path(), &broken).unwrap_err();

        assert_eq!(check(&connection, path(), OLDER).unwrap(), 1);
        let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
            row.get::<_, i64>(0)
        });
        assert_eq!(tables.unwrap(), 1);
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, path(), NEWER).unwrap();

        let refused = migrate(&mut connection, path(), OLDER);

        assert!(
            matches!(
                refused,
                Err(SqliteError::Newer {
                    found: 3,
                    known: 1,
                    ..
                })
            ),
            "got {refused:?}"
        );
    }

    /// A commit is on the disk when it is answered, unless asked otherwise: no
    /// killed process shows the difference, only the setting does.
    #[test]
    fn every_commit_reaches_the_disk_unless_asked_otherwise() {
        let folder = std::env::temp_dir().join(crate::event::new_event_id().to_string());
        std::fs::create_dir(&folder).unwrap();
        let asked = |config: &SqliteConfig| {
            let connection = open_writer(config).unwrap();
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
