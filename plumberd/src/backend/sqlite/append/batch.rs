use super::{
    Change, Command,
    guard::{Guard, Unready},
    names::{Names, StreamRow},
    statements::{ROWS, Statements},
};
use crate::{
    backend::sqlite::{
        checksum::{self, EventParts, Unchecked},
        config::SqliteConfig,
        error::{corrupt, is_duplicate},
        files::Files,
        number::{position, revision, to_sql},
        read::check_head,
    },
    clock::Clock,
    event::NewEvent,
    store::{
        AppendOutcome, Location, StoreError,
        toolkit::rules::{self, Admission, Stored},
    },
    stream::{ExpectedRevision, Position, Revision, StreamMetadata, StreamName, TenantId},
};
use rusqlite::{Connection, OptionalExtension, ToSql};
use std::sync::Arc;

/// The writer's side of a transaction.
pub(super) struct Session<'c> {
    connection: &'c Connection,
    pub(super) statements: Statements<'c>,
    pub(super) names: Names,
    guard: Guard<'c>,
    clock: Clock,
    data_version: Option<i64>,
    /// When the last event was recorded, in microseconds.
    last_time: i64,
    written: Written,
}

/// What a transaction wrote.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) events: u64,
    /// The last position.
    pub(super) head: Option<i64>,
}

/// Why a command was not carried out.
pub(super) enum Failure {
    /// It has no fault that others in its transaction need to suffer from, and
    /// it wrote nothing.
    Refused(Box<StoreError>),
    /// The transaction cannot go on.
    Sql(rusqlite::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(Box::new(error))
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

fn damaged(error: StoreError) -> Unready {
    match error {
        StoreError::Corrupt { what, .. } => Unready::Damaged(what),
        other => Unready::Damaged(other.to_string()),
    }
}

/// A stream that is being written, and whose it is.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) tenant: i64,
    pub(super) tenant_id: Option<&'a TenantId>,
    pub(super) stream: &'a StreamName,
}

/// What an append adds to a stream.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) events: &'a [NewEvent],
    /// What they put in force, in a metadata stream.
    pub(super) metadata: Option<&'a StreamMetadata>,
}

