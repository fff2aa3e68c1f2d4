//! A SQLite file that is taken away, exchanged or restored, while it is open
//! and while it is not: nothing is acknowledged that no reader will find, and
//! nothing that was put there is damaged.

use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig, SqliteError, SqliteFileError},
    event::{NewEvent, new_event_id},
    store::{EventStore, Filter, ReadOptions, StoreError, SubscribeFrom, Subscription},
    stream::{ExpectedRevision, StreamName},
};
use plumberd_tests::TempFolder;
use rusqlite::Connection;
use std::{
    error::Error as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

async fn open(path: &Path) -> Sqlite {
    Sqlite::open(SqliteConfig::new(path)).await.unwrap()
}

fn stream() -> StreamName {
    StreamName::new("Account", 1).unwrap()
}

async fn append(store: &Sqlite, count: usize) -> Result<(), StoreError> {
    let events = (0..count)
        .map(|_| NewEvent::new(new_event_id(), "Added".parse().unwrap(), "{}"))
        .collect();
    let outcome = store.append(&stream(), ExpectedRevision::Any, events).await;
    outcome.map(drop)
}

async fn count(store: &Sqlite) -> Result<usize, StoreError> {
    let read = store.read_stream(&stream(), ReadOptions::forwards());
    Ok(read.collect_all().await?.len())
}

/// The store's files as a crash leaves them now, under another name.
fn crash_image(path: &Path, name: &str) -> PathBuf {
    let image = path.with_file_name(name);
    for suffix in ["", "-wal"] {
        fs::copy(beside(path, suffix), beside(&image, suffix)).unwrap();
    }
    image
}

/// What became of the files, out of the error that every call gives.
#[track_caller]
fn lost<T: std::fmt::Debug>(result: Result<T, StoreError>) -> SqliteFileError {
    let error = result.expect_err("it went to a file that no reader will find");
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    assert!(!error.is_transient(), "nothing mends it by itself");
    let source = error.source().and_then(|source| source.downcast_ref());
    let lost: &SqliteFileError = source.unwrap_or_else(|| panic!("{error:?}"));
    lost.clone()
}

async fn end(subscription: &mut Subscription) -> SqliteFileError {
    let ended = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            if let Err(error) = subscription.next_message().await {
                return lost::<()>(Err(error));
            }
        }
    });
    ended.await.expect("the subscription waits for ever")
}

/// A closed store of ten events, with a copy `backup.db` of it that was made
/// then, opened again and ten events longer.
async fn lived_on(folder: &TempFolder) -> (PathBuf, PathBuf, Sqlite) {
    let path = folder.path().join("bank.db");
    let store = open(&path).await;
    append(&store, 10).await.unwrap();
    store.close().await;
    let backup = folder.path().join("backup.db");
    fs::copy(&path, &backup).unwrap();
    let store = open(&path).await;
    append(&store, 10).await.unwrap();
    (path, backup, store)
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_file_was_removed() {
    let folder = TempFolder::new();
    for (number, removed) in [
        &SUFFIXES[..],
        &SUFFIXES[..1],
        &SUFFIXES[1..2],
        &SUFFIXES[2..],
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{number}.db"));
        let store = open(&path).await;
        append(&store, 3).await.unwrap();
        let mut subscription = store
            .subscribe_all(SubscribeFrom::Start, Filter::new())
            .await
            .unwrap();
        for suffix in removed {
            fs::remove_file(beside(&path, suffix)).unwrap();
        }

        let expected = SqliteFileError::Removed {
            path: beside(&path, removed[0]),
        };
        assert_eq!(lost(append(&store, 1).await), expected);
        assert_eq!(lost(count(&store).await), expected);
        assert_eq!(lost(store.stream_info(&stream()).await), expected);
        assert_eq!(end(&mut subscription).await, expected);
        store.close().await;
        for suffix in removed {
            let path = beside(&path, suffix);
            assert!(!path.exists(), "closing made {} anew", path.display());
        }
    }
}

#[tokio::test]
async fn a_follower_of_an_idle_store_learns_that_the_file_was_moved_away() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    let store = open(&path).await;
    append(&store, 3).await.unwrap();
    let mut subscription = store
        .subscribe_stream(&stream(), SubscribeFrom::Start)
        .await
        .unwrap();
    for _ in 0..3 {
        subscription.next_event().await.unwrap();
    }

    fs::rename(&path, folder.path().join("elsewhere.db")).unwrap();

    let expected = SqliteFileError::Removed { path };
    assert_eq!(end(&mut subscription).await, expected);
}

