use crate::backend::sqlite::{in_force, index::LastRevision, read::ENTRY_AFTER};
use rusqlite::{Connection, Statement};
use std::iter::repeat_n;

/// So many events one statement adds, where there are so many: it looks up and
/// notes the next position once for all of them.
pub(super) const ROWS: usize = 16;

/// Everything the writer says to SQLite, prepared once.
pub(super) struct Statements<'c> {
    pub(super) begin: Statement<'c>,
    pub(super) commit: Statement<'c>,
    pub(super) rollback: Statement<'c>,
    pub(super) savepoint: Statement<'c>,
    pub(super) release: Statement<'c>,
    pub(super) rollback_to: Statement<'c>,
    /// Changes when another connection has committed.
    pub(super) data_version: Statement<'c>,
    pub(super) last_time: Statement<'c>,
    pub(super) add_event: Statement<'c>,
    pub(super) add_events: Statement<'c>,
    pub(super) find_event: Statement<'c>,
    pub(super) last_revision: LastRevision<'c>,
    pub(super) entry_after: Statement<'c>,
    pub(super) last_event: Statement<'c>,
    pub(super) head: Statement<'c>,
    pub(super) find_stream: Statement<'c>,
    pub(super) add_stream: Statement<'c>,
    pub(super) set_metadata: Statement<'c>,
    pub(super) set_tombstone: Statement<'c>,
    pub(super) find_tenant: Statement<'c>,
    pub(super) add_tenant: Statement<'c>,
    pub(super) find_kind: Statement<'c>,
    pub(super) add_kind: Statement<'c>,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| connection.prepare(sql);
        Ok(Self {
            // A transaction that begins by reading cannot wait for its turn to write.
            begin: prepare("BEGIN IMMEDIATE")?,
            commit: prepare("COMMIT")?,
            rollback: prepare("ROLLBACK")?,
            savepoint: prepare("SAVEPOINT command")?,
            release: prepare("RELEASE command")?,
            rollback_to: prepare("ROLLBACK TO command")?,
            data_version: prepare("PRAGMA data_version")?,
            last_time: prepare("SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1")?,
            add_event: prepare(&insert(1))?,
            add_events: prepare(&insert(ROWS))?,
            find_event: prepare(
                "SELECT stream, revision, position FROM events WHERE id = ?1 AND tenant = ?2",
            )?,
            last_revision: LastRevision::new(connection)?,
            entry_after: prepare(ENTRY_AFTER)?,
            last_event: prepare(
                "SELECT e.revision, e.recorded_at, e.id, e.data, e.metadata, e.checksum, e.position,
                    k.event_type, k.content_type, k.shape
                 FROM events e JOIN kinds k ON k.kind = e.kind
                 WHERE e.stream = ?1 ORDER BY e.revision DESC LIMIT 1",
            )?,
            head: prepare(
                "SELECT max(position), (SELECT seq FROM sqlite_sequence WHERE name = 'events')
                 FROM events",
            )?,
            find_stream: prepare(&format!(
                "SELECT stream, {}, tombstoned, checksum
                 FROM streams WHERE tenant = ?1 AND name = ?2",
                in_force::COLUMNS,
            ))?,
            add_stream: prepare(
                "INSERT INTO streams (tenant, name, checksum) VALUES (?1, ?2, ?3)",
            )?,
            set_metadata: prepare(
                "UPDATE streams SET max_count = ?2, max_age = ?3, truncate_before = ?4, checksum = ?5
                 WHERE stream = ?1",
            )?,
            set_tombstone: prepare(
                "UPDATE streams SET tombstoned = 1, checksum = ?2 WHERE stream = ?1",
            )?,
            find_tenant: prepare("SELECT tenant FROM tenants WHERE name = ?1")?,
            add_tenant: prepare("INSERT INTO tenants (name) VALUES (?1)")?,
            find_kind: prepare(
                "SELECT kind FROM kinds
                 WHERE event_type = ?1 AND content_type = ?2 AND shape = ?3",
            )?,
            add_kind: prepare(
                "INSERT INTO kinds (event_type, content_type, shape) VALUES (?1, ?2, ?3)",
            )?,
        })
    }
}

impl<'c> Statements<'c> {
    /// The statement that adds so many events: one, or [`ROWS`].
    pub(super) fn add(&mut self, events: usize) -> &mut Statement<'c> {
        if events == ROWS {
            &mut self.add_events
        } else {
            &mut self.add_event
        }
    }
}

/// The parameters of a row are those of the row before, plus nine.
fn insert(rows: usize) -> String {
    let rows: Vec<_> = repeat_n("(?, ?, ?, ?, ?, ?, ?, ?, ?)", rows).collect();
    format!(
        "INSERT INTO events
            (stream, revision, tenant, id, kind, recorded_at, data, metadata, checksum)
         VALUES {}",
        rows.join(", ")
    )
}
