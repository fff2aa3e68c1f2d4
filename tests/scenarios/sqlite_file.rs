//! Which files the SQLite store opens, and what it says of the others.

use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig, SqliteError},
    event::{NewEvent, new_event_id},
    store::{EventStore, EventStoreExt, Filter, ReadOptions, StoreError},
    stream::{ExpectedRevision, Position, StreamName, TenantId},
};
use plumberd_tests::TempFolder;
use rusqlite::Connection;
use std::{error::Error as _, fs, io::Write as _, path::Path};

/// What the first version of the schema left on disk.
const VERSION_1: &str = include_str!("fixtures/sqlite_v1.sql");

async fn open(path: &Path) -> Result<Sqlite, SqliteError> {
    Sqlite::open(SqliteConfig::new(path)).await
}

fn stream() -> StreamName {
    StreamName::new("Account", 1).unwrap()
}

async fn append(store: &dyn EventStore, count: usize) -> Result<Position, StoreError> {
    let events = (0..count)
        .map(|_| NewEvent::new(new_event_id(), "Added".parse().unwrap(), "{}"))
        .collect();
    let outcome = store.append(&stream(), ExpectedRevision::Any, events).await;
    outcome.map(|outcome| outcome.position())
}

/// The message of the error, and that the file is as it was.
async fn refused(path: &Path) -> String {
    let before = fs::read(path).ok();
    let error = open(path).await.expect_err("the file is not ours");
    assert_eq!(fs::read(path).ok(), before, "the file was changed");
    error.to_string()
}

#[tokio::test]
async fn a_file_of_the_first_schema_version_is_read_and_written() {
    let folder = TempFolder::new();
    let path = folder.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(VERSION_1).unwrap();
    old.close().unwrap();

    let store = open(&path).await.unwrap();
    let read = store.read_stream(&stream(), ReadOptions::forwards());
    let events = read.collect_all().await.unwrap();

    let shown: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event.revision.as_u64(),
                event.position.as_u64(),
                event.event_type.as_str(),
                String::from_utf8(event.data.to_vec()).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (1, 2, "AccountCredited", r#"{"Amount":5}"#.to_owned()),
            (2, 6, "AccountCredited", r#"{"Amount":7}"#.to_owned()),
        ]
    );
    assert_eq!(
        events[0].recorded_at.to_rfc3339(),
        "2026-01-02T03:04:05.000006+00:00"
    );
    assert_eq!(events[1].shape_revision, 2);
    let (metadata, _) = store.stream_metadata(&stream()).await.unwrap();
    assert_eq!(metadata.truncate_before.unwrap().as_u64(), 1);
    let acme = store.for_tenant(&TenantId::new("acme").unwrap()).unwrap();
    let theirs = acme.read_all(ReadOptions::forwards(), Filter::new());
    assert_eq!(theirs.collect_all().await.unwrap().len(), 1);
    assert!(matches!(
        store
            .read_stream(&"Gone-1".parse().unwrap(), ReadOptions::forwards())
            .collect_all()
            .await,
        Err(StoreError::StreamDeleted { .. })
    ));
    // The position after the highest that was ever given, not after the last.
    assert_eq!(append(&store, 1).await.unwrap().as_u64(), 11);
}

#[tokio::test]
async fn positions_go_on_after_the_store_is_opened_again() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    let store = open(&path).await.unwrap();
    let last = append(&store, 3).await.unwrap();
    store.close().await;

    let store = open(&path).await.unwrap();
    let next = append(&store, 1).await.unwrap();

    assert!(next > last, "{next} after {last}");
    let info = store.stream_info(&stream()).await.unwrap();
    assert_eq!(info.last_revision.unwrap().as_u64(), 3);
}

