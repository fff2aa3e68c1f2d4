//! Where the file is to be: what SQLite only calls "unable to open database
//! file".

use super::{config::SqliteConfig, error::SqliteError};
use crate::event::new_event_id;
use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// How the names of the files end that SQLite keeps beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The path as it stays valid: SQLite would take a relative one that begins
/// with `file:` or `:` for something else, and the process may change folders.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, SqliteError> {
    let invalid = |reason| SqliteError::InvalidPath {
        path: path.to_path_buf(),
        reason,
    };
    if path.as_os_str().is_empty() {
        return Err(invalid("it is empty"));
    }
    if path.as_os_str() == ":memory:" {
        return Err(invalid("for a store in memory, connect to `memory:`"));
    }
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.contains(&0) {
        return Err(invalid("it has a NUL byte"));
    }
    if COMPANIONS.iter().any(|end| bytes.ends_with(end.as_bytes())) {
        return Err(invalid(
            "SQLite keeps files of such names beside a database; name the database",
        ));
    }
    std::path::absolute(path).map_err(|_| invalid("it has no absolute form"))
}

/// Refuses what cannot be opened, before SQLite tries.
pub(super) fn check(config: &SqliteConfig) -> Result<(), SqliteError> {
    let path = config.path.clone();
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(SqliteError::Folder { path }),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(SqliteError::Denied { path })
        }
        Err(_) if path.is_symlink() => Err(SqliteError::InvalidPath {
            path,
            reason: "it is a link to a file that is not there",
        }),
        Err(_) if !config.create => Err(SqliteError::Missing { path }),
        Err(_) if path.parent().is_some_and(|folder| !folder.is_dir()) => {
            Err(SqliteError::NoFolder { path })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// What keeps the file at `path` from being opened at all, if that can be found
/// out.
///
/// The file itself is not opened for that: closing it again would take away the
/// locks that another store of this process has on it.
pub(super) fn obstacle(path: &Path) -> Option<SqliteError> {
    let found = match fs::metadata(path) {
        Ok(_) => Some(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Some(refused(path, error)),
    };
    if let Some(folder) = real(path).parent()
        && let Err(source) = write_into(folder)
    {
        return Some(match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                SqliteError::FolderNotWritable {
                    path: folder.to_path_buf(),
                    source,
                }
            }
            _ => refused(path, source),
        });
    }
    found?;
    let log = beside(&real(path), "-wal");
    let opened = OpenOptions::new().read(true).write(true).open(&log);
    match opened {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Some(refused(&log, error)),
        _ => Some(SqliteError::Denied {
            path: path.to_path_buf(),
        }),
    }
}

/// Why the system does not open what is at `path`.
fn refused(path: &Path, source: io::Error) -> SqliteError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::PermissionDenied => SqliteError::Denied { path },
        _ => SqliteError::System { path, source },
    }
}

/// The file that SQLite keeps beside the database: its name and `suffix`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Where a symbolic link leads: SQLite keeps its other files there.
pub(super) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Rights alone do not say it: a disk may be mounted to read only.
fn write_into(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".plumberd-{}", new_event_id()));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&probe)?;
    fs::remove_file(probe)
}