#[tokio::test]
async fn a_backup_moved_over_the_open_file_is_neither_written_nor_damaged() {
    for log in ["removed", "left"] {
        let folder = TempFolder::new();
        let (path, backup, store) = lived_on(&folder).await;
        let restored = fs::read(&backup).unwrap();
        fs::rename(&backup, &path).unwrap();
        if log == "removed" {
            fs::remove_file(beside(&path, "-wal")).unwrap();
            fs::remove_file(beside(&path, "-shm")).unwrap();
        }

        let replaced = SqliteFileError::Replaced { path: path.clone() };
        assert_eq!(lost(append(&store, 1).await), replaced);
        assert_eq!(lost(count(&store).await), replaced);
        if log == "left" {
            // A process that is started now meets the log of the one that runs.
            let refused = Sqlite::open(SqliteConfig::new(&path)).await.unwrap_err();
            assert!(
                matches!(refused, SqliteError::File(SqliteFileError::StaleLog { .. })),
                "{refused:?}"
            );
        }
        store.close().await;

        assert!(
            fs::read(&path).unwrap() == restored,
            "the backup was changed"
        );
        for suffix in &SUFFIXES[1..] {
            let _ = fs::remove_file(beside(&path, suffix));
        }
        let again = open(&path).await;
        assert_eq!(count(&again).await.unwrap(), 10, "log {log}");
        append(&again, 1).await.unwrap();
        again.close().await;
    }
}

#[tokio::test]
async fn closing_a_store_leaves_the_log_of_another_that_has_its_path_now() {
    let folder = TempFolder::new();
    let (path, backup, store) = lived_on(&folder).await;
    for suffix in SUFFIXES {
        fs::remove_file(beside(&path, suffix)).unwrap();
    }
    fs::rename(&backup, &path).unwrap();
    let other = open(&path).await;
    append(&other, 5).await.unwrap();

    store.close().await;

    append(&other, 5).await.unwrap();
    assert_eq!(count(&other).await.unwrap(), 20);
    let crashed = crash_image(&path, "crashed.db");
    let again = open(&crashed).await;
    assert_eq!(count(&again).await.unwrap(), 20);
}

#[tokio::test]
async fn a_file_that_is_overwritten_or_cut_short_in_place_is_not_written_any_more() {
    for damage in [
        "copied over",
        "emptied",
        "halved",
        "log emptied",
        "log halved",
    ] {
        let folder = TempFolder::new();
        let (path, backup, store) = lived_on(&folder).await;
        let cut = |suffix, parts: u64| {
            let path = beside(&path, suffix);
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            let length = file.metadata().unwrap().len();
            file.set_len(length.saturating_sub(length / parts)).unwrap();
        };
        let expected = match damage {
            "copied over" => {
                fs::copy(&backup, &path).unwrap();
                vec![SqliteFileError::Overwritten { path: path.clone() }]
            }
            "log emptied" | "log halved" | "log cut" => {
                // The last is less than what the last commit wrote.
                let parts = match damage {
                    "log emptied" => 1,
                    "log halved" => 2,
                    _ => 1000,
                };
                cut("-wal", parts);
                let path = beside(&path, "-wal");
                vec![SqliteFileError::Truncated { path }]
            }
            _ => {
                cut("", if damage == "halved" { 2 } else { 1 });
                vec![SqliteFileError::Truncated { path: path.clone() }]
            }
        };

        let found = lost(append(&store, 1).await);

        assert!(expected.contains(&found), "{damage}: {found:?}");
        assert_eq!(lost(count(&store).await), found, "{damage}");
        store.close().await;
    }
}

#[tokio::test]
async fn a_follower_learns_that_the_file_was_overwritten_in_place() {
    let folder = TempFolder::new();
    let (path, backup, store) = lived_on(&folder).await;
    let mut subscription = store
        .subscribe_all(SubscribeFrom::End, Filter::new())
        .await
        .unwrap();

    fs::copy(&backup, &path).unwrap();

    let expected = SqliteFileError::Overwritten { path };
    assert_eq!(end(&mut subscription).await, expected);
    store.close().await;
}

