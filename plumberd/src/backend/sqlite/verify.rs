//! Reads everything there is, for damage that no read would come past.

use super::{
    Sqlite, SqliteConfig,
    checksum::{self, EventParts, Unchecked},
    error::{SqliteError, store_error},
    in_force,
    number::from_sql,
    open,
};
use crate::{
    event::EventType,
    store::StoreError,
    stream::{Revision, StreamMetadata, StreamName, TenantId},
    timer::hold_clock,
};
use rusqlite::{Connection, Row};
use std::{collections::HashMap, fmt, sync::Arc, thread};
use tokio::sync::oneshot;
use uuid::Uuid;

/// So many problems are told; the rest is counted.
const TOLD: usize = 100;

/// What [`Sqlite::verify`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteReport {
    /// Events that were read.
    pub events: u64,
    /// Those of them that are older than checksums, and have none.
    pub unchecked: u64,
    /// Streams that were read.
    pub streams: u64,
    /// What is wrong, and where; the first hundred.
    pub problems: Vec<String>,
    /// How many more there are.
    pub further: u64,
}

impl SqliteReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, what: impl Into<String>) {
        if self.problems.len() < TOLD {
            self.problems.push(what.into());
        } else {
            self.further += 1;
        }
    }

    fn check(&mut self, result: Result<(), StoreError>) {
        match result {
            Ok(()) => {}
            Err(StoreError::Corrupt { what, .. }) => self.problem(what),
            Err(error) => self.problem(error.to_string()),
        }
    }
}

impl fmt::Display for SqliteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            events,
            unchecked,
            streams,
            ..
        } = self;
        write!(
            f,
            "{events} events in {streams} streams, {unchecked} without a checksum: "
        )?;
        if self.is_sound() {
            return f.write_str("nothing is wrong");
        }
        let count = self.problems.len() as u64 + self.further;
        write!(f, "{count} problems")?;
        for problem in &self.problems {
            write!(f, "\n{problem}")?;
        }
        Ok(())
    }
}

impl Sqlite {
    /// Reads the whole file and tells what is wrong with it: the structure and
    /// every index, each row's checksum, each stream's revisions, the order of
    /// positions, and what is in force for each stream.
    ///
    /// It sees one state of the store, which may be read and written meanwhile;
    /// the log cannot be begun anew until it has ended. It takes about a second
    /// for half a million events, and memory for each stream.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store could not be read at all. Damage is in the
    /// report.
    ///
    /// # Cancel safety
    ///
    /// Nothing is changed; when the future is dropped, the thread reads on to the end.
    pub async fn verify(&self) -> Result<SqliteReport, StoreError> {
        let shared = Arc::clone(&self.shared);
        let (done, outcome) = oneshot::channel();
        let held = hold_clock();
        thread::Builder::new()
            .name("plumberd-sqlite-verify".into())
            .spawn(move || {
                // The caller may have left.
                let _ = done.send(verify(&shared.config));
                drop(held);
            })
            .map_err(|source| SqliteError::Thread { source })?;
        outcome
            .await
            .unwrap_or_else(|_| Err(super::error::Closed.into()))
    }
}

fn verify(config: &SqliteConfig) -> Result<SqliteReport, StoreError> {
    let connection = open::open_reader(config)?;
    connection.execute_batch("BEGIN").map_err(store_error)?;
    let mut verification = Verification {
        connection: &connection,
        report: SqliteReport::default(),
        unchecked: Unchecked::default(),
        streams: HashMap::new(),
    };
    for step in [
        Verification::structure,
        Verification::streams,
        Verification::events,
    ] {
        if let Err(error) = step(&mut verification) {
            // What SQLite cannot read, the other steps may come past.
            verification
                .report
                .problem(format!("the file itself ({error})"));
        }
    }
    verification.in_force();
    verification.ends();
    Ok(verification.report)
}

struct Verification<'c> {
    connection: &'c Connection,
    report: SqliteReport,
    unchecked: Unchecked,
    streams: HashMap<i64, Stream>,
}

/// What the row of a stream says, and what its events said so far.
struct Stream {
    name: StreamName,
    tenant: i64,
    sum: u32,
    metadata: StreamMetadata,
    tombstoned: bool,
    next: u64,
    ended: bool,
    /// The data of the last event, of a metadata stream.
    last: Option<Vec<u8>>,
}

