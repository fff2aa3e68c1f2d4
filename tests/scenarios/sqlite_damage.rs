//! A SQLite file that the disk damaged: what is read is what was written, or
//! an error says where it is not.

use bytes::Bytes;
use chrono::DateTime;
use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig, SqliteError, Synchronous},
    clock::Clock,
    event::{NewEvent, RawMetadata, RecordedEvent},
    store::{EventStore, EventStoreExt, Filter, ReadOptions, StoreError, StreamInfo},
    stream::{ExpectedRevision, StreamMetadata, StreamName, TenantId},
};
use plumberd_tests::{TempFolder, random::Random, scaled};
use rusqlite::Connection;
use std::{fs, path::Path, time::Duration};
use uuid::Uuid;

const PAGE: usize = 4096;
const STREAMS: usize = 30;

async fn open(path: &Path) -> Result<Sqlite, SqliteError> {
    // The time stands still, and so the same file is made each time.
    let (clock, _) = Clock::manual(DateTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let config = SqliteConfig::new(path)
        .with_synchronous(Synchronous::Normal)
        .with_clock(clock);
    Sqlite::open(config).await
}

fn account(number: usize) -> StreamName {
    StreamName::new("Account", number).unwrap()
}

fn event(random: &mut Random, number: usize) -> NewEvent {
    let kind = ["Opened", "Credited", "Debited"][number % 3];
    let data = format!(
        r#"{{"Number":{number},"Text":"{}"}}"#,
        "x".repeat(number % 90)
    );
    let id = u128::from(random.bits()) << 64 | u128::from(random.bits());
    NewEvent::new(Uuid::from_u128(id), kind.parse().unwrap(), data)
        .with_raw_metadata(RawMetadata::new(Bytes::from_static(br#"{"UserId":"ann"}"#)))
}

fn tenants() -> [TenantId; 2] {
    ["acme", "globex"].map(|tenant| TenantId::new(tenant).unwrap())
}

/// A closed store of about a hundred pages, with streams of every sort.
async fn whole(folder: &TempFolder) -> (Vec<u8>, Facts) {
    let path = folder.path().join("whole.db");
    let store = open(&path).await.unwrap();
    let [acme, globex] = tenants().map(|tenant| store.for_tenant(&tenant).unwrap());
    let any = ExpectedRevision::Any;
    let mut random = Random::new(17);
    for number in 0..900 {
        let stream = account(number * 7 % STREAMS);
        let batch = (0..=number % 3).map(|more| event(&mut random, number + more));
        let batch = batch.collect();
        match number % 20 {
            4 => acme.append(&stream, any, batch).await.unwrap(),
            9 => globex.append(&stream, any, batch).await.unwrap(),
            _ => store.append(&stream, any, batch).await.unwrap(),
        };
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
    assert!(facts.all.len() > 1500);
    assert!(facts.of_tenants[0].len() > 50);
    store.close().await;
    (fs::read(&path).unwrap(), facts)
}

/// Everything that reads of a store give.
struct Facts {
    all: Vec<RecordedEvent>,
    backwards: Vec<RecordedEvent>,
    filtered: Vec<RecordedEvent>,
    streams: Vec<Vec<RecordedEvent>>,
    infos: Vec<StreamInfo>,
    of_tenants: Vec<Vec<RecordedEvent>>,
    of_every_tenant: Vec<RecordedEvent>,
}

async fn read(store: &Sqlite) -> Result<Facts, StoreError> {
    let all = Filter::new().with_system_events();
    let credits = Filter::new().event_type("Credited".parse().unwrap());
    let forwards = store.read_all(ReadOptions::forwards(), all.clone());
    let backwards = store.read_all(ReadOptions::backwards(), all);
    let filtered = store.read_all(ReadOptions::forwards(), credits);
    let every_tenant = Filter::new().of_every_tenant();
    let every_tenant = store.read_all(ReadOptions::backwards(), every_tenant);
    let mut facts = Facts {
        all: forwards.collect_all().await?,
        backwards: backwards.collect_all().await?,
        filtered: filtered.collect_all().await?,
        streams: Vec::new(),
        infos: Vec::new(),
        of_tenants: Vec::new(),
        of_every_tenant: every_tenant.collect_all().await?,
    };
    for number in 0..STREAMS {
        for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
            let read = store.read_stream(&account(number), options);
            facts.streams.push(read.collect_all().await?);
        }
        facts.infos.push(store.stream_info(&account(number)).await?);
    }
    for tenant in tenants() {
        let store = store.for_tenant(&tenant)?;
        for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
            let read = store.read_all(options, Filter::new());
            facts.of_tenants.push(read.collect_all().await?);
        }
        for number in (3..STREAMS).step_by(5) {
            let read = store.read_stream(&account(number), ReadOptions::forwards());
            facts.of_tenants.push(read.collect_all().await?);
        }
    }
    Ok(facts)
}

fn damage(whole: &[u8], kind: &str, seed: u64) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let mut random = Random::new(seed.wrapping_mul(7919) + 17);
    let mut below = |end: usize| usize::try_from(random.bits() % end as u64).unwrap();
    let pages = bytes.len() / PAGE;
    match kind {
        "swap" => {
            let (one, other) = (1 + below(pages - 1), 1 + below(pages - 1));
            for at in 0..PAGE {
                bytes.swap(one * PAGE + at, other * PAGE + at);
            }
        }
        "zero" => {
            let at = (1 + below(bytes.len() / 512 - 1)) * 512;
            bytes[at..at + 512].fill(0);
        }
        "flip" => {
            // The first pages have the names, and the roots of all trees.
            let end = [14 * PAGE, bytes.len()][below(2)];
            let at = PAGE + below(end - PAGE);
            bytes[at] ^= 1 << below(8);
        }
        _ => {
            let (from, to) = (1 + below(pages - 1), 1 + below(pages - 1));
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
            assert!(
                found.infos == facts.infos,
                "what is known of a stream differs"
            );
            assert!(
                found.of_tenants == facts.of_tenants,
                "reads of a tenant differ"
            );
            assert!(
                found.of_every_tenant == facts.of_every_tenant,
                "reads of every tenant differ"
            );
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
async fn a_flipped_bit_is_told_or_harms_no_read() {
    let flips = scaled(12_000);
    let told = every_read_is_right_or_told("flip", flips).await;
    assert!(told as u64 > flips / 3, "{told}");
}

/// The row itself is told by [`a_flipped_bit_is_told_or_harms_no_read`]; here it
/// is its entry in the index of names, without which it is not found.
#[tokio::test]
async fn a_stream_whose_name_changed_in_the_index_does_not_read_as_one_that_never_was() {
    let folder = TempFolder::new();
    let (whole, facts) = whole(&folder).await;
    let path = folder.path().join("damaged.db");
    for number in [10, 12, 19, 29] {
        let stream = account(number);
        let name = stream.as_str().as_bytes();
        let mut changed = 0;
        for at in PAGE..whole.len() - name.len() {
            let is_whole = whole[at..].starts_with(name) && !whole[at - 1].is_ascii_graphic();
            if !is_whole {
                continue;
            }
            for (digit, new) in [(1, b'0'), (1, b'z'), (name.len() - 1, b'8'), (0, b'Z')] {
                let mut bytes = whole.clone();
                if std::mem::replace(&mut bytes[at + digit], new) == new {
                    continue;
                }
                changed += 1;
                fs::write(&path, bytes).unwrap();
                let store = match open(&path).await {
                    Ok(store) => store,
                    // The names are looked through as the file is opened.
                    Err(SqliteError::NotADatabase { .. }) => continue,
                    Err(other) => panic!("{other:?}"),
                };
                let read = store.read_stream(&stream, ReadOptions::forwards());
                match read.collect_all().await {
                    Ok(events) => assert!(events == facts.streams[number * 2], "{stream} at {at}"),
                    Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}"),
                }
                let event = event(&mut Random::new(at as u64), 1);
                let appended = store
                    .append(&stream, ExpectedRevision::NoStream, vec![event])
                    .await;
                assert!(
                    matches!(
                        appended,
                        Err(StoreError::Corrupt { .. } | StoreError::Conflict { .. })
                    ),
                    "{stream} at {at}: {appended:?}"
                );
                store.close().await;
            }
        }
        assert!(changed >= 6, "{stream}: {changed}");
    }
}

#[tokio::test]
async fn an_event_that_damage_would_leave_out_of_a_read_is_told() {
    let folder = TempFolder::new();
    let (whole, _) = whole(&folder).await;
    let path = folder.path().join("damaged.db");
    let of_event = "WHERE position = 700";
    for damage in [
        "tenant = tenant + 1",
        "tenant = x''",
        "kind = kind % 3 + 1",
        "stream = stream + 1, revision = revision + 1000",
        "checksum = checksum + 1",
        "metadata = x'7b7d'",
    ] {
        fs::write(&path, &whole).unwrap();
        let tool = Connection::open(&path).unwrap();
        tool.execute_batch(
            "PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'events'",
        )
        .unwrap();
        tool.close().unwrap();
        let tool = Connection::open(&path).unwrap();
        let changed = tool.execute(&format!("UPDATE events SET {damage} {of_event}"), []);
        assert_eq!(changed.unwrap(), 1, "{damage}");
        tool.close().unwrap();
        let store = open(&path).await.unwrap();
        let filters = [
            Filter::new(),
            Filter::new().event_type("Opened".parse().unwrap()),
            Filter::new().event_type("Credited".parse().unwrap()),
            Filter::new().event_type("Debited".parse().unwrap()),
            Filter::new().event_type("NeverWritten".parse().unwrap()),
            Filter::new().stream(account(2)),
            Filter::new().of_tenant("acme".parse().unwrap()),
            Filter::new().of_tenant("never".parse().unwrap()),
            Filter::new().of_every_tenant(),
        ];
        for filter in filters {
            for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
                let read = store.read_all(options, filter.clone()).collect_all().await;

                assert!(
                    matches!(read, Err(StoreError::Corrupt { .. })),
                    "{damage}, {filter:?}"
                );
            }
        }
        store.close().await;
    }
}

/// Events that are older than checksums say nothing of their tenant's name.
#[tokio::test]
async fn events_of_a_tenant_that_is_gone_are_not_read_as_those_of_none() {
    let folder = TempFolder::new();
    let (whole, _) = whole(&folder).await;
    let path = folder.path().join("damaged.db");
    fs::write(&path, &whole).unwrap();
    let tool = Connection::open(&path).unwrap();
    tool.execute_batch(
        "DELETE FROM tenants WHERE name = 'acme'; UPDATE events SET checksum = NULL;
         UPDATE store SET unchecked_position = 100000, unchecked_stream = 100000",
    )
    .unwrap();
    tool.close().unwrap();
    let store = open(&path).await.unwrap();

    let read = store.read_all(ReadOptions::forwards(), Filter::new());
    let read = read.collect_all().await;

    assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
    store.close().await;
}
