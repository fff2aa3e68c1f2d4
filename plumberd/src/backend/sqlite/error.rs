use crate::{BoxError, store::StoreError};
use rusqlite::ffi;
use std::{borrow::Borrow, path::PathBuf};

/// The name of this backend in errors.
pub(super) const BACKEND: &str = "sqlite";

/// Why a SQLite store could not be opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// The path cannot be that of a database file.
    #[error("`{}` is not a path for a database: {reason}", path.display())]
    InvalidPath {
        /// The path.
        path: PathBuf,
        /// What is wrong, and what to write instead.
        reason: &'static str,
    },

    /// There is no such file, and it was not to be created.
    #[error("there is no database `{}`; open it with `create=true` to make one", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },

    /// The folder the file is to be in is not there.
    #[error("the folder of `{}` does not exist; create it first", path.display())]
    NoFolder {
        /// The path.
        path: PathBuf,
    },

    /// The path names a folder.
    #[error("`{}` is a folder; name a file in it", path.display())]
    Folder {
        /// The path.
        path: PathBuf,
    },

    /// The file may only be read.
    #[error("`{}` may only be read; make the file and its folder writable", path.display())]
    ReadOnly {
        /// The path.
        path: PathBuf,
    },

    /// The file is something else than a SQLite database, or a damaged one.
    #[error("`{}` is not a SQLite database, or is damaged; name another file, or restore a backup", path.display())]
    NotADatabase {
        /// The path.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },

    /// The file is another application's SQLite database.
    #[error("`{}` is a database of another application ({found}); name another file", path.display())]
    Foreign {
        /// The path.
        path: PathBuf,
        /// What gave it away.
        found: String,
    },

    /// A newer plumberd wrote the file.
    #[error(
        "`{}` has schema version {found}, this plumberd knows up to {known}; use the newer plumberd that wrote it",
        path.display()
    )]
    Newer {
        /// The path.
        path: PathBuf,
        /// The schema version of the file.
        found: i64,
        /// The highest schema version this plumberd knows.
        known: i64,
    },

    /// Another process keeps the file locked.
    #[error("`{}` is locked by another process; try again, or raise `busy_timeout`", path.display())]
    Busy {
        /// The path.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },

    /// The file is where SQLite cannot keep a log beside it.
    #[error("`{}` cannot be used in WAL mode; name a file on a local disk", path.display())]
    NoWal {
        /// The path.
        path: PathBuf,
    },

    /// SQLite could not open the file.
    #[error("`{}` cannot be opened", path.display())]
    Failed {
        /// The path.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },

    /// The system gave no thread to work on.
    #[error("no thread could be started for the store")]
    Thread {
        /// What the system says.
        source: std::io::Error,
    },
}

impl SqliteError {
    /// Classes a failure while it was found out what the file at `path` is: a
    /// header that SQLite cannot make sense of has no code of its own.
    pub(super) fn reading(path: &std::path::Path, source: rusqlite::Error) -> Self {
        match primary_code(&source) {
            Some(ffi::SQLITE_ERROR) => Self::NotADatabase {
                path: path.to_path_buf(),
                source,
            },
            _ => Self::opening(path, source),
        }
    }

    /// Classes a failure while the database at `path` was opened.
    pub(super) fn opening(path: &std::path::Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match primary_code(&source) {
            Some(ffi::SQLITE_NOTADB | ffi::SQLITE_CORRUPT) => Self::NotADatabase { path, source },
            Some(ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED) => Self::Busy { path, source },
            Some(ffi::SQLITE_READONLY | ffi::SQLITE_PERM) => Self::ReadOnly { path },
            _ => Self::Failed { path, source },
        }
    }
}

impl From<SqliteError> for StoreError {
    /// A store that cannot be opened is unavailable.
    fn from(error: SqliteError) -> Self {
        Self::Unavailable {
            backend: BACKEND,
            source: error.into(),
        }
    }
}

/// The store's threads are gone: it was closed, or one of them panicked.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the store is closed")]
pub(super) struct Closed;

impl From<Closed> for StoreError {
    fn from(Closed: Closed) -> Self {
        Self::Closed { backend: BACKEND }
    }
}

/// Classes a failure after which nothing was written, alone or shared by all
/// that it happened to.
pub(super) fn store_error<E>(error: E) -> StoreError
where
    E: Borrow<rusqlite::Error> + Into<BoxError>,
{
    let backend = BACKEND;
    let cause = error.borrow();
    match primary_code(cause) {
        Some(
            ffi::SQLITE_BUSY
            | ffi::SQLITE_LOCKED
            | ffi::SQLITE_INTERRUPT
            | ffi::SQLITE_NOMEM
            | ffi::SQLITE_CANTOPEN
            | ffi::SQLITE_PROTOCOL,
        ) => StoreError::Unavailable {
            backend,
            source: error.into(),
        },
        Some(ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB) => StoreError::Corrupt {
            backend,
            what: format!("the file itself ({cause})"),
        },
        _ => StoreError::Backend {
            backend,
            source: error.into(),
        },
    }
}

/// A record that this store did not write so.
pub(super) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt {
        backend: BACKEND,
        what: what.into(),
    }
}

/// Whether somebody else holds the lock.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    primary_code(error) == Some(ffi::SQLITE_BUSY)
}

/// Whether a unique index refused a row.
pub(super) fn is_duplicate(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _)
        if failure.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// SQLite's result code without what the extended one adds in the upper bits.
fn primary_code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.extended_code & 0xff),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{error::Error as _, sync::Arc};

    #[test]
    fn a_failure_that_several_share_is_classed_like_that_of_one() {
        for (code, class) in [
            (ffi::SQLITE_BUSY, "unavailable"),
            (ffi::SQLITE_NOMEM, "unavailable"),
            (ffi::SQLITE_CANTOPEN, "unavailable"),
            (ffi::SQLITE_PROTOCOL, "unavailable"),
            (ffi::SQLITE_CORRUPT, "corrupt"),
            (ffi::SQLITE_FULL, "backend"),
        ] {
            let failure = || rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let shared = Arc::new(failure());
            for error in [
                store_error(failure()),
                store_error(Arc::clone(&shared)),
                store_error(shared),
            ] {
                let (found, has_cause) = match &error {
                    StoreError::Unavailable { .. } => ("unavailable", true),
                    StoreError::Corrupt { .. } => ("corrupt", false),
                    StoreError::Backend { .. } => ("backend", true),
                    _ => ("other", false),
                };
                assert_eq!(found, class, "{error:?}");
                assert_eq!(error.source().is_some(), has_cause, "{error:?}");
            }
        }
    }
}
