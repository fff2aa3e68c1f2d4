//! The database file: what makes it ours, and how it came to be.

use super::{
    code::Class,
    config::SqliteConfig,
    epoch::{self, Alone},
    error::{SqliteError, is_busy},
    files::{self, Files, SqliteFileError},
    place,
};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// `plmb`: SQLite keeps it in the file's header for whom it concerns.
pub(super) const APPLICATION_ID: i64 = 0x706c_6d62;

/// Each step leads from the schema version of its index to the next.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_events.sql"),
    include_str!("migrations/0002_epoch.sql"),
];

/// Opens the database to write to it, made or migrated where that is needed,
/// and notes which files it is.
pub(super) fn open_writer(config: &SqliteConfig) -> Result<(Connection, Files), SqliteError> {
    place::check(config)?;
    let path = config.path.as_path();
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
    Ok(connection)
}

/// Whether the log stays as it is when the last connection is closed. Without
/// that SQLite puts it into the file, and removes what has its name.
pub(super) fn keep_log_on_close(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    let setting = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(setting, keep).map(drop)
}

/// Finds out what the file is, and that the log beside it is its own.
fn check_log(connection: &Connection, path: &Path) -> Result<(), SqliteError> {
    let log = place::beside(&place::real(path), "-wal");
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
    let log = place::beside(&place::real(path), "-wal");
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
fn write_nothing(connection: &Connection, timeout: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    connection.busy_timeout(timeout)?;
    match begun {
        // Whoever writes shows that it can be done.
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
