//! By hand: one connection on the caller's thread, and statements that are
//! prepared once.

use super::{
    bare_memory::Ids,
    domain::{CREDITED, PlainAccount, PlainCredited, now},
    side::{Project, Side, Spread},
};
use rusqlite::{Connection, OptionalExtension, params};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const LEFT_OUT: &str = "a writer's thread, locks, futures, unpredictable ids, tenants, \
     categories, checksums, links, deletion, followers, other processes, retries, reading back \
     what is raised";

pub(crate) const LEFT_OUT_BESIDE_A_CACHE: &str = "the cache: it folds the stream; and a writer's \
     thread, locks, futures, unpredictable ids, tenants, categories, checksums, links, deletion, \
     followers, other processes, retries, reading back what is raised";

/// Beside the build, so that it is on a disk and not in memory.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

/// What it checks is what every store checks: the expected revision, and that
/// no event id is there already.
pub(crate) struct BareSqlite {
    connection: Connection,
    ids: Ids,
    _folder: TempDir,
}

const SCHEMA: &str = "
    CREATE TABLE streams (
        key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL);
    CREATE TABLE events (
        position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL,
        id BLOB NOT NULL UNIQUE, type TEXT NOT NULL, data BLOB NOT NULL,
        metadata BLOB NOT NULL, recorded INTEGER NOT NULL, UNIQUE (stream, revision));";

impl BareSqlite {
    pub(crate) fn new(synchronous: &str) -> Self {
        let folder = folder();
        let connection = Connection::open(folder.path().join("limit.db")).expect("a database");
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = wal; PRAGMA synchronous = {synchronous};
                 PRAGMA cache_size = -65536; PRAGMA mmap_size = 268435456; {SCHEMA}"
            ))
            .expect("a schema");
        Self {
            connection,
            ids: Ids::default(),
            _folder: folder,
        }
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) {
        let mut statement = self.connection.prepare_cached(sql).expect("a statement");
        statement.execute(values).expect("executed");
    }

    fn in_transaction(&self, work: impl FnOnce()) {
        self.execute("BEGIN IMMEDIATE", []);
        work();
        self.execute("COMMIT", []);
    }

    fn fold(&self, name: &str) -> PlainAccount {
        let mut query = self
            .connection
            .prepare_cached(
                "SELECT e.type, e.data FROM events e JOIN streams s ON s.key = e.stream
                 WHERE s.name = ? ORDER BY e.revision",
            )
            .expect("a query");
        let mut rows = query.query([name]).expect("rows");
        let mut account = PlainAccount::default();
        while let Some(row) = rows.next().expect("a row") {
            let event_type = row.get_ref(0).expect("a type").as_str().expect("text");
            let data = row.get_ref(1).expect("data").as_blob().expect("bytes");
            account.apply(event_type, data);
        }
        account
    }

    /// In a transaction that is begun.
    fn append(&self, name: &str, expected: i64, events: &[(Uuid, Vec<u8>, usize)]) {
        let mut find = self
            .connection
            .prepare_cached("SELECT key, revision FROM streams WHERE name = ?")
            .expect("a query");
        let found: Option<(i64, i64)> = find
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .expect("a stream");
        let last = found.map_or(-1, |(_, revision)| revision);
        assert_eq!(last, expected, "conflict");
        let next = last + i64::try_from(events.len()).expect("a count");
        let key = if let Some((key, _)) = found {
            self.execute(
                "UPDATE streams SET revision = ? WHERE key = ?",
                params![next, key],
            );
            key
        } else {
            self.execute(
                "INSERT INTO streams (name, revision) VALUES (?, ?)",
                params![name, next],
            );
            self.connection.last_insert_rowid()
        };
        let recorded = now().timestamp_micros();
        let mut insert = self
            .connection
            .prepare_cached(
                "INSERT INTO events (stream, revision, id, type, data, metadata, recorded)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )
            .expect("a statement");
        for (revision, (id, bytes, data)) in (last + 1..).zip(events) {
            let (id, (data, metadata)) = (id.as_bytes().as_slice(), bytes.split_at(*data));
            insert
                .execute(params![
                    key, revision, id, CREDITED, data, metadata, recorded
                ])
                .expect("inserted");
        }
    }

    fn encode(&self, event: &PlainCredited) -> (Uuid, Vec<u8>, usize) {
        let (id, mut bytes) = (self.ids.next(), Vec::with_capacity(256));
        let data = event.encode(id, &mut bytes);
        (id, bytes, data)
    }
}

impl Side for BareSqlite {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let encode = |_| self.encode(&PlainCredited::some());
        let events: Vec<_> = (0..count).map(encode).collect();
        let expected = i64::try_from(prior).expect("a length") - 1;
        self.in_transaction(|| self.append(&format!("Account-{id}"), expected, &events));
    }

    async fn command(&self, id: Uuid) {
        let name = format!("Account-{id}");
        let mut account = self.fold(&name);
        let expected = i64::try_from(account.events()).expect("a length") - 1;
        let event = self.encode(&account.credit(100));
        self.in_transaction(|| self.append(&name, expected, &[event]));
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.fold(&format!("Account-{id}")).balance
    }
}

impl Spread for BareSqlite {
    /// One append of every task in each transaction.
    async fn spread(&self, tasks: usize, each: usize) {
        let names: Vec<String> = (0..tasks).map(|task| format!("Account-{task}")).collect();
        for prior in 0..each {
            let expected = i64::try_from(prior).expect("a length") - 1;
            let events = names.iter().map(|_| self.encode(&PlainCredited::some()));
            let events: Vec<_> = events.collect();
            self.in_transaction(|| {
                for (name, event) in names.iter().zip(events) {
                    self.append(name, expected, &[event]);
                }
            });
        }
    }
}

impl Project for BareSqlite {
    async fn project(&self) -> i64 {
        let mut query = self
            .connection
            .prepare_cached("SELECT type, data FROM events ORDER BY position")
            .expect("a query");
        let mut rows = query.query([]).expect("rows");
        let mut sum = 0;
        while let Some(row) = rows.next().expect("a row") {
            let event_type = row.get_ref(0).expect("a type").as_str().expect("text");
            let data = row.get_ref(1).expect("data").as_blob().expect("bytes");
            sum += PlainCredited::decode(event_type, data).amount;
        }
        sum
    }
}
