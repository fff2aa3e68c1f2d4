//! What is checked on every read, what `verify` finds, and copies: as the page
//! "backup" says.

use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig, SqliteError, SqliteFileError},
    event::{NewEvent, new_event_id},
    store::{EventStore, EventStoreExt, Filter, ReadOptions, StoreError},
    stream::{ExpectedRevision, Revision, StreamName, TenantId},
};
use plumberd_tests::TempFolder;
use rusqlite::Connection;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

const PAGE: &str = include_str!("../../plumberd/src/docs/backup.md");
const VERSION_1: &str = include_str!("fixtures/sqlite_v1.sql");

async fn open(path: &Path) -> Sqlite {
    Sqlite::open(SqliteConfig::new(path)).await.unwrap()
}

fn account(number: usize) -> StreamName {
    StreamName::new("Account", number).unwrap()
}

async fn append(store: &dyn EventStore, number: usize, count: usize) {
    let events = (0..count)
        .map(|_| NewEvent::new(new_event_id(), "Added".parse().unwrap(), r#"{"By":1}"#))
        .collect();
    let stream = account(number);
    let outcome = store.append(&stream, ExpectedRevision::Any, events).await;
    outcome.unwrap();
}

async fn count(store: &Sqlite) -> usize {
    let all = store.read_all(ReadOptions::forwards(), Filter::new());
    all.collect_all().await.unwrap().len()
}

/// A closed store with a bit of everything; ten events of `Account-1`, from
/// position 1 on, are its first.
async fn some_of_everything(path: &Path) {
    let store = open(path).await;
    append(&store, 1, 10).await;
    for number in 2..6 {
        append(&store, number, 5).await;
    }
    let tenant = store.for_tenant(&TenantId::new("acme").unwrap()).unwrap();
    append(tenant.as_ref(), 1, 3).await;
    let any = ExpectedRevision::Any;
    store
        .truncate_before(&account(2), Revision::new(2))
        .await
        .unwrap();
    store.delete(&account(3), any).await.unwrap();
    append(&store, 3, 1).await;
    store.tombstone(&account(4), any).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn an_undamaged_store_is_sound() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    some_of_everything(&path).await;
    let store = open(&path).await;
    append(&store, 1, 1).await;

    let report = store.verify().await.unwrap();

    assert!(report.is_sound(), "{report}");
    assert_eq!(report.unchecked, 0);
    assert_eq!(report.events, 10 + 20 + 3 + 1 + 2 + 1 + 1 + 1);
    assert!(report.to_string().contains("nothing is wrong"), "{report}");
}

#[tokio::test]
async fn events_of_the_first_schema_version_are_read_without_checksums_and_counted() {
    let folder = TempFolder::new();
    let path = folder.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(VERSION_1).unwrap();
    old.close().unwrap();
    let store = open(&path).await;
    let before = count(&store).await;
    append(&store, 9, 2).await;

    let report = store.verify().await.unwrap();

    assert!(report.is_sound(), "{report}");
    assert_eq!((report.events, report.unchecked), (8, 6));
    assert_eq!(count(&store).await, before + 2);
}

/// Statements that damage a store of [`some_of_everything`], and what each
/// read of everything, of `Account-1` and of `Account-2` gives then.
const DAMAGE: &[(&str, [bool; 3])] = &[
    (
        "UPDATE events SET data = x'7b7d' WHERE position = 4",
        [false, false, true],
    ),
    (
        "UPDATE events SET metadata = x'7b7d' WHERE position = 4",
        [false, false, true],
    ),
    (
        "UPDATE events SET id = zeroblob(16) WHERE position = 4",
        [false, false, true],
    ),
    (
        "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 4",
        [false, false, true],
    ),
    (
        "UPDATE events SET checksum = checksum + 1 WHERE position = 4",
        [false, false, true],
    ),
    (
        "UPDATE events SET checksum = NULL WHERE position = 4",
        [false, false, true],
    ),
    (
        "UPDATE events SET revision = 70 WHERE position = 10",
        [false, false, true],
    ),
    (
        "UPDATE events SET kind = 2 WHERE position = 4",
        [false, false, true],
    ),
    (
        "UPDATE events SET kind = 99 WHERE position = 4",
        [false, false, true],
    ),
    (
        "UPDATE events SET stream = 2, revision = 5 WHERE position = 10",
        [false, true, false],
    ),
    (
        "UPDATE kinds SET event_type = 'Edded' WHERE kind = 1",
        [false, false, false],
    ),
    (
        "UPDATE streams SET name = 'Account-7' WHERE name = 'Account-1' AND tenant = 0",
        [false, true, true],
    ),
    (
        "UPDATE streams SET max_count = 1 WHERE stream = 1",
        [true, false, true],
    ),
    (
        "UPDATE streams SET truncate_before = 4 WHERE name = 'Account-2'",
        [true, true, false],
    ),
    (
        "UPDATE streams SET truncate_before = NULL WHERE name = 'Account-2'",
        [true, true, false],
    ),
    (
        "UPDATE streams SET tombstoned = 1 WHERE stream = 1",
        [true, false, true],
    ),
    (
        "DELETE FROM events WHERE position = 5",
        [false, false, true],
    ),
    (
        "DELETE FROM events WHERE position = 1",
        [false, false, true],
    ),
    (
        "DELETE FROM events WHERE position = (SELECT max(position) FROM events)",
        [false, true, true],
    ),
    ("DELETE FROM streams WHERE stream = 1", [false, false, true]),
    (
        "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'events'",
        [false, true, true],
    ),
];

#[tokio::test]
async fn whatever_is_changed_in_a_row_is_told_by_the_reads_that_come_past_it() {
    let folder = TempFolder::new();
    let whole = folder.path().join("whole.db");
    some_of_everything(&whole).await;
    let path = folder.path().join("damaged.db");
    for (sql, expected) in DAMAGE {
        fs::copy(&whole, &path).unwrap();
        let tool = Connection::open(&path).unwrap();
        assert_eq!(tool.execute(sql, []).unwrap(), 1, "{sql}");
        tool.close().unwrap();
        let store = open(&path).await;
        let all = store.read_all(ReadOptions::forwards(), Filter::new().with_system_events());
        let reads = [
            all.collect_all().await,
            store
                .read_stream(&account(1), ReadOptions::forwards())
                .collect_all()
                .await,
            store
                .read_stream(&account(2), ReadOptions::forwards())
                .collect_all()
                .await,
        ];

        for (number, (read, right)) in reads.iter().zip(expected).enumerate() {
            let told = matches!(read, Err(StoreError::Corrupt { .. }));
            // Without its name there is no such stream.
            let nameless = sql.contains("Account-7") || sql.starts_with("DELETE FROM streams");
            let renamed = nameless && number == 1;
            assert!(
                told != *right || renamed,
                "read {number} after `{sql}`: {read:?}"
            );
        }
        let report = store.verify().await.unwrap();
        assert!(!report.is_sound(), "{sql}");
        store.close().await;
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("damaged.db{suffix}")));
        }
    }
}

