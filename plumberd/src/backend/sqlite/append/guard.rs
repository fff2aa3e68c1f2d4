//! What the writer looks at around each commit: nothing is acknowledged that
//! went to a file which is not there any more, or over one that is another.

use crate::backend::sqlite::{
    epoch::{self, Mark},
    file_error::SqliteFileError,
    files::{Files, LogHead, Stamp},
};
use rusqlite::{Connection, Statement};
use std::sync::Arc;

/// Why a transaction did not begin, or was not committed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unready {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Lost(#[from] SqliteFileError),
    /// What there is contradicts itself.
    #[error("{0}")]
    Damaged(String),
}

/// What the writer knows of the files since it last looked.
pub(super) struct Guard<'c> {
    connection: &'c Connection,
    files: Arc<Files>,
    stamp: Option<Stamp>,
    log: Option<LogHead>,
    /// Counts changes of the schema: `VACUUM` is one, and shortens the file.
    schema: i64,
    /// Whether an epoch begins with the next events.
    unbound: bool,
    /// The epoch of the file alone, if it is known.
    base: Option<i64>,
    bind: Statement<'c>,
    /// Puts the first page, and so the size of the file, into the log.
    touch: Statement<'c>,
}

impl<'c> Guard<'c> {
    pub(super) fn new(connection: &'c Connection, files: Arc<Files>) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            files,
            stamp: None,
            log: None,
            schema: 0,
            unbound: false,
            base: None,
            bind: connection.prepare(epoch::BIND)?,
            touch: connection.prepare(&epoch::touch(connection)?)?,
        })
    }

    /// Looks whether the files are those that are open, and as they were left;
    /// `others` have committed since, or not. To be called within a transaction
    /// that may write, so that no other connection does.
    pub(super) fn look(&mut self, others: bool) -> Result<(), Unready> {
        let stamp = self.files.check()?;
        let log = self.files.log_head(stamp.log_size)?;
        let emptied = match &self.log {
            None => false,
            Some(known) => {
                if log.contradicts(known, others) {
                    let path = self.files.log().to_path_buf();
                    return Err(self.lose(SqliteFileError::Truncated { path }));
                }
                log.is_empty() && !known.is_empty()
            }
        };
        let same = self.stamp.is_some_and(|known| known.is_file_of(&stamp));
        if emptied || !same {
            self.look_closely(stamp, emptied)?;
        }
        self.log = Some(log);
        Ok(())
    }

    /// The file was written to: by a checkpoint, or by a program that ought not.
    fn look_closely(&mut self, stamp: Stamp, emptied: bool) -> Result<(), Unready> {
        let both = Mark::read(self.connection)?;
        let schema = both.as_ref().map_or(0, Mark::schema);
        let shorter = self.stamp.is_some_and(|known| stamp.size < known.size);
        if shorter && schema == self.schema {
            let path = self.files.path().to_path_buf();
            return Err(self.lose(SqliteFileError::Truncated { path }));
        }
        let checked = epoch::check(self.connection, self.files.path(), self.files.log())?;
        let Ok(alone) = checked else {
            let path = self.files.path().to_path_buf();
            return Err(self.lose(SqliteFileError::Overwritten { path }));
        };
        // A checkpoint empties the log after it has written all of it into the file.
        if emptied && both.is_some_and(|both| !both.is_all_of(&alone)) {
            let path = self.files.log().to_path_buf();
            return Err(self.lose(SqliteFileError::Truncated { path }));
        }
        self.stamp = Some(stamp);
        self.schema = schema;
        self.unbound = true;
        self.base = alone.epoch();
        Ok(())
    }

    fn lose(&self, error: SqliteFileError) -> Unready {
        self.files.lose(error).into()
    }

    /// Binds the log to the file, where it was written to since.
    pub(super) fn before_commit(&mut self) -> rusqlite::Result<()> {
        if self.unbound {
            self.bind.execute([self.base])?;
            self.touch.execute([])?;
        }
        Ok(())
    }

    /// Fails when the commit went to a file that has not its path any more, or
    /// behind the beginning of a log that has none.
    pub(super) fn after_commit(&mut self) -> Result<(), SqliteFileError> {
        self.unbound = false;
        if let Some(log) = self.log.as_mut().filter(|log| !log.is_empty()) {
            self.files.check_main()?;
            log.size = self.files.log_size()?;
            return Ok(());
        }
        let stamp = self.files.check()?;
        let log = self.files.log_head(stamp.log_size)?;
        if !log.is_begun() {
            let path = self.files.log().to_path_buf();
            return Err(self.files.lose(SqliteFileError::Truncated { path }));
        }
        self.log = Some(log);
        Ok(())
    }
}