#[tokio::test]
async fn a_file_with_a_second_name_is_not_opened_and_not_written() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    let second = folder.path().join("second.db");
    let store = open(&path).await;
    append(&store, 1).await.unwrap();
    fs::hard_link(&path, &second).unwrap();
    let expected = SqliteFileError::Linked {
        path: path.clone(),
        links: 2,
    };

    assert_eq!(lost(append(&store, 1).await), expected);
    let other = Sqlite::open(SqliteConfig::new(&second)).await.unwrap_err();
    assert!(
        matches!(
            &other,
            SqliteError::File(SqliteFileError::Linked { links: 2, .. })
        ),
        "{other:?}"
    );
    assert!(!beside(&second, "-wal").exists());

    // A tool that links files to copy them is gone after a moment.
    fs::remove_file(&second).unwrap();
    append(&store, 1).await.unwrap();
    assert_eq!(count(&store).await.unwrap(), 2);
    store.close().await;
}

#[tokio::test]
async fn what_a_crash_leaves_is_opened_with_all_of_it() {
    let folder = TempFolder::new();
    let (path, _, store) = lived_on(&folder).await;
    let mut images = vec![(20, crash_image(&path, "0.db"))];
    for number in 1..6 {
        append(&store, 400).await.unwrap();
        images.push((
            20 + number * 400,
            crash_image(&path, &format!("{number}.db")),
        ));
    }

    for (events, image) in images {
        let opened = open(&image).await;
        assert_eq!(count(&opened).await.unwrap(), events, "{}", image.display());
        opened.close().await;
    }
}

#[tokio::test]
async fn a_backup_beside_the_log_of_a_later_state_is_refused_until_the_log_is_removed() {
    for later in [0, 1, 3000] {
        let folder = TempFolder::new();
        let (path, backup, store) = lived_on(&folder).await;
        for _ in 0..later / 100 {
            append(&store, 100).await.unwrap();
        }
        append(&store, later % 100).await.unwrap_or_default();
        let crashed = crash_image(&path, "crashed.db");
        store.close().await;
        // As `cp` and as `mv` do it.
        for way in ["in place", "moved"] {
            if way == "moved" {
                fs::remove_file(&crashed).unwrap();
            }
            fs::copy(&backup, &crashed).unwrap();
            let before = (
                fs::read(&crashed).unwrap(),
                fs::read(beside(&crashed, "-wal")).unwrap(),
            );

            let refused = Sqlite::open(SqliteConfig::new(&crashed)).await.unwrap_err();

            let told = refused.to_string();
            assert!(told.contains("does not belong to"), "{told}");
            assert!(told.contains("remove the log"), "{told}");
            let after = (
                fs::read(&crashed).unwrap(),
                fs::read(beside(&crashed, "-wal")).unwrap(),
            );
            assert!(after == before, "the files were changed");
        }
        for suffix in &SUFFIXES[1..] {
            let _ = fs::remove_file(beside(&crashed, suffix));
        }
        let opened = open(&crashed).await;
        assert_eq!(count(&opened).await.unwrap(), 10);
        append(&opened, 1).await.unwrap();
        opened.close().await;
    }
}

#[tokio::test]
async fn a_log_beside_a_later_state_or_another_store_is_refused() {
    let folder = TempFolder::new();
    let (path, _, store) = lived_on(&folder).await;
    let older = crash_image(&path, "older.db");
    store.close().await;
    let store = open(&path).await;
    append(&store, 10).await.unwrap();
    store.close().await;
    let other = folder.path().join("other.db");
    let foreign = open(&other).await;
    append(&foreign, 10).await.unwrap();
    let foreign_log = crash_image(&other, "foreign.db");
    foreign.close().await;

    for (main, log) in [(&path, &older), (&path, &foreign_log), (&other, &older)] {
        let pair = folder.path().join("pair.db");
        let _ = fs::remove_file(beside(&pair, "-shm"));
        fs::copy(main, &pair).unwrap();
        fs::copy(beside(log, "-wal"), beside(&pair, "-wal")).unwrap();

        let refused = Sqlite::open(SqliteConfig::new(&pair)).await.unwrap_err();

        assert!(
            matches!(refused, SqliteError::File(SqliteFileError::StaleLog { .. })),
            "{} and {}: {refused:?}",
            main.display(),
            log.display()
        );
    }
}