#[tokio::test]
async fn a_filtered_read_tells_of_an_event_that_is_missing_among_those_it_passes_over() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    some_of_everything(&path).await;
    let tool = Connection::open(&path).unwrap();
    tool.execute("DELETE FROM events WHERE position = 5", [])
        .unwrap();
    tool.close().unwrap();
    let store = open(&path).await;
    for filter in [
        Filter::new().event_type(plumberd::event::RecordedEvent::TOMBSTONE.parse().unwrap()),
        Filter::new().stream(account(5)),
    ] {
        for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
            let read = store.read_all(options, filter.clone()).collect_all().await;

            assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_whose_end_does_not_meet_the_next_one_is_told_in_both_directions() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    some_of_everything(&path).await;
    let tool = Connection::open(&path).unwrap();
    // The first event of `Account-2`, which is hidden, stood behind the last of
    // `Account-1`.
    let hidden = "DELETE FROM events WHERE position = 11";
    assert_eq!(tool.execute(hidden, []).unwrap(), 1);
    tool.close().unwrap();
    let store = open(&path).await;

    for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
        let first = store.read_stream(&account(1), options).collect_all().await;
        let second = store.read_stream(&account(2), options).collect_all().await;

        assert!(
            matches!(first, Err(StoreError::Corrupt { .. })),
            "{first:?}"
        );
        assert_eq!(second.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn an_append_after_a_lost_end_is_refused() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    some_of_everything(&path).await;
    let tool = Connection::open(&path).unwrap();
    let last = "DELETE FROM events WHERE position = (SELECT max(position) FROM events)";
    tool.execute(last, []).unwrap();
    tool.close().unwrap();
    let store = open(&path).await;
    let stream = account(1);
    let event = NewEvent::new(new_event_id(), "Added".parse().unwrap(), "{}");

    let refused = store
        .append(&stream, ExpectedRevision::Any, vec![event])
        .await;

    assert!(
        matches!(refused, Err(StoreError::Corrupt { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_program_of_an_older_schema_that_still_has_the_file_open_cannot_write_to_it() {
    let folder = TempFolder::new();
    let path = folder.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(VERSION_1).unwrap();
    let insert = "INSERT INTO events (stream, revision, tenant, id, kind, recorded, data, metadata)
                  VALUES (1, 3, 0, randomblob(16), 1, 0, x'', x'')";
    let mut writes = old.prepare(insert).unwrap();
    writes.execute([]).unwrap();

    let store = open(&path).await;

    assert!(writes.execute([]).is_err(), "it wrote without a checksum");
    append(&store, 1, 1).await;
    assert!(store.verify().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_copy_made_while_the_store_is_written_is_whole_and_a_store_of_its_own() {
    let folder = TempFolder::new();
    let (path, copy) = (
        folder.path().join("bank.db"),
        folder.path().join("it's a copy.db"),
    );
    let store = open(&path).await;
    append(&store, 1, 700).await;
    let (copied, ()) = tokio::join!(store.backup_to(&copy), append(&store, 2, 100));
    copied.unwrap();
    append(&store, 3, 100).await;

    let restored = open(&copy).await;
    assert!([700, 800].contains(&count(&restored).await));
    assert!(restored.verify().await.unwrap().is_sound());
    restored.close().await;
    let left: Vec<PathBuf> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");

    let again = store.backup_to(&copy).await;
    assert!(
        matches!(again, Err(SqliteError::Exists { .. })),
        "{again:?}"
    );
    let nowhere = store.backup_to(folder.path().join("nowhere/bank.db")).await;
    assert!(
        matches!(nowhere, Err(SqliteError::NoFolder { .. })),
        "{nowhere:?}"
    );
    // Put back beside the log of the store that it was made of.
    let log = folder.path().join("it's a copy.db-wal");
    fs::copy(folder.path().join("bank.db-wal"), log).unwrap();
    let refused = Sqlite::open(SqliteConfig::new(&copy)).await.unwrap_err();
    assert!(
        matches!(refused, SqliteError::File(SqliteFileError::StaleLog { .. })),
        "{refused:?}"
    );
    assert_eq!(count(&store).await, 900);
}

/// The blocks of shell commands on the page, in their order.
fn commands() -> Vec<&'static str> {
    let blocks = PAGE.split("```sh\n").skip(1);
    blocks
        .filter_map(|block| block.split("```").next())
        .collect()
}

fn run(commands: &str, folder: &TempFolder) {
    let run = Command::new("sh")
        .args(["-ec", commands])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{commands}: {run:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_commands_of_the_page_make_a_backup_and_put_it_back() {
    let all = commands();
    let [vacuum, copy, restore] = all.as_slice() else {
        panic!("{all:?}");
    };
    let has_tool = Command::new("sqlite3").arg("--version").output().is_ok();
    if !has_tool {
        let _ = writeln!(std::io::stderr(), "skipped in part: there is no sqlite3");
    }
    for (backup, open_meanwhile) in [(vacuum, true), (copy, false)] {
        if open_meanwhile && !has_tool {
            continue;
        }
        let folder = TempFolder::new();
        let path = folder.path().join("bank.db");
        let store = open(&path).await;
        append(&store, 1, 10).await;
        if !open_meanwhile {
            store.close().await;
        }
        run(backup, &folder);
        let store = if open_meanwhile {
            store
        } else {
            open(&path).await
        };
        append(&store, 1, 10).await;
        // As a crash leaves it: with its log.
        let crashed = [path.clone(), folder.path().join("bank.db-wal")];
        let kept = crashed.clone().map(|path| fs::read(path).unwrap());
        store.close().await;
        for (path, bytes) in crashed.iter().zip(&kept) {
            fs::write(path, bytes).unwrap();
        }
        // Without the first line of the page's commands the log is in the way.
        let careless = restore.lines().nth(1).unwrap();
        run(careless, &folder);
        let refused = Sqlite::open(SqliteConfig::new(&path)).await.unwrap_err();
        assert!(
            refused.to_string().contains("does not belong to"),
            "{backup}: {refused}"
        );

        run(restore, &folder);

        let store = open(&path).await;
        assert_eq!(count(&store).await, 10, "{backup}");
        append(&store, 1, 1).await;
        assert!(store.verify().await.unwrap().is_sound());
        store.close().await;
    }
}