impl<'c> Session<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        config: &SqliteConfig,
        files: Arc<Files>,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            statements: Statements::prepare(connection)?,
            names: Names::new(Unchecked::load(connection)?),
            guard: Guard::new(connection, files)?,
            clock: config.clock.clone(),
            data_version: None,
            last_time: i64::MIN,
            written: Written::default(),
        })
    }

    /// Whether no transaction is open.
    pub(super) fn is_idle(&self) -> bool {
        self.connection.is_autocommit()
    }

    pub(super) fn begin(&mut self) -> Result<(), Unready> {
        self.statements.begin.execute([])?;
        self.written = Written::default();
        let looked = self
            .look_around()
            .and_then(|others| self.guard.look(others));
        looked.inspect_err(|_| self.rollback())
    }

    /// Forgets what is not true any more when another connection has written,
    /// and says whether one has.
    fn look_around(&mut self) -> Result<bool, Unready> {
        let statements = &mut self.statements;
        let version = statements.data_version.query_row([], |row| row.get(0))?;
        if self.data_version == Some(version) {
            return Ok(false);
        }
        self.names.forget();
        let (there, given) = statements
            .head
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        check_head(there, given, self.names.unchecked.position).map_err(damaged)?;
        let last = statements.last_time.query_row([], |row| row.get(0));
        self.last_time = last.optional()?.unwrap_or(i64::MIN);
        self.data_version = Some(version);
        Ok(true)
    }

    pub(super) fn commit(&mut self) -> Result<Written, Unready> {
        let writes = self.written.events > 0;
        if writes {
            self.guard.before_commit()?;
        }
        self.statements.commit.execute([])?;
        if writes {
            self.guard.after_commit()?;
        }
        Ok(self.written)
    }

    /// Takes everything back; SQLite may have done so by itself.
    pub(super) fn rollback(&mut self) {
        self.names.forget();
        if self.is_idle() {
            return;
        }
        if let Err(error) = self.statements.rollback.execute([]) {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    /// Carries out one command within the transaction. `None` when a delete
    /// found nothing to do.
    pub(super) fn run(&mut self, command: &Command) -> Result<Option<AppendOutcome>, Failure> {
        // Time never runs backwards in a store, whatever the clocks do.
        let now = self.clock.now().timestamp_micros();
        self.last_time = self.last_time.max(now);
        let tenant = self
            .names
            .tenant(&mut self.statements, command.tenant.as_ref())?;
        let target = Target {
            tenant,
            tenant_id: command.tenant.as_ref(),
            stream: &command.stream,
        };
        match &command.change {
            Change::Append(events, metadata) => {
                let batch = Batch {
                    events,
                    metadata: metadata.as_ref(),
                };
                self.append(target, command.expected, batch).map(Some)
            }
            Change::Delete => self.delete(target, command.expected),
            Change::Tombstone => self.tombstone(target, command.expected).map(Some),
        }
    }

    fn append(
        &mut self,
        target: Target<'_>,
        expected: ExpectedRevision,
        batch: Batch<'_>,
    ) -> Result<AppendOutcome, Failure> {
        let events = batch.events;
        let row = self.row(target)?;
        // Most ids are new: the unique index finds those that are not, and
        // only then, or when the append is refused, are they looked up.
        let unknown = vec![None; events.len()];
        let admitted = rules::admit(target.stream, expected, events, row.state(), &unknown);
        if let Ok(Admission::Write(first)) = admitted
            && let Some(outcome) = self.try_write(target, row, first, batch)?
        {
            return Ok(outcome);
        }
        let stored = self.stored(target, row, events)?;
        match rules::admit(target.stream, expected, events, row.state(), &stored)? {
            Admission::AlreadyApplied(outcome) => Ok(outcome),
            Admission::Write(first) => Err(corrupt(format!(
                "revision {first} of `{}` is there, and the stream ends before it",
                target.stream
            ))
            .into()),
        }
    }

    pub(super) fn row(&mut self, target: Target<'_>) -> Result<StreamRow, Failure> {
        self.names.stream(&mut self.statements, target)
    }

    /// Where the events are stored already.
    fn stored(
        &mut self,
        target: Target<'_>,
        row: StreamRow,
        events: &[NewEvent],
    ) -> rusqlite::Result<Vec<Option<Stored>>> {
        let find = &mut self.statements.find_event;
        events
            .iter()
            .map(|event| {
                find.query_row((event.id().as_bytes(), target.tenant), |found| {
                    Ok(Stored {
                        same_stream: row.key == Some(found.get(0)?),
                        location: Location {
                            revision: revision(found.get(1)?),
                            position: position(found.get(2)?),
                        },
                    })
                })
                .optional()
            })
            .collect()
    }

    /// Writes the events, or nothing and `None` when one of them is there.
    fn try_write(
        &mut self,
        target: Target<'_>,
        row: StreamRow,
        first: Revision,
        batch: Batch<'_>,
    ) -> Result<Option<AppendOutcome>, Failure> {
        // A single statement needs no help to take itself back.
        let guarded = batch.events.len() > 1 || row.key.is_none() || row.state().deleted;
        let before = self.written;
        if guarded {
            self.statements.savepoint.execute([])?;
        }
        let outcome = self.write(target, row, first, batch);
        let refused = match &outcome {
            Ok(_) => false,
            Err(Failure::Refused(_)) => true,
            Err(Failure::Sql(error)) => is_duplicate(error),
        };
        if guarded {
            if refused {
                self.names.forget();
                self.statements.rollback_to.execute([])?;
            }
            if refused || outcome.is_ok() {
                self.statements.release.execute([])?;
            }
        }
        match outcome {
            Ok(outcome) => Ok(Some(outcome)),
            Err(failure) => {
                self.written = before;
                match failure {
                    Failure::Sql(error) if is_duplicate(&error) => Ok(None),
                    other => Err(other),
                }
            }
        }
    }

    pub(super) fn write(
        &mut self,
        target: Target<'_>,
        mut row: StreamRow,
        first: Revision,
        batch: Batch<'_>,
    ) -> Result<AppendOutcome, Failure> {
        if row.state().deleted {
            let current = self.metadata(target)?;
            let revival = rules::revival_event(target.stream, &current, first)?;
            self.write_metadata(target, revival)?;
            row = self.row(target)?;
        }
        let mut next = first;
        let mut last = (first, Position::new(0));
        for rows in batch.events.chunks(ROWS) {
            // What does not fill the long statement goes one by one.
            let size = if rows.len() == ROWS { ROWS } else { 1 };
            for rows in rows.chunks(size) {
                let position = self.insert(target, &mut row, next, rows)?;
                let end = Revision::new(next.as_u64() + (size as u64 - 1));
                last = (end, position);
                next = end.next();
            }
        }
        row.last = Some(last.0);
        self.names.keep_stream(target.tenant, target.stream, row);
        if let (Some(of), Some(metadata)) = (target.stream.metadata_of(), batch.metadata) {
            let of = Target {
                stream: &of,
                ..target
            };
            self.put_in_force(of, metadata)?;
        }
        Ok(AppendOutcome::written(first, last.0, last.1))
    }

    /// Adds one event or [`ROWS`] of them, and gives the position of the last.
    pub(super) fn insert(
        &mut self,
        target: Target<'_>,
        row: &mut StreamRow,
        first: Revision,
        events: &[NewEvent],
    ) -> rusqlite::Result<Position> {
        let stream = self.key(target, row)?;
        let name = checksum::of_name(target.stream, target.tenant_id);
        let mut parameter = 0;
        for (revision, event) in (first.as_u64()..).zip(events) {
            let (kind, kind_sum) = self.names.kind(&mut self.statements, event)?;
            let statement = self.statements.add(events.len());
            let mut bind = |value: &dyn ToSql| {
                parameter += 1;
                statement.raw_bind_parameter(parameter, value)
            };
            let parts = EventParts {
                revision: to_sql(revision),
                recorded: self.last_time,
                id: event.id(),
                data: event.data(),
                metadata: event.metadata().as_bytes(),
            };
            bind(&stream)?;
            bind(&parts.revision)?;
            bind(&target.tenant)?;
            bind(event.id().as_bytes())?;
            bind(&kind)?;
            bind(&self.last_time)?;
            bind(&event.data().as_ref())?;
            bind(&event.metadata().as_bytes().as_ref())?;
            bind(&checksum::of_event(name, kind_sum, &parts))?;
        }
        self.statements.add(events.len()).raw_execute()?;
        let added = self.connection.last_insert_rowid();
        self.written.events += events.len() as u64;
        self.written.head = Some(added);
        Ok(position(added))
    }

    /// The key of the stream, which it is given if it has none.
    pub(super) fn key(&mut self, target: Target<'_>, row: &mut StreamRow) -> rusqlite::Result<i64> {
        if let Some(key) = row.key {
            return Ok(key);
        }
        let name = checksum::of_name(target.stream, target.tenant_id);
        let checksum = checksum::of_stream(name, &StreamMetadata::default(), false);
        let key =
            self.statements
                .add_stream
                .insert((target.tenant, target.stream.as_str(), checksum))?;
        row.key = Some(key);
        Ok(key)
    }
}
