//! Where a SQLite file cannot be: what the error names, and what it advises.
//!
//! An administrator may do everything, so a second process of this program
//! tries it as an ordinary user.

use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig},
    event::{NewEvent, new_event_id},
    store::{EventStore, Filter, ReadOptions, StoreError},
    stream::{ExpectedRevision, StreamName},
};
use plumberd_tests::{TempFolder, is_open_to_all};
use std::{
    error::Error,
    fs,
    io::Write as _,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const FILE: &str = "PLUMBERD_PLACE_FILE";
const NOBODY: u32 = 65_534;

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Whether this process may do everything.
fn is_administrator() -> bool {
    let made = TempFolder::new();
    fs::metadata(made.path()).unwrap().uid() == 0
}

/// A folder, and a closed store in it, which an ordinary user owns.
async fn store_of_ordinary_user() -> TempFolder {
    let folder = TempFolder::open_to_all();
    let path = folder.path().join("bank.db");
    Sqlite::open(SqliteConfig::new(&path))
        .await
        .unwrap()
        .close()
        .await;
    if is_administrator() {
        chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    folder
}

/// This program, where an ordinary user can start it.
struct Program {
    path: PathBuf,
    _copied_to: Option<TempFolder>,
}

impl Program {
    fn new() -> Self {
        let path = std::env::current_exe().unwrap();
        if !is_administrator() || is_open_to_all(&path) {
            return Self {
                path,
                _copied_to: None,
            };
        }
        let folder = TempFolder::open_to_all();
        let copy = folder.path().join("program");
        fs::copy(&path, &copy).unwrap();
        Self {
            path: copy,
            _copied_to: Some(folder),
        }
    }
}

/// What an ordinary user is told who opens the file.
fn told(folder: &TempFolder) -> String {
    let program = Program::new();
    let mut command = Command::new(&program.path);
    command
        .args(["sqlite_place::opens_and_tells", "--exact", "--ignored"])
        .arg("--nocapture")
        .env(FILE, folder.path().join("bank.db"));
    if is_administrator() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
#[ignore = "only the tests of this file run it"]
async fn opens_and_tells() {
    let file = std::env::var_os(FILE).expect("only another test runs this one");
    match Sqlite::open(SqliteConfig::new(file)).await {
        Ok(store) => store.close().await,
        Err(error) => println!("refused: {:?}", plumberd::Report::from(error)),
    }
}

/// What becomes of it where a process may have so few files open.
fn told_with_few_files(file: &Path, files: u32) -> String {
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["sqlite_place::opens_and_tells", "--exact", "--ignored"])
        .arg("--nocapture")
        .env(FILE, file)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn too_many_open_files_are_no_question_of_rights() {
    let folder = TempFolder::new();
    let told: Vec<_> = (8..40)
        .map(|files| {
            let name = format!("bank-{files}.db");
            told_with_few_files(&folder.path().join(name), files)
        })
        .filter(|told| told.contains("refused"))
        .collect();

    assert!(!told.is_empty(), "nothing was refused");
    for told in &told {
        assert!(!told.contains("may not be"), "{told}");
    }
    let named = told.iter().any(|told| told.contains("Too many open files"));
    assert!(named, "{told:?}");
}

#[tokio::test]
async fn an_ordinary_user_opens_what_he_may_write() {
    let folder = store_of_ordinary_user().await;

    let told = told(&folder);

    assert!(!told.contains("refused"), "{told}");
}

#[tokio::test]
async fn a_folder_that_may_only_be_read_is_named() {
    let folder = store_of_ordinary_user().await;
    permit(folder.path(), 0o555);

    let existing = told(&folder);
    permit(folder.path(), 0o755);
    fs::remove_file(folder.path().join("bank.db")).unwrap();
    permit(folder.path(), 0o555);
    let new = told(&folder);

    for told in [existing, new] {
        let expected = format!(
            "the folder `{}` may not be written",
            folder.path().display()
        );
        assert!(told.contains(&expected), "{told}");
        assert!(told.contains("make it writable"), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_a_user_may_only_read_is_named() {
    let folder = store_of_ordinary_user().await;
    let path = folder.path().join("bank.db");
    permit(&path, 0o444);

    let told = told(&folder);

    let expected = format!("`{}` may only be read", path.display());
    assert!(told.contains(&expected), "{told}");
}

#[tokio::test]
async fn a_file_that_a_user_may_not_open_is_named() {
    let folder = store_of_ordinary_user().await;
    let path = folder.path().join("bank.db");
    permit(&path, 0);

    let told = told(&folder);

    let expected = format!("`{}` may not be opened by this user", path.display());
    assert!(told.contains(&expected), "{told}");
}

/// As `sudo` leaves one behind.
#[tokio::test]
async fn a_log_that_a_user_may_not_open_is_named() {
    let folder = store_of_ordinary_user().await;
    let log = folder.path().join("bank.db-wal");
    fs::write(&log, "").unwrap();
    permit(&log, 0);

    let told = told(&folder);

    let expected = format!("`{}` may not be opened by this user", log.display());
    assert!(told.contains(&expected), "{told}");
}

#[tokio::test]
async fn a_folder_above_that_may_not_be_entered_is_no_missing_file() {
    let folder = store_of_ordinary_user().await;
    permit(folder.path(), 0);

    let told = told(&folder);

    permit(folder.path(), 0o755);
    assert!(told.contains("may not be opened by this user"), "{told}");
}

#[tokio::test]
async fn an_encrypted_file_is_told_from_a_database() {
    let folder = TempFolder::new();
    let path = folder.path().join("secret.db");
    let noise: Vec<u8> = (0..8192_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
        .collect();
    fs::write(&path, noise).unwrap();

    let refused = Sqlite::open(SqliteConfig::new(&path)).await.unwrap_err();

    let told = refused.to_string();
    assert!(told.contains("is encrypted"), "{told}");
}

/// A disk of one MiB, which only an administrator can have.
struct SmallDisk(TempFolder);

impl SmallDisk {
    fn new() -> Option<Self> {
        let folder = TempFolder::new();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "none"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        let _ = writeln!(std::io::stderr(), "skipped: no disk can be mounted here");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A program that another test is just beginning has every file of this
        // one open until it runs.
        let unmounted = (0..200).any(|_| {
            let umount = Command::new("umount").arg(self.0.path()).output();
            let done = umount.is_ok_and(|output| output.status.success());
            if !done {
                std::thread::sleep(Duration::from_millis(50));
            }
            done
        });
        assert!(unmounted || std::thread::panicking());
    }
}

fn sized(bytes: usize) -> NewEvent {
    NewEvent::new(new_event_id(), "Sized".parse().unwrap(), vec![b' '; bytes])
}

#[tokio::test]
async fn an_append_that_a_full_disk_refuses_is_known_not_to_be_written() {
    let Some(disk) = SmallDisk::new() else {
        return;
    };
    let path = disk.0.path().join("bank.db");
    let store = Sqlite::open(SqliteConfig::new(&path)).await.unwrap();
    let stream = StreamName::new("Account", 1).unwrap();
    let mut acknowledged = 0;

    // The log takes it all, until there is no room at the commit.
    let error = loop {
        let appended = store
            .append(&stream, ExpectedRevision::Any, vec![sized(20_000)])
            .await;
        match appended {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
    };

    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    let advice = error.source().unwrap();
    assert!(advice.to_string().contains("is full"), "{advice}");
    assert!(advice.source().is_some(), "what SQLite says is lost");
    assert!(!error.is_transient(), "it will be as full a moment later");
    assert!(acknowledged > 5, "{acknowledged}");
    let count = async |store: &Sqlite| {
        let read = store.read_all(ReadOptions::forwards(), Filter::new());
        read.collect_all().await.unwrap().len()
    };
    assert_eq!(count(&store).await, acknowledged);
    store.close().await;
    let again = Sqlite::open(SqliteConfig::new(&path)).await.unwrap();
    assert_eq!(count(&again).await, acknowledged);
    again.close().await;
}

#[tokio::test]
async fn a_disk_without_room_for_a_new_file_is_called_full() {
    let Some(disk) = SmallDisk::new() else {
        return;
    };
    let path = disk.0.path().join("bank.db");
    let mut filler = fs::File::create(disk.0.path().join("filler")).unwrap();
    while filler.write_all(&[7; 4096]).is_ok() {}

    let refused = Sqlite::open(SqliteConfig::new(&path)).await.unwrap_err();

    let told = refused.to_string();
    assert!(told.contains("is full; make room"), "{told}: {refused:?}");
}

#[tokio::test]
async fn a_path_that_cannot_be_a_databases_is_refused_as_invalid() {
    use plumberd::error::ErrorKind;

    let folder = TempFolder::new();
    let link = folder.path().join("dangling.db");
    std::os::unix::fs::symlink(folder.path().join("gone.db"), &link).unwrap();
    for (path, told) in [
        (folder.path().join("a\0b.db"), "it has a NUL byte"),
        (folder.path().join("bank.db-wal"), "name the database"),
        (folder.path().join("bank.db-shm"), "name the database"),
        (folder.path().join("bank.db-journal"), "name the database"),
        (link, "it is a link to a file that is not there"),
    ] {
        let error = Sqlite::open(SqliteConfig::new(&path)).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Invalid, "{path:?}: {error}");
        assert!(error.to_string().contains(told), "{path:?}: {error}");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "only the link: {left:?}");
}