impl Verification<'_> {
    fn structure(&mut self) -> rusqlite::Result<()> {
        self.unchecked = Unchecked::load(self.connection)?;
        let mut check = self.connection.prepare("PRAGMA integrity_check(100)")?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            let message: String = row.get(0)?;
            if message != "ok" {
                self.report.problem(message);
            }
        }
        Ok(())
    }

    fn streams(&mut self) -> rusqlite::Result<()> {
        let mut query = self.connection.prepare(
            "SELECT s.stream, s.name, t.name, s.tenant, s.max_count, s.max_age, s.truncate_before,
                s.tombstoned, s.checksum
             FROM streams s LEFT JOIN tenants t ON t.tenant = s.tenant ORDER BY s.stream",
        )?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            self.report.streams += 1;
            let key: i64 = row.get(0)?;
            match stream(row) {
                Ok((stream, stored)) => {
                    let computed =
                        || checksum::of_stream(stream.sum, &stream.metadata, stream.tombstoned);
                    let what = || format!("the row of the stream `{}`", stream.name);
                    let older = key <= self.unchecked.stream;
                    self.report
                        .check(checksum::check(stored, older, computed, what));
                    self.streams.insert(key, stream);
                }
                Err(error) => self
                    .report
                    .problem(format!("the row of stream number {key} ({error})")),
            }
        }
        Ok(())
    }

    fn events(&mut self) -> rusqlite::Result<()> {
        let kinds = kinds(self.connection)?;
        let mut query = self.connection.prepare(
            "SELECT position, stream, revision, kind, id, recorded_at, data, metadata, checksum, tenant
             FROM events ORDER BY position",
        )?;
        let mut rows = query.query([])?;
        let mut last = 0;
        while let Some(row) = rows.next()? {
            let position: i64 = row.get(0)?;
            let dense = position > self.unchecked.position && last >= self.unchecked.position;
            if position <= last || (dense && position != last + 1) {
                let what = format!("position {position} follows {last} in the global order");
                self.report.problem(what);
            }
            last = last.max(position);
            self.report.events += 1;
            if let Err(error) = self.event(row, position, &kinds) {
                self.report
                    .problem(format!("the event at position {position} ({error})"));
            }
        }
        let seq = super::read::given_positions(self.connection)?;
        if last > self.unchecked.position && seq != last {
            let what = format!("the last position is {last}, and {seq} were given");
            self.report.problem(what);
        }
        Ok(())
    }

    fn event(
        &mut self,
        row: &Row<'_>,
        position: i64,
        kinds: &HashMap<i64, u32>,
    ) -> rusqlite::Result<()> {
        let (key, revision): (i64, i64) = (row.get(1)?, row.get(2)?);
        let stored: Option<i64> = row.get(8)?;
        let what = || format!("the event at position {position}");
        let Some(stream) = self.streams.get_mut(&key) else {
            let what = format!("{} is in stream number {key}, which there is not", what());
            self.report.problem(what);
            return Ok(());
        };
        if from_sql(revision) == Revision::MAX.as_u64() {
            stream.ended = true;
        } else if from_sql(revision) == stream.next {
            stream.next += 1;
        } else {
            let what = format!(
                "revision {revision} of `{}` at position {position}, where {} is next",
                stream.name, stream.next
            );
            stream.next = from_sql(revision) + 1;
            self.report.problem(what);
        }
        if row.get::<_, i64>(9)? != stream.tenant {
            self.report
                .problem(format!("{} is of another tenant than its stream", what()));
        }
        let kind: i64 = row.get(3)?;
        let Some(kind) = kinds.get(&kind) else {
            let what = format!("{} is of kind {kind}, which there is not", what());
            self.report.problem(what);
            return Ok(());
        };
        self.report.unchecked += u64::from(stored.is_none());
        let data: Vec<u8> = row.get(6)?;
        let metadata: Vec<u8> = row.get(7)?;
        let parts = EventParts {
            revision,
            recorded: row.get(5)?,
            id: Uuid::from_bytes(row.get(4)?),
            data: &data,
            metadata: &metadata,
        };
        let computed = || checksum::of_event(stream.sum, *kind, &parts);
        let older = position <= self.unchecked.position;
        self.report
            .check(checksum::check(stored, older, computed, what));
        if stream.name.metadata_of().is_some() {
            stream.last = Some(data);
        }
        Ok(())
    }

    /// What the rows of streams say against what their metadata streams say.
    fn in_force(&mut self) {
        let mut last: HashMap<(i64, &str), &[u8]> = HashMap::new();
        for stream in self.streams.values() {
            if let Some(data) = &stream.last {
                last.insert((stream.tenant, stream.name.as_str()), data);
            }
        }
        for stream in self.streams.values() {
            let name = stream.name.metadata_stream();
            let said = match last.get(&(stream.tenant, name.as_str())) {
                None => Some(StreamMetadata::default()),
                Some(data) => StreamMetadata::from_json(data).ok(),
            };
            let same = said.is_some_and(|said| {
                in_force::columns(&said) == in_force::columns(&stream.metadata)
            });
            if !same {
                self.report.problem(format!(
                    "what is in force for `{}` is not what `{name}` says",
                    stream.name
                ));
            }
        }
    }

    fn ends(&mut self) {
        for stream in self.streams.values() {
            if stream.tombstoned != stream.ended {
                self.report.problem(format!(
                    "the stream `{}` has a tombstone in its row or in its events, not in both",
                    stream.name
                ));
            }
        }
    }
}

/// The checksums of all kinds.
fn kinds(connection: &Connection) -> rusqlite::Result<HashMap<i64, u32>> {
    let mut query =
        connection.prepare("SELECT kind, event_type, content_type, shape FROM kinds")?;
    let rows = query.query_map([], |row| {
        let event_type: String = row.get(1)?;
        let content_type: String = row.get(2)?;
        let shape = u32::try_from(row.get::<_, i64>(3)?).ok();
        let sum = shape
            .filter(|_| EventType::new(event_type.as_str()).is_ok())
            .map(|shape| checksum::of_kind(&event_type, &content_type, shape));
        Ok((row.get(0)?, sum))
    })?;
    let mut kinds = HashMap::new();
    for row in rows {
        if let (kind, Some(sum)) = row? {
            kinds.insert(kind, sum);
        }
    }
    Ok(kinds)
}

fn stream(row: &Row<'_>) -> Result<(Stream, Option<i64>), crate::BoxError> {
    let name = StreamName::raw(row.get::<_, String>(1)?)?;
    let tenant_name: Option<String> = row.get(2)?;
    let tenant: i64 = row.get(3)?;
    let tenant_id = tenant_name.map(TenantId::new).transpose()?;
    if tenant_id.is_none() && tenant != 0 {
        return Err("its tenant is not there".into());
    }
    let stream = Stream {
        sum: checksum::of_name(&name, tenant_id.as_ref()),
        name,
        tenant,
        metadata: in_force::read(row, 4)?,
        tombstoned: row.get(7)?,
        next: 0,
        ended: false,
        last: None,
    };
    Ok((stream, row.get(8)?))
}
