use crate::error::ErrorKind;
use std::path::PathBuf;

/// Why the files of a store are not those that it has open, or ought to open.
///
/// Nothing more is written to them. Every process that uses the file has to
/// close it before anything is put right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteFileError {
    /// There is nothing at the path any more.
    #[error(
        "`{}` was removed or moved away while the store was open; close the store in every process, \
         put the database and its `-wal` back together, or restore a backup, and open it again",
        path.display()
    )]
    Removed {
        /// The path: of the file, or of what SQLite keeps beside it.
        path: PathBuf,
    },

    /// Another file has the path.
    #[error(
        "`{}` was replaced while the store was open; close the store in every process, see that no \
         `-wal` and `-shm` of the replaced file are left, and open it again",
        path.display()
    )]
    Replaced {
        /// The path: of the file, or of what SQLite keeps beside it.
        path: PathBuf,
    },

    /// The file has a second name, under which it would have a log of its own.
    #[error(
        "`{}` is one of {links} hard links to a file, and writing under two names damages it; \
         copy it to a file of its own, or remove the other links",
        path.display()
    )]
    Linked {
        /// The path.
        path: PathBuf,
        /// How many names the file has.
        links: u64,
    },

    /// A part of the file is gone.
    #[error(
        "`{}` was cut short while the store was open; close the store in every process and restore a backup",
        path.display()
    )]
    Truncated {
        /// The path: of the file, or of the log beside it.
        path: PathBuf,
    },

    /// The file has the content of another time, or of another store.
    #[error(
        "`{}` was overwritten while the store was open; close the store in every process, put the \
         backup there, remove the `-wal` and `-shm` beside it, and open it again",
        path.display()
    )]
    Overwritten {
        /// The path: of the file, or of the log beside it.
        path: PathBuf,
    },

    /// The log beside the file is that of another state of it.
    #[error(
        "`{}` does not belong to `{}`: the file was restored and the log of what was there before \
         stayed beside it; if no process uses them, remove the log and the `-shm` to open what was \
         restored, or put the file back that the log belongs to",
        log.display(),
        path.display()
    )]
    StaleLog {
        /// The path of the file.
        path: PathBuf,
        /// The path of the log.
        log: PathBuf,
    },

    /// There is a log, and not the file that it belongs to.
    #[error(
        "`{}` is there, and `{}` is not or is empty: what was written last is in the log; put the file \
         back beside it, or move the log away to begin an empty store",
        log.display(),
        path.display()
    )]
    OrphanLog {
        /// The path of the file.
        path: PathBuf,
        /// The path of the log.
        log: PathBuf,
    },

    /// The system does not let the path be looked at.
    #[error("`{}` cannot be looked at ({reason})", path.display())]
    Unknown {
        /// The path.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl SqliteFileError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Linked { .. } => ErrorKind::Invalid,
            Self::StaleLog { .. } | Self::OrphanLog { .. } => ErrorKind::Unreadable,
            Self::Removed { .. }
            | Self::Replaced { .. }
            | Self::Truncated { .. }
            | Self::Overwritten { .. }
            | Self::Unknown { .. } => ErrorKind::Internal,
        }
    }
}