/// What other programs may do with the file is no reason to stop.
#[tokio::test]
async fn other_programs_may_compact_the_file_and_empty_its_log() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    let store = open(&path).await;
    let second = open(&path).await;
    let other = Connection::open(&path).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    let mut events = 0;
    for round in 0..12 {
        for store in [&store, &second] {
            append(store, 150).await.unwrap();
            events += 150;
        }
        let sql = match round % 6 {
            0 => "PRAGMA wal_checkpoint(TRUNCATE)",
            1 => "VACUUM",
            2 => "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)",
            3 => "PRAGMA wal_checkpoint(RESTART)",
            4 => "CREATE TABLE IF NOT EXISTS theirs (a); INSERT INTO theirs VALUES (1)",
            _ => "DELETE FROM theirs; PRAGMA wal_checkpoint(PASSIVE)",
        };
        let _ = other.execute_batch(sql);
        assert_eq!(count(&store).await.unwrap(), events, "{sql}");
    }
    append(&store, 1).await.unwrap();
    append(&second, 1).await.unwrap();
    let crashed = crash_image(&path, "crashed.db");
    let again = open(&crashed).await;
    assert_eq!(count(&again).await.unwrap(), events + 2);
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_that_leads_elsewhere_by_now_is_another_file() {
    let folder = TempFolder::new();
    let link = folder.path().join("link.db");
    let far = folder.path().join("far");
    fs::create_dir(&far).unwrap();
    let (real, other) = (far.join("real.db"), far.join("other.db"));
    open(&real).await.close().await;
    fs::copy(&real, &other).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let store = open(&link).await;
    append(&store, 3).await.unwrap();
    assert!(
        beside(&real, "-wal").exists(),
        "the log is beside the file itself"
    );

    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&other, &link).unwrap();

    let expected = SqliteFileError::Replaced { path: link };
    assert_eq!(lost(append(&store, 1).await), expected);
}

/// SQLite would remove the log as it makes the file anew.
#[tokio::test]
async fn a_log_whose_file_is_gone_or_emptied_is_kept_and_named() {
    let folder = TempFolder::new();
    let path = folder.path().join("bank.db");
    let store = open(&path).await;
    append(&store, 5).await.unwrap();
    let image = crash_image(&path, "crashed.db");
    let log = beside(&image, "-wal");
    let away = folder.path().join("away.db");
    fs::rename(&image, &away).unwrap();
    let logged = fs::read(&log).unwrap();
    assert!(!logged.is_empty());
    for emptied in [false, true] {
        for create in [true, false] {
            if emptied {
                fs::write(&image, "").unwrap();
            }
            let config = SqliteConfig::new(&image).with_create(create);

            let refused = Sqlite::open(config).await.unwrap_err();

            assert!(
                matches!(&refused, SqliteError::File(SqliteFileError::OrphanLog { log: named, .. }) if *named == log),
                "{refused:?}"
            );
            let said = refused.to_string();
            assert!(said.contains("put the file back"), "{said}");
            assert!(fs::read(&log).unwrap() == logged, "the log changed");
        }
    }
    fs::rename(&away, &image).unwrap();
    let back = open(&image).await;
    assert_eq!(count(&back).await.unwrap(), 5);
    back.close().await;
    store.close().await;
}

#[tokio::test]
async fn the_log_of_a_file_that_is_emptied_while_it_is_open_stays() {
    for follows in [false, true] {
        let folder = TempFolder::new();
        let path = folder.path().join("bank.db");
        let store = open(&path).await;
        append(&store, 5).await.unwrap();
        let whole = fs::read(&path).unwrap();
        let mut subscription = None;
        if follows {
            let end = SubscribeFrom::End;
            subscription = Some(store.subscribe_all(end, Filter::new()).await.unwrap());
        }

        fs::write(&path, "").unwrap();

        if let Some(subscription) = &mut subscription {
            let ended = end(subscription).await;
            assert!(
                matches!(ended, SqliteFileError::Truncated { .. }),
                "{ended:?}"
            );
        }
        let read = lost(count(&store).await);
        assert!(
            matches!(&read, SqliteFileError::Truncated { path: cut } if *cut == path),
            "{read:?}"
        );
        lost(append(&store, 1).await);
        drop(subscription);
        store.close().await;
        assert!(fs::metadata(beside(&path, "-wal")).unwrap().len() > 0);

        fs::write(&path, whole).unwrap();
        let store = open(&path).await;
        assert_eq!(count(&store).await.unwrap(), 5);
        store.close().await;
    }
}
