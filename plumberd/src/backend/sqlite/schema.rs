//! The database file: what makes it ours, and how it came to be.

use super::error::SqliteError;
use rusqlite::Connection;
use std::path::Path;

/// `plmb`: SQLite keeps it in the file's header for whom it concerns.
pub(super) const APPLICATION_ID: i64 = 0x706c_6d62;

/// Each step leads from the schema version of its index to the next.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_events.sql"),
    include_str!("migrations/0002_epoch.sql"),
    include_str!("migrations/0003_checksums.sql"),
];

/// Only reads, so a file that is not ours stays as it is. Gives its version.
pub(super) fn check(
    connection: &Connection,
    path: &Path,
    known: &[&str],
) -> Result<usize, SqliteError> {
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

/// Brings the schema up to date in one transaction. Looks again within it,
/// for another process may have done so meanwhile.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &[&str],
) -> Result<(), SqliteError> {
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
}
