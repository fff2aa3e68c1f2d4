//! The other process: this program, told by its environment what to do.

use bytes::Bytes;
use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig},
    event::{NewEvent, new_event_id},
    store::{EventStore, StoreError},
    stream::{ExpectedRevision, Revision, StreamName},
};
use std::{
    io::Write as _,
    path::Path,
    process::{Child, Command, Stdio},
};

const FILE: &str = "PLUMBERD_CHILD_FILE";

/// Starts this program again to run the ignored test `job` on `file`.
pub(crate) fn start(job: &str, file: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([job, "--exact", "--ignored", "--nocapture"])
        .env(FILE, file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The store that the parent named.
pub(crate) async fn open() -> Sqlite {
    let file = std::env::var_os(FILE).expect("only another test runs this one");
    Sqlite::open(SqliteConfig::new(file)).await.unwrap()
}

/// A line for the parent, whole or not at all.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).unwrap();
    out.flush().unwrap();
}

/// A batch whose events say which batch they are of, and which of how many.
pub(crate) fn batch(size: usize) -> Vec<NewEvent> {
    let batch = new_event_id();
    (0..size)
        .map(|index| {
            let data = format!("{batch} {index} {size}");
            NewEvent::new(
                new_event_id(),
                "Added".parse().unwrap(),
                Bytes::from(data.into_bytes()),
            )
        })
        .collect()
}

/// Adds one to the counter that `stream` is, beside other writers; gives how
/// often another one was first.
pub(crate) async fn increment(store: &Sqlite, stream: &StreamName) -> u64 {
    for conflicts in 0.. {
        let last = store.stream_info(stream).await.unwrap().last_revision;
        let next = last.map_or(Revision::FIRST, Revision::next);
        let event = NewEvent::new(
            new_event_id(),
            "Incremented".parse().unwrap(),
            next.to_string(),
        );
        match store
            .append(stream, ExpectedRevision::from(last), vec![event])
            .await
        {
            Ok(_) => return conflicts,
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    unreachable!("no writer has that many conflicts")
}
