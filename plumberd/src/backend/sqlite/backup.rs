//! A copy of the store, made while it is in use.

use super::{Sqlite, error::SqliteError, file_path, open};
use crate::timer::hold_clock;
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    thread,
};
use tokio::sync::oneshot;

impl Sqlite {
    /// Writes a copy of the store to the new file `path`, and returns when it
    /// is on the disk. The store may be read and written meanwhile; the copy has
    /// everything that was acknowledged before the call, and is a store of its
    /// own: the log of this one is never taken for its.
    ///
    /// [Backup and restore](crate::docs::backup) says what to do with it.
    ///
    /// # Errors
    ///
    /// [`SqliteError::Exists`] when there is a file at `path` already, and else
    /// what keeps the copy from being written; nothing is left at `path` then.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the copy is made all the same, or not at
    /// all; a part of it never has the name `path`.
    ///
    /// # Examples
    ///
    /// ```
    /// use plumberd::backend::sqlite::{Sqlite, SqliteConfig};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), plumberd::BoxError> {
    /// # let folder = std::env::temp_dir().join(format!("plumberd-doc-{}", plumberd::event::new_event_id()));
    /// # std::fs::create_dir(&folder)?;
    /// # let (file, copy) = (folder.join("bank.db"), folder.join("bank-monday.db"));
    /// let store = Sqlite::open(SqliteConfig::new(&file)).await?;
    ///
    /// store.backup_to(&copy).await?;
    ///
    /// store.close().await;
    /// let monday = Sqlite::open(SqliteConfig::new(&copy)).await?;
    /// # monday.close().await;
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn backup_to(&self, path: impl AsRef<Path>) -> Result<(), SqliteError> {
        let path = file_path::absolute(path.as_ref())?;
        let shared = std::sync::Arc::clone(&self.shared);
        let (done, outcome) = oneshot::channel();
        let held = hold_clock();
        thread::Builder::new()
            .name("plumberd-sqlite-backup".into())
            .spawn(move || {
                // The caller may have left.
                let _ = done.send(copy(&shared.config, &path));
                drop(held);
            })
            .map_err(|source| SqliteError::Thread { source })?;
        outcome.await.unwrap_or_else(|_| {
            Err(SqliteError::Thread {
                source: std::io::Error::other("it stopped while it copied the database"),
            })
        })
    }
}

fn copy(config: &super::SqliteConfig, path: &Path) -> Result<(), SqliteError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(SqliteError::Exists {
            path: path.to_path_buf(),
        });
    }
    file_path::check(&super::SqliteConfig::new(path))?;
    let part = Part::beside(path);
    open::copy(config, &part.0)?;
    let written = |source| SqliteError::NotWritten {
        path: path.to_path_buf(),
        source,
    };
    let file = OpenOptions::new().write(true).open(&part.0);
    file.and_then(|file| file.sync_all()).map_err(written)?;
    // Unlike a rename, a link never takes the place of another file.
    match fs::hard_link(&part.0, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(SqliteError::Exists {
                path: path.to_path_buf(),
            });
        }
        Err(_) => fs::rename(&part.0, path).map_err(written)?,
        Ok(()) => {}
    }
    drop(part);
    // Its name is on the disk with the folder only; Windows has no such call.
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(written)?;
    }
    Ok(())
}

/// A copy that is not whole yet, removed with the value.
struct Part(PathBuf);

impl Part {
    fn beside(path: &Path) -> Self {
        let id = crate::event::new_event_id();
        Self(file_path::beside(path, &format!(".{id}.part")))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is not there any more when it was renamed.
        let _ = fs::remove_file(&self.0);
    }
}
