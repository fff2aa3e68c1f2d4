//! A SQLite file that the disk damaged: what is read is what was written, or
//! an error says where it is not.

use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig, SqliteError},
    event::{NewEvent, RecordedEvent, new_event_id},
    store::{EventStore, EventStoreExt, Filter, ReadOptions, StoreError},
    stream::{ExpectedRevision, StreamMetadata, StreamName},
};
use plumberd_tests::TempFolder;
use std::{fs, path::Path, time::Duration};

const PAGE: usize = 4096;
const STREAMS: usize = 30;

async fn open(path: &Path) -> Result<Sqlite, SqliteError> {
    Sqlite::open(SqliteConfig::new(path)).await
}

fn account(number: usize) -> StreamName {
    StreamName::new("Account", number).unwrap()
}

fn event(number: usize) -> NewEvent {
    let kind = ["Opened", "Credited", "Debited"][number % 3];
    let data = format!(
        r#"{{"Number":{number},"Text":"{}"}}"#,
        "x".repeat(number % 90)
    );
    NewEvent::new(new_event_id(), kind.parse().unwrap(), data)
}

/// A closed store of about a hundred pages, with streams of every sort.
async fn whole(folder: &TempFolder) -> (Vec<u8>, Facts) {
    let path = folder.path().join("whole.db");
    let store = open(&path).await.unwrap();
    let any = ExpectedRevision::Any;
    for number in 0..900 {
        let stream = account(number * 7 % STREAMS);
        let batch = (0..=number % 3).map(|more| event(number + more)).collect();
        store.append(&stream, any, batch).await.unwrap();
    }
    for (number, keep) in [(3, 5), (4, 11)] {
        let mut metadata = StreamMetadata::default();
        metadata.max_count = Some(keep);
        let stream = account(number);
        let set = store.set_stream_metadata(&stream, any, &metadata);
        set.await.unwrap();
    }
    store.delete(&account(5), any).await.unwrap();
    store.close().await;
    let store = open(&path).await.unwrap();
    let facts = read(&store)
        .await
        .map_err(|error| error.to_string())
        .unwrap();
    assert!(facts.all.len() > 1700);
    store.close().await;
    (fs::read(&path).unwrap(), facts)
}

/// Everything that reads of a store give.
struct Facts {
    all: Vec<RecordedEvent>,
    backwards: Vec<RecordedEvent>,
    filtered: Vec<RecordedEvent>,
    streams: Vec<Vec<RecordedEvent>>,
}

async fn read(store: &Sqlite) -> Result<Facts, StoreError> {
    let all = Filter::new().with_system_events();
    let credits = Filter::new().event_type("Credited".parse().unwrap());
    let forwards = store.read_all(ReadOptions::forwards(), all.clone());
    let backwards = store.read_all(ReadOptions::backwards(), all);
    let filtered = store.read_all(ReadOptions::forwards(), credits);
    let mut facts = Facts {
        all: forwards.collect_all().await?,
        backwards: backwards.collect_all().await?,
        filtered: filtered.collect_all().await?,
        streams: Vec::new(),
    };
    for number in 0..STREAMS {
        for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
            let read = store.read_stream(&account(number), options);
            facts.streams.push(read.collect_all().await?);
        }
    }
    Ok(facts)
}

/// A small generator, so that a seed is a file.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

fn damage(whole: &[u8], kind: &str, seed: u64) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let mut random = Random(seed.wrapping_mul(7919) + 17);
    random.below(2);
    let pages = bytes.len() / PAGE;
    match kind {
        "swap" => {
            let (one, other) = (1 + random.below(pages - 1), 1 + random.below(pages - 1));
            for at in 0..PAGE {
                bytes.swap(one * PAGE + at, other * PAGE + at);
            }
        }
        "zero" => {
            let at = (1 + random.below(bytes.len() / 512 - 1)) * 512;
            bytes[at..at + 512].fill(0);
        }
        "flip" => {
            let at = PAGE + random.below(bytes.len() - PAGE);
            bytes[at] ^= 1 << random.below(8);
        }
        _ => {
            let (from, to) = (1 + random.below(pages - 1), 1 + random.below(pages - 1));
            bytes.copy_within(from * PAGE..(from + 1) * PAGE, to * PAGE);
        }
    }
    bytes
}

/// Opens and reads a damaged file; true when an error told of it.
async fn is_told(path: &Path, facts: &Facts) -> bool {
    let store = match open(path).await {
        Ok(store) => store,
        Err(SqliteError::NotADatabase { .. }) => return true,
        Err(other) => panic!("{other:?}"),
    };
    let read = tokio::time::timeout(Duration::from_secs(120), read(&store));
    let told = match read.await.expect("a read never ends") {
        Ok(found) => {
            assert!(found.all == facts.all, "reads forwards differ");
            assert!(found.backwards == facts.backwards, "reads backwards differ");
            assert!(found.filtered == facts.filtered, "filtered reads differ");
            assert!(found.streams == facts.streams, "reads of a stream differ");
            false
        }
        Err(StoreError::Corrupt { .. }) => true,
        Err(other) => panic!("{other:?}"),
    };
    store.close().await;
    told
}

async fn every_read_is_right_or_told(kind: &str, seeds: u64) -> usize {
    let folder = TempFolder::new();
    let (whole, facts) = whole(&folder).await;
    let path = folder.path().join("damaged.db");
    let mut told = 0;
    for seed in 0..seeds {
        fs::write(&path, damage(&whole, kind, seed)).unwrap();
        println!("{kind} {seed}");
        told += usize::from(is_told(&path, &facts).await);
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("damaged.db{suffix}")));
        }
    }
    told
}

#[tokio::test]
async fn swapped_pages_are_told_or_harm_no_read() {
    let told = every_read_is_right_or_told("swap", 60).await;
    assert!(told > 40, "{told}");
}

#[tokio::test]
async fn a_page_in_the_place_of_another_is_told_or_harms_no_read() {
    let told = every_read_is_right_or_told("copy", 60).await;
    assert!(told > 40, "{told}");
}

#[tokio::test]
async fn zeroed_sectors_are_told_or_harm_no_read() {
    let told = every_read_is_right_or_told("zero", 60).await;
    assert!(told > 30, "{told}");
}

#[tokio::test]
#[ignore = "known defect: a flipped bit now and then changes a read forwards and is not told"]
async fn a_flipped_bit_is_told_or_harms_no_read() {
    let told = every_read_is_right_or_told("flip", 120).await;
    assert!(told > 40, "{told}");
}
