use super::{code::Class, file_error::SqliteFileError, file_path};
use crate::{BoxError, error::ErrorKind, store::StoreError};
use rusqlite::ffi;
use std::{
    borrow::Borrow,
    path::{Path, PathBuf},
};

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

    /// This user may not open the file, or the log beside it.
    #[error("`{}` may not be opened by this user; give it the right to read and to write, there and in every folder above", path.display())]
    Denied {
        /// The path: of the file, or of the log beside it.
        path: PathBuf,
    },

    /// Nothing can be written into the folder, where SQLite keeps a log beside
    /// the file.
    #[error(
        "the folder `{}` may not be written, and SQLite keeps a log beside the file; make it writable for this user, or name a file elsewhere",
        path.display()
    )]
    FolderNotWritable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },

    /// The system does not open the file now, for a reason that is not in the
    /// file: there are too many open files, for instance.
    #[error("`{}` cannot be opened now, for a reason that the system gives", path.display())]
    System {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },

    /// The disk leaves no room to open the file.
    #[error("the disk of `{}` is full; make room and open it again", path.display())]
    Full {
        /// The path.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },

    /// The file is something else than a SQLite database, an encrypted or a
    /// damaged one.
    #[error(
        "`{}` is not a SQLite database, or is encrypted or damaged; name another file, or restore a backup",
        path.display()
    )]
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

    /// The file, or the log beside it, is not the one it ought to be.
    #[error(transparent)]
    File(#[from] SqliteFileError),

    /// A copy is not written over a file that is there.
    #[error("there is a file at `{}` already; name another, or remove it first", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },

    /// A copy could not be written.
    #[error("the copy `{}` cannot be written", path.display())]
    NotWritten {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },

    /// The system gave no thread to work on.
    #[error("no thread could be started for the store")]
    Thread {
        /// What the system says.
        source: std::io::Error,
    },
}

impl SqliteError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidPath { .. } | Self::Folder { .. } => ErrorKind::Invalid,
            Self::Missing { .. } | Self::NoFolder { .. } => ErrorKind::NotFound,
            Self::ReadOnly { .. } | Self::Denied { .. } | Self::FolderNotWritable { .. } => {
                ErrorKind::Forbidden
            }
            Self::NotADatabase { .. } | Self::Foreign { .. } | Self::Newer { .. } => {
                ErrorKind::Unreadable
            }
            Self::Full { .. } | Self::Busy { .. } | Self::System { .. } | Self::Thread { .. } => {
                ErrorKind::Unavailable
            }
            Self::NoWal { .. } => ErrorKind::Unsupported,
            Self::File(error) => error.kind(),
            Self::Exists { .. } => ErrorKind::AlreadyExists,
            Self::Failed { .. } | Self::NotWritten { .. } => ErrorKind::Internal,
        }
    }

    /// Whether the same file may be opened later with nothing else changed.
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    /// Classes a failure while it was found out what the file at `path` is: a
    /// header that SQLite cannot make sense of has no code of its own.
    pub(super) fn reading(path: &Path, source: rusqlite::Error) -> Self {
        match &source {
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.extended_code == ffi::SQLITE_ERROR =>
            {
                Self::NotADatabase {
                    path: path.to_path_buf(),
                    source,
                }
            }
            _ => Self::opening(path, source),
        }
    }

    /// Classes a failure while the database at `path` was opened.
    pub(super) fn opening(path: &Path, source: rusqlite::Error) -> Self {
        let file = path.to_path_buf();
        match Class::of(&source) {
            Class::NotADatabase | Class::Damaged => Self::NotADatabase { path: file, source },
            Class::Busy => Self::Busy { path: file, source },
            Class::Full => Self::Full { path: file, source },
            Class::ReadOnly => match file_path::obstacle(path) {
                Some(folder @ Self::FolderNotWritable { .. }) => folder,
                _ => Self::ReadOnly { path: file },
            },
            Class::CannotOpen => {
                file_path::obstacle(path).unwrap_or(Self::Failed { path: file, source })
            }
            Class::Moved | Class::Interrupted | Class::Io | Class::Other => {
                Self::Failed { path: file, source }
            }
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

impl From<SqliteFileError> for StoreError {
    /// Nothing was written, and nothing will be before an operator has seen to it.
    fn from(error: SqliteFileError) -> Self {
        Self::Backend {
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
    let advised = |advice, error: E| StoreError::Backend {
        backend,
        source: Advised {
            advice,
            source: error.into(),
        }
        .into(),
    };
    match Class::of(error.borrow()) {
        Class::Busy | Class::Interrupted | Class::CannotOpen => StoreError::Unavailable {
            backend,
            source: error.into(),
        },
        Class::Damaged | Class::NotADatabase => StoreError::Corrupt {
            backend,
            what: format!("the file itself ({})", error.borrow()),
        },
        Class::Full => advised(
            "the disk, or what the store may use of it, is full; make room and do it again",
            error,
        ),
        Class::ReadOnly => advised(
            "the file, its log or their folder may only be read; make them writable and do it again",
            error,
        ),
        Class::Moved => advised(
            "the file was moved or replaced; open the store again",
            error,
        ),
        Class::Io | Class::Other => StoreError::Backend {
            backend,
            source: error.into(),
        },
    }
}

/// Whether a commit that failed so has certainly written nothing.
pub(super) fn leaves_nothing(error: &rusqlite::Error) -> bool {
    Class::of(error).leaves_nothing()
}

/// A failure that an operator can do something about.
#[derive(Debug, thiserror::Error)]
#[error("{advice}")]
struct Advised {
    advice: &'static str,
    source: BoxError,
}

/// A record that this store did not write so.
pub(super) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt {
        backend: BACKEND,
        what: what.into(),
    }
}

/// Whether another connection holds the lock.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _)
        if failure.extended_code & 0xff == ffi::SQLITE_BUSY)
}

/// Whether a unique index refused a row.
pub(super) fn is_duplicate(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _)
        if failure.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE)
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
