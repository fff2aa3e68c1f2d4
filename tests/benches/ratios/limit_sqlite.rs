//! By hand: one writer thread that commits what waits together, and a reader.

use crate::{
    domain::{CREDITED, PlainAccount, plain_metadata},
    side::Side,
};
use plumberd::event::new_event_id;
use rusqlite::{Connection, OptionalExtension, Statement, params};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, mpsc},
    thread,
};
use tempfile::TempDir;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Beside the build, so that it is on a disk and not in memory.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

/// The most appends of one commit.
const GROUP: usize = 512;

pub(crate) struct SqliteLimit {
    writer: mpsc::Sender<Append>,
    reader: Mutex<Connection>,
    cache: Option<Mutex<HashMap<Uuid, PlainAccount>>>,
    _folder: TempDir,
}

/// Id, data, metadata.
type Encoded = (Uuid, Vec<u8>, Vec<u8>);

struct Append {
    stream: String,
    expected: i64,
    events: Vec<Encoded>,
    done: oneshot::Sender<i64>,
}

impl SqliteLimit {
    pub(crate) fn new(synchronous: &str, cached: bool) -> Self {
        let folder = folder();
        let file = folder.path().join("limit.db");
        let connection = open(&file, synchronous);
        connection
            .execute_batch(
                "CREATE TABLE streams (
                    key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL);
                 CREATE TABLE events (
                    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL,
                    id BLOB NOT NULL UNIQUE, type TEXT NOT NULL, data BLOB NOT NULL,
                    metadata BLOB NOT NULL, recorded INTEGER NOT NULL, UNIQUE (stream, revision));",
            )
            .expect("a schema");
        let (writer, appends) = mpsc::channel();
        thread::spawn(move || write(&connection, &appends));
        Self {
            writer,
            reader: Mutex::new(open(&file, synchronous)),
            cache: cached.then(Mutex::default),
            _folder: folder,
        }
    }

    fn fold(&self, stream: &str) -> (PlainAccount, i64) {
        let reader = self.reader.lock().expect("a lock");
        let mut query = reader
            .prepare_cached(
                "SELECT e.type, e.data, e.metadata, e.id, e.position, e.revision, e.recorded
                 FROM events e JOIN streams s ON s.key = e.stream
                 WHERE s.name = ? ORDER BY e.revision",
            )
            .expect("a query");
        let mut rows = query.query([stream]).expect("rows");
        let mut account = PlainAccount::default();
        let mut expected = -1;
        while let Some(row) = rows.next().expect("a row") {
            let event_type = row.get_ref(0).expect("a type").as_str().expect("text");
            let data = row.get_ref(1).expect("data").as_blob().expect("bytes");
            account.apply(event_type, data);
            expected = row.get(5).expect("a revision");
        }
        (account, expected)
    }

    async fn send(&self, stream: String, expected: i64, events: Vec<Encoded>) {
        let (done, outcome) = oneshot::channel();
        let append = Append {
            stream,
            expected,
            events,
            done,
        };
        self.writer.send(append).expect("a writer");
        outcome.await.expect("an outcome");
    }
}

fn open(file: &Path, synchronous: &str) -> Connection {
    let connection = Connection::open(file).expect("a database");
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = wal; PRAGMA synchronous = {synchronous};
             PRAGMA cache_size = -65536; PRAGMA mmap_size = 268435456;"
        ))
        .expect("pragmas");
    connection
}

/// The writer's statements, prepared once.
struct Statements<'c> {
    connection: &'c Connection,
    find: Statement<'c>,
    update: Statement<'c>,
    add: Statement<'c>,
    insert: Statement<'c>,
    begin: Statement<'c>,
    commit: Statement<'c>,
}

impl<'c> Statements<'c> {
    fn new(connection: &'c Connection) -> Self {
        let prepare = |sql| connection.prepare(sql).expect("a statement");
        Self {
            connection,
            find: prepare("SELECT key, revision FROM streams WHERE name = ?"),
            update: prepare("UPDATE streams SET revision = ? WHERE key = ?"),
            add: prepare("INSERT INTO streams (name, revision) VALUES (?, ?)"),
            insert: prepare(
                "INSERT INTO events (stream, revision, id, type, data, metadata, recorded)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            ),
            begin: prepare("BEGIN IMMEDIATE"),
            commit: prepare("COMMIT"),
        }
    }

    /// With the checks that every store makes: the expected revision, unique ids.
    fn append(&mut self, append: &Append) -> i64 {
        let found: Option<(i64, i64)> = self
            .find
            .query_row([&append.stream], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .expect("a stream");
        let last = found.map_or(-1, |(_, revision)| revision);
        assert_eq!(last, append.expected, "conflict");
        let next = last + i64::try_from(append.events.len()).expect("a count");
        let key = if let Some((key, _)) = found {
            self.update.execute([next, key]).expect("updated");
            key
        } else {
            let stream = params![append.stream, next];
            self.add.execute(stream).expect("inserted");
            self.connection.last_insert_rowid()
        };
        let recorded = plumberd::clock::Clock::system().now().timestamp_micros();
        for (revision, (id, data, metadata)) in (last + 1..).zip(&append.events) {
            let id = id.as_bytes().as_slice();
            self.insert
                .execute(params![
                    key, revision, id, CREDITED, data, metadata, recorded
                ])
                .expect("inserted");
        }
        self.connection.last_insert_rowid()
    }
}

fn write(connection: &Connection, appends: &mpsc::Receiver<Append>) {
    let mut statements = Statements::new(connection);
    while let Ok(first) = appends.recv() {
        let mut done = Vec::new();
        statements.begin.execute([]).expect("begun");
        let mut next = Some(first);
        while let Some(append) = next {
            let position = statements.append(&append);
            done.push((append.done, position));
            next = if done.len() < GROUP {
                appends.try_recv().ok()
            } else {
                None
            };
        }
        statements.commit.execute([]).expect("committed");
        for (done, position) in done {
            let _ = done.send(position);
        }
    }
}

fn credit(account: &mut PlainAccount) -> Encoded {
    let id = new_event_id();
    (id, account.credit(100), plain_metadata(id))
}

impl Side for SqliteLimit {
    async fn append(&self, id: Uuid, prior: u64, count: usize) {
        let mut account = PlainAccount::default();
        let events = (0..count).map(|_| credit(&mut account)).collect();
        let expected = i64::try_from(prior).expect("a length") - 1;
        self.send(format!("Account-{id}"), expected, events).await;
    }

    async fn command(&self, id: Uuid) {
        let stream = format!("Account-{id}");
        let known = self.cache.as_ref().and_then(|cache| {
            let cache = cache.lock().expect("a lock");
            cache.get(&id).cloned()
        });
        let (mut account, expected) = match known {
            Some(account) => {
                let last = i64::try_from(account.events()).expect("a length") - 1;
                (account, last)
            }
            None => self.fold(&stream),
        };
        let event = credit(&mut account);
        self.send(stream, expected, vec![event]).await;
        if let Some(cache) = &self.cache {
            cache.lock().expect("a lock").insert(id, account);
        }
    }

    async fn load(&self, id: Uuid) -> i64 {
        self.fold(&format!("Account-{id}")).0.balance
    }
}
