//! Whether what has the path is still what is open.
//!
//! An open file lives on when its name is given to another or to none, and so
//! would be written to for no reader. Only paths are looked at here: to open the
//! database file beside SQLite, and close it again, would take away the locks
//! that SQLite has on it.

use super::{
    file_error::SqliteFileError,
    file_path::{beside, real},
};
use std::{
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// The files of an open store.
#[derive(Debug)]
pub(super) struct Files {
    /// The file, its log and the index of the log, as they were opened.
    opened: [(PathBuf, Identity); 3],
    /// The log, to look into: SQLite has no locks on it.
    log: File,
    /// What was found out once and cannot be put right while it is open.
    lost: Mutex<Option<SqliteFileError>>,
}

/// How the file looked after the last write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) size: u64,
    modified: Option<SystemTime>,
    /// How long the log is, if that was looked at.
    pub(super) log_size: u64,
}

impl Stamp {
    /// Whether nothing was written to the file itself since.
    pub(super) fn is_file_of(&self, other: &Self) -> bool {
        self.size == other.size && self.modified == other.modified
    }
}

/// How a log begins, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LogHead {
    pub(super) size: u64,
    /// What kind of log it is, and two numbers that change when it is begun anew.
    header: [u8; 32],
}

impl LogHead {
    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Whether it begins as a log does.
    pub(super) fn is_begun(&self) -> bool {
        matches!(self.header, [0x37, 0x7f, 0x06, 0x82 | 0x83, ..])
    }

    /// Whether it cannot have become of one that was `known`, if `others` have
    /// committed since or not. A log is only ever appended to, begun anew from
    /// its beginning by a commit, or emptied when the file has it all.
    pub(super) fn contradicts(&self, known: &Self, others: bool) -> bool {
        if self.is_empty() {
            return false;
        }
        let same = self.header == known.header;
        if (same || !others) && self.size < known.size {
            return true;
        }
        // Who begins a log anew by itself counts on.
        let next = known.number().wrapping_add(1);
        let begun = others || known.is_empty() || self.number() == next;
        !(same || (self.is_begun() && begun))
    }

    /// The first of the two numbers that change when it is begun anew.
    fn number(&self) -> u32 {
        let [.., first, second, third, fourth] = self.header[..20] else {
            return 0;
        };
        u32::from_be_bytes([first, second, third, fourth])
    }
}

impl Files {
    /// Notes which files those at `path` and beside it are, that were just
    /// opened; the one at `path` was `before`, if there was one.
    pub(super) fn of(path: &Path, before: Option<Identity>) -> Result<Self, SqliteFileError> {
        let main = real(path);
        let named = |path: PathBuf| -> Result<_, SqliteFileError> {
            let identity = Identity::of(&look(&path)?);
            Ok((path, identity))
        };
        let opened = [
            named(path.to_path_buf())?,
            named(beside(&main, "-wal"))?,
            named(beside(&main, "-shm"))?,
        ];
        if before.is_some_and(|before| before != opened[0].1) {
            return Err(SqliteFileError::Replaced {
                path: path.to_path_buf(),
            });
        }
        let log = File::open(&opened[1].0).map_err(|error| unknown(&opened[1].0, &error))?;
        let files = Self {
            opened,
            log,
            lost: Mutex::default(),
        };
        files.check()?;
        Ok(files)
    }

    pub(super) fn path(&self) -> &Path {
        &self.opened[0].0
    }

    pub(super) fn log(&self) -> &Path {
        &self.opened[1].0
    }

    /// How long the log is that was opened.
    pub(super) fn log_size(&self) -> Result<u64, SqliteFileError> {
        let found = self.log.metadata();
        let found = found.map_err(|error| unknown(self.log(), &error))?;
        Ok(found.len())
    }

