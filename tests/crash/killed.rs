use crate::child::{self, batch, say};
use plumberd::{
    backend::sqlite::{Sqlite, SqliteConfig},
    event::RecordedEvent,
    store::{EventStore, Filter, ReadFrom, ReadOptions},
    stream::{ExpectedRevision, Position, StreamName},
};
use plumberd_tests::{TempFolder, random::Random};
use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{BufRead, BufReader, Read},
    path::Path,
    sync::mpsc,
    thread,
    time::Duration,
};

const JOB: &str = "killed::appends_until_it_is_killed";

/// So many rounds use one file, and the next begins with another.
const ROUNDS_OF_A_FILE: u64 = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of a_killed_process_loses_nothing_it_acknowledged"]
async fn appends_until_it_is_killed() {
    let store = child::open().await;
    let tasks = (0..4).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            let own = StreamName::new("Own", task).unwrap();
            let shared = StreamName::new("Shared", "all").unwrap();
            let mut expected = store.stream_info(&own).await.unwrap().expected_revision();
            for size in (1..=5).cycle() {
                let outcome = append_and_tell(&store, &own, expected, size).await;
                expected = ExpectedRevision::Exact(outcome);
                append_and_tell(&store, &shared, ExpectedRevision::Any, 6 - size).await;
            }
        })
    });
    futures_util::future::join_all(tasks).await;
}

async fn append_and_tell(
    store: &Sqlite,
    stream: &StreamName,
    expected: ExpectedRevision,
    size: usize,
) -> plumberd::stream::Revision {
    let events = batch(size);
    let ids: Vec<_> = events.iter().map(plumberd::event::NewEvent::id).collect();
    let outcome = store.append(stream, expected, events).await.unwrap();
    let first = outcome.first_revision().as_u64();
    let mut text = String::new();
    for (revision, id) in (first..).zip(ids) {
        writeln!(text, "acked {stream} {revision} {id}").unwrap();
    }
    say(&text);
    outcome.revision()
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_acknowledged() {
    let thorough = ["PLUMBERD_TEST_REQUIRE", "CI"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let rounds = if thorough { 200 } else { 20 };
    let mut random = Random::printed();
    let folder = TempFolder::new();
    let mut acknowledged = 0;
    let mut checked = Checked::default();
    for round in 0..rounds {
        if round % ROUNDS_OF_A_FILE == 0 {
            checked = Checked::default();
        }
        let file = folder
            .path()
            .join(format!("{}.db", round / ROUNDS_OF_A_FILE));
        // Some are killed while they open the file, most while they append.
        let (wait_for_append, millis) = match random.between(0, 4) {
            0 => (false, random.between(5, 150)),
            _ => (true, random.between(1, 60)),
        };
        let acked = killed_after(&file, wait_for_append, Duration::from_millis(millis));
        acknowledged += acked.len();
        checked.check(&file, &acked).await;
    }
    assert!(acknowledged > 0, "no append was ever acknowledged");
    println!("{rounds} rounds, {acknowledged} acknowledged events");
}

/// Runs the child for so long, and gives what it said before it was killed.
fn killed_after(file: &Path, wait_for_append: bool, time: Duration) -> Vec<(String, u64, String)> {
    let mut child = child::start(JOB, file);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (appended, first_append) = mpsc::channel();
    let listener = thread::spawn(move || {
        let mut text = String::new();
        while out.read_line(&mut text).is_ok_and(|read| read > 0) {
            if text.contains("acked") {
                let _ = appended.send(());
                break;
            }
        }
        let mut rest = Vec::new();
        out.read_to_end(&mut rest).unwrap();
        text + &String::from_utf8(rest).unwrap()
    });
    if wait_for_append {
        first_append
            .recv_timeout(Duration::from_secs(120))
            .expect("the child appends");
    }
    thread::sleep(time);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(
        status.code().is_none(),
        "the child ended by itself: {status}"
    );
    let text = listener.join().unwrap();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .filter_map(|line| {
            let mut words = line.strip_prefix("acked ")?.split(' ');
            let mut word = || words.next().unwrap().to_owned();
            Some((word(), word().parse().unwrap(), word()))
        })
        .collect()
}

/// What was found in a file so far.
#[derive(Default)]
struct Checked {
    head: Option<Position>,
    /// By stream, how many events it has.
    lengths: HashMap<String, u64>,
}

impl Checked {
    /// Opens the file and looks at what the last round added.
    async fn check(&mut self, file: &Path, acked: &[(String, u64, String)]) {
        let store = Sqlite::open(SqliteConfig::new(file)).await.unwrap();
        let from = self.head.map_or(ReadFrom::Start, ReadFrom::After);
        let read = store.read_all(ReadOptions::forwards().from(from), Filter::new());
        let events = read.collect_all().await.unwrap();
        let mut ids = HashMap::new();
        let mut open_batches: HashMap<String, (String, usize)> = HashMap::new();
        for event in &events {
            assert!(self.head < Some(event.position), "positions went back");
            self.head = Some(event.position);
            self.check_revision(event);
            check_batch(event, &mut open_batches);
            ids.insert(event.id.to_string(), event);
        }
        assert!(open_batches.is_empty(), "torn batches: {open_batches:?}");
        for (stream, revision, id) in acked {
            let event = ids
                .get(id)
                .unwrap_or_else(|| panic!("{id} was acknowledged and is gone"));
            assert_eq!(
                (event.stream.as_str(), event.revision.as_u64()),
                (stream.as_str(), *revision)
            );
        }
        store.close().await;
    }

    fn check_revision(&mut self, event: &RecordedEvent) {
        let length = self
            .lengths
            .entry(event.stream.as_str().to_owned())
            .or_default();
        assert_eq!(event.revision.as_u64(), *length, "in {}", event.stream);
        *length += 1;
    }
}

/// Batches of a stream come one after another, each whole.
fn check_batch(event: &RecordedEvent, open: &mut HashMap<String, (String, usize)>) {
    let data = std::str::from_utf8(&event.data).unwrap();
    let [batch, index, size] = data.split(' ').collect::<Vec<_>>()[..] else {
        panic!("`{data}` is not what the child wrote");
    };
    let (index, size): (usize, usize) = (index.parse().unwrap(), size.parse().unwrap());
    let stream = event.stream.as_str().to_owned();
    let expected = open.remove(&stream).unwrap_or((batch.to_owned(), 0));
    assert_eq!((batch, index), (expected.0.as_str(), expected.1));
    if index + 1 < size {
        open.insert(stream, (batch.to_owned(), index + 1));
    }
}
