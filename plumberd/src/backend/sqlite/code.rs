//! What SQLite's result codes mean for the caller.

use rusqlite::ffi;

/// The sort of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Another connection holds a lock.
    Busy,
    /// The disk, a quota or the limit of pages leaves no room.
    Full,
    /// The file or its folder may only be read.
    ReadOnly,
    /// Another file has the path by now.
    Moved,
    /// The file, its log or its folder cannot be opened.
    CannotOpen,
    /// The file does not begin as a database does: another, or an encrypted one.
    NotADatabase,
    /// The file contradicts itself.
    Damaged,
    /// There is no memory left, or a caller asked to stop.
    Interrupted,
    /// The disk failed.
    Io,
    /// Anything else: a mistake in a statement, mostly.
    Other,
}

impl Class {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            return Self::of_conversion(error);
        };
        match failure.extended_code {
            ffi::SQLITE_READONLY_DBMOVED => Self::Moved,
            ffi::SQLITE_IOERR_NOMEM => Self::Interrupted,
            ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA => Self::Damaged,
            ffi::SQLITE_IOERR_LOCK
            | ffi::SQLITE_IOERR_RDLOCK
            | ffi::SQLITE_IOERR_UNLOCK
            | ffi::SQLITE_IOERR_SHMLOCK
            | ffi::SQLITE_IOERR_BLOCKED
            | ffi::SQLITE_IOERR_CHECKRESERVEDLOCK => Self::Busy,
            // An error of the file system about rights, not of the disk.
            ffi::SQLITE_IOERR_ACCESS | ffi::SQLITE_IOERR_AUTH => Self::CannotOpen,
            extended => Self::of_primary(extended & 0xff),
        }
    }

    fn of_primary(code: i32) -> Self {
        match code {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_PROTOCOL => Self::Busy,
            ffi::SQLITE_FULL => Self::Full,
            ffi::SQLITE_READONLY => Self::ReadOnly,
            ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM | ffi::SQLITE_AUTH => Self::CannotOpen,
            ffi::SQLITE_NOTADB => Self::NotADatabase,
            ffi::SQLITE_CORRUPT | ffi::SQLITE_FORMAT => Self::Damaged,
            ffi::SQLITE_NOMEM | ffi::SQLITE_INTERRUPT | ffi::SQLITE_ABORT => Self::Interrupted,
            ffi::SQLITE_IOERR => Self::Io,
            _ => Self::Other,
        }
    }

    /// A column that is not of the type that this store writes, or a row that
    /// has to be there and is not: no other program writes to the tables.
    fn of_conversion(error: &rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows => Self::Damaged,
            _ => Self::Other,
        }
    }

    /// Whether a commit that failed so has certainly written nothing.
    ///
    /// The mark of a commit is the last thing that is written: without room for
    /// it there is none. After any other failure of the disk it may be there,
    /// and be found when the file is opened the next time.
    pub(super) const fn leaves_nothing(self) -> bool {
        match self {
            Self::Busy
            | Self::Full
            | Self::ReadOnly
            | Self::Moved
            | Self::CannotOpen
            | Self::NotADatabase
            | Self::Damaged => true,
            Self::Interrupted | Self::Io | Self::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(code: i32) -> Class {
        Class::of(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn every_extended_code_is_of_the_class_that_it_says() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, Class::Full),
            (ffi::SQLITE_BUSY, Class::Busy),
            (ffi::SQLITE_BUSY_RECOVERY, Class::Busy),
            (ffi::SQLITE_BUSY_SNAPSHOT, Class::Busy),
            (ffi::SQLITE_LOCKED_SHAREDCACHE, Class::Busy),
            (ffi::SQLITE_READONLY_RECOVERY, Class::ReadOnly),
            (ffi::SQLITE_READONLY_CANTLOCK, Class::ReadOnly),
            (ffi::SQLITE_READONLY_ROLLBACK, Class::ReadOnly),
            (ffi::SQLITE_READONLY_DIRECTORY, Class::ReadOnly),
            (ffi::SQLITE_READONLY_DBMOVED, Class::Moved),
            (ffi::SQLITE_CANTOPEN_ISDIR, Class::CannotOpen),
            (ffi::SQLITE_CANTOPEN_FULLPATH, Class::CannotOpen),
            (ffi::SQLITE_CANTOPEN_SYMLINK, Class::CannotOpen),
            (ffi::SQLITE_NOTADB, Class::NotADatabase),
            (ffi::SQLITE_CORRUPT, Class::Damaged),
            (ffi::SQLITE_CORRUPT_INDEX, Class::Damaged),
            (ffi::SQLITE_CORRUPT_SEQUENCE, Class::Damaged),
            (ffi::SQLITE_IOERR_CORRUPTFS, Class::Damaged),
            (ffi::SQLITE_IOERR_NOMEM, Class::Interrupted),
            (ffi::SQLITE_IOERR_SHMLOCK, Class::Busy),
            (ffi::SQLITE_IOERR_READ, Class::Io),
            (ffi::SQLITE_IOERR_SHORT_READ, Class::Io),
            (ffi::SQLITE_IOERR_WRITE, Class::Io),
            (ffi::SQLITE_IOERR_FSYNC, Class::Io),
            (ffi::SQLITE_IOERR_SHMSIZE, Class::Io),
            (ffi::SQLITE_MISUSE, Class::Other),
        ] {
            assert_eq!(class(code), expected, "{code}");
        }
    }

    #[test]
    fn a_commit_whose_mark_may_be_on_the_disk_is_not_called_unwritten() {
        for code in [
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_NOMEM,
        ] {
            assert!(!class(code).leaves_nothing(), "{code}");
        }
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_BUSY, ffi::SQLITE_READONLY] {
            assert!(class(code).leaves_nothing(), "{code}");
        }
    }
}