    /// How the log of this `size` begins.
    pub(super) fn log_head(&self, size: u64) -> Result<LogHead, SqliteFileError> {
        let mut header = [0; 32];
        match read_start(&self.log, &mut header) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Err(unknown(self.log(), &error))
            }
            _ => Ok(LogHead { size, header }),
        }
    }

    /// Fails when one of the files is not what was opened.
    pub(super) fn check(&self) -> Result<Stamp, SqliteFileError> {
        let stamp = self.check_main()?;
        let [_, others @ ..] = &self.opened;
        let mut log_size = 0;
        for (path, identity) in others.iter().rev() {
            let found = look(path).map_err(|error| self.lose(error))?;
            if Identity::of(&found) != *identity {
                return Err(self.lose(SqliteFileError::Replaced { path: path.clone() }));
            }
            // That of the log is the last.
            log_size = found.len();
        }
        Ok(Stamp { log_size, ..stamp })
    }

    /// Fails when the database file is not what was opened, or it was found out
    /// that one of the others is not: that is enough for a read.
    pub(super) fn check_main(&self) -> Result<Stamp, SqliteFileError> {
        if let Some(lost) = &*self.lost() {
            return Err(lost.clone());
        }
        let [(path, identity), ..] = &self.opened;
        let found = look(path)?;
        if Identity::of(&found) != *identity {
            return Err(SqliteFileError::Replaced { path: path.clone() });
        }
        check_links(path, &found)?;
        if found.len() == 0 {
            return Err(self.lose(SqliteFileError::Truncated { path: path.clone() }));
        }
        Ok(Stamp {
            size: found.len(),
            modified: found.modified().ok(),
            log_size: 0,
        })
    }

    /// Has every call fail from now on.
    pub(super) fn lose(&self, error: SqliteFileError) -> SqliteFileError {
        tracing::error!(%error, "the SQLite store stops");
        self.lost().get_or_insert(error).clone()
    }

    fn lost(&self) -> MutexGuard<'_, Option<SqliteFileError>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which file is at `path` before it is opened, if there is one; one with a
/// second name is refused.
pub(super) fn before(path: &Path) -> Result<Option<Identity>, SqliteFileError> {
    let Ok(found) = fs::metadata(path) else {
        return Ok(None);
    };
    check_links(path, &found)?;
    Ok(Some(Identity::of(&found)))
}

/// Fails where there is a log without its file: SQLite would remove it as it
/// makes a file anew.
pub(super) fn check_no_orphan(path: &Path) -> Result<(), SqliteFileError> {
    let size = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    let log = beside(&real(path), "-wal");
    if size(path) == 0 && size(&log) > 0 {
        let path = path.to_path_buf();
        return Err(SqliteFileError::OrphanLog { path, log });
    }
    Ok(())
}

fn look(path: &Path) -> Result<Metadata, SqliteFileError> {
    fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SqliteFileError::Removed {
            path: path.to_path_buf(),
        },
        _ => unknown(path, &error),
    })
}

fn unknown(path: &Path, error: &io::Error) -> SqliteFileError {
    SqliteFileError::Unknown {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}

#[cfg(unix)]
fn read_start(file: &File, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, 0)
}

#[cfg(not(unix))]
fn read_start(mut file: &File, bytes: &mut [u8]) -> io::Result<()> {
    use std::io::{Read as _, Seek as _};
    file.rewind()?;
    file.read_exact(bytes)
}

#[cfg(unix)]
fn check_links(path: &Path, found: &Metadata) -> Result<(), SqliteFileError> {
    match std::os::unix::fs::MetadataExt::nlink(found) {
        links @ 2.. => Err(SqliteFileError::Linked {
            path: path.to_path_buf(),
            links,
        }),
        _ => Ok(()),
    }
}

/// The standard library does not say how many names a file has here.
#[cfg(not(unix))]
fn check_links(_: &Path, _: &Metadata) -> Result<(), SqliteFileError> {
    Ok(())
}

/// Which file it is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    fn of(found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device: found.dev(),
            inode: found.ino(),
        }
    }

    /// Windows does not let an open database be removed or replaced.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self {}
    }
}