#[tokio::test]
async fn another_applications_database_is_refused_and_not_changed() {
    let folder = TempFolder::new();
    for (name, sql, told) in [
        (
            "tables.db",
            "CREATE TABLE theirs (a)",
            "1 tables and indexes",
        ),
        (
            "id.db",
            "PRAGMA application_id = 77",
            "application id is 0x4d",
        ),
        ("version.db", "PRAGMA user_version = 3", "user version is 3"),
    ] {
        let path = folder.path().join(name);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();

        let message = refused(&path).await;

        assert!(
            message.contains(told) && message.contains("name another file"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_not_changed() {
    let folder = TempFolder::new();
    let path = folder.path().join("newer.db");
    open(&path).await.unwrap().close().await;
    let newer = Connection::open(&path).unwrap();
    newer.execute_batch("PRAGMA user_version = 99").unwrap();
    newer.close().unwrap();

    let message = refused(&path).await;

    assert!(
        message.contains("schema version 99") && message.contains("the newer plumberd"),
        "{message}"
    );
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_not_changed() {
    let folder = TempFolder::new();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "these are notes, and rather long ones ".repeat(100)).unwrap();

    assert!(refused(&text).await.contains("is not a SQLite database"));
    assert!(refused(folder.path()).await.contains("is a folder"));
    let no_folder = folder.path().join("nowhere/bank.db");
    assert!(refused(&no_folder).await.contains("create it first"));
    assert!(!no_folder.parent().unwrap().exists());
    assert!(refused(Path::new(":memory:")).await.contains("`memory:`"));
    assert!(refused(Path::new("")).await.contains("it is empty"));
}

#[tokio::test]
async fn a_missing_file_is_made_only_when_that_is_allowed() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");

    let missing = Sqlite::open(SqliteConfig::new(&path).with_create(false)).await;

    let message = missing.unwrap_err().to_string();
    assert!(message.contains("`create=true`"), "{message}");
    assert!(!path.exists());
    open(&path).await.unwrap().close().await;
    Sqlite::open(SqliteConfig::new(&path).with_create(false))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_store_is_opened_and_read_while_another_program_writes() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    let store = open(&path).await.unwrap();
    append(&store, 3).await.unwrap();
    store.close().await;
    let tool = Connection::open(&path).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();

    let store = open(&path).await.unwrap();
    let read = store.read_stream(&stream(), ReadOptions::forwards());
    let events = read.collect_all().await.unwrap();
    tool.execute_batch("ROLLBACK").unwrap();

    assert_eq!(events.len(), 3);
    assert_eq!(append(&store, 1).await.unwrap().as_u64(), 4);
}

#[tokio::test]
async fn a_file_that_may_only_be_read_is_refused() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    open(&path).await.unwrap().close().await;
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        // The administrator may write everything.
        let _ = writeln!(std::io::stderr(), "skipped: this user may write the file");
        return;
    }

    let message = refused(&path).await;

    assert!(message.contains("may only be read"), "{message}");
}

/// A closed store of some size, as bytes.
async fn database(folder: &TempFolder) -> Vec<u8> {
    let path = folder.path().join("whole.db");
    let store = open(&path).await.unwrap();
    for _ in 0..20 {
        append(&store, 50).await.unwrap();
    }
    store.close().await;
    fs::read(&path).unwrap()
}

#[tokio::test]
async fn a_damaged_file_gives_errors_and_never_a_panic() {
    let folder = TempFolder::new();
    let whole = database(&folder).await;
    let mut damaged = Vec::new();
    for part in 1..8 {
        damaged.push(whole[..whole.len() * part / 8].to_vec());
    }
    // Flips bytes all over the file, the header and the schema among them.
    for start in [0, 16, 40, 100, 4096, 3 * 4096, 5 * 4096 + 8, 9 * 4096] {
        let mut bytes = whole.clone();
        for byte in bytes.iter_mut().skip(start).take(64) {
            *byte ^= 0xff;
        }
        damaged.push(bytes);
    }
    let mut noticed = 0;
    for (number, bytes) in damaged.into_iter().enumerate() {
        let path = folder.path().join(format!("damaged{number}.db"));
        fs::write(&path, bytes).unwrap();
        match open(&path).await {
            Err(error) => {
                assert!(
                    matches!(
                        error,
                        SqliteError::NotADatabase { .. }
                            | SqliteError::Foreign { .. }
                            | SqliteError::Newer { .. }
                    ),
                    "{number}: {error:?}"
                );
                noticed += 1;
            }
            Ok(store) => noticed += usize::from(use_everything(&store).await),
        }
    }
    assert!(noticed >= 10, "only {noticed} damaged files were noticed");
}

/// Whether a read or an append failed; how is checked.
async fn use_everything(store: &Sqlite) -> bool {
    let results = [
        store
            .read_stream(&stream(), ReadOptions::forwards())
            .collect_all()
            .await
            .map(|events| events.len()),
        store
            .read_all(ReadOptions::backwards(), Filter::new().with_system_events())
            .collect_all()
            .await
            .map(|events| events.len()),
        append(store, 3).await.map(|_| 1000),
    ];
    let mut failed = false;
    for result in results {
        failed |= match result {
            Ok(count) => count != 1000,
            Err(StoreError::Corrupt { .. } | StoreError::Backend { .. }) => true,
            Err(other) => panic!("{other:?}"),
        };
    }
    failed
}

#[tokio::test]
async fn a_full_disk_writes_nothing_and_the_store_goes_on() {
    let folder = TempFolder::new();
    let config = SqliteConfig::new(folder.path().join("small.db")).with_max_pages(40);
    let store = Sqlite::open(config).await.unwrap();
    append(&store, 1).await.unwrap();
    let large = NewEvent::new(
        new_event_id(),
        "Large".parse().unwrap(),
        vec![b' '; 200_000],
    );
    let batch = vec![
        NewEvent::new(new_event_id(), "Small".parse().unwrap(), "{}"),
        large,
    ];

    // Beside others, of which none shall suffer.
    let stream = stream();
    let (before, refused, after) = tokio::join!(
        append(&store, 1),
        store.append(&stream, ExpectedRevision::Any, batch),
        append(&store, 1),
    );

    let error = refused.unwrap_err();
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    assert!(error.source().unwrap().to_string().contains("full"));
    before.unwrap();
    after.unwrap();
    append(&store, 1).await.unwrap();
    let all = store.read_all(ReadOptions::forwards(), Filter::new());
    let types: Vec<_> = all
        .collect_all()
        .await
        .unwrap()
        .iter()
        .map(|event| event.event_type.to_string())
        .collect();
    assert_eq!(types, ["Added"; 4]);
}
