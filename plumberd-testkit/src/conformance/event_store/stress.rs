//! Many writers, readers that come, go and start again: delivered is what was
//! committed.

use super::scene::{Follower, Scene, exact, ids, patient, put, read_all, small_events};
use plumberd::{
    event::{NewEvent, RecordedEvent},
    store::{EventStore, Filter, ReadOptions, SubscribeFrom},
    stream::{Position, StreamName},
};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

const WRITERS: usize = 64;
const BATCHES: usize = 16;
const STREAMS: usize = 16;

/// Starts writers that share streams; each gives the ids that it committed.
/// Every fourth append expects a revision and may be refused.
fn writers<S: EventStore>(
    store: &Arc<S>,
    streams: &[StreamName],
) -> Vec<tokio::task::JoinHandle<Vec<Uuid>>> {
    let writer = |number: usize| {
        let (store, stream) = (store.clone(), streams[number % streams.len()].clone());
        tokio::spawn(async move {
            let mut committed = Vec::new();
            for batch in 0..BATCHES {
                let events = small_events(1 + (number + batch) % 5);
                let ids: Vec<Uuid> = events.iter().map(NewEvent::id).collect();
                if batch % 4 == 3 {
                    let guess = exact((batch * 8) as u64);
                    if store.append(&stream, guess, events).await.is_ok() {
                        committed.extend(ids);
                    }
                } else {
                    put(&store, &stream, events).await;
                    committed.extend(ids);
                }
                tokio::task::yield_now().await;
            }
            committed
        })
    };
    (0..WRITERS).map(writer).collect()
}

async fn committed(writers: Vec<tokio::task::JoinHandle<Vec<Uuid>>>) -> Vec<Uuid> {
    let mut committed = Vec::new();
    for writer in writers {
        committed.extend(patient("a writer", writer).await.expect("a writer failed"));
    }
    committed.sort_unstable();
    committed
}

/// What a reader was given: each stream's events consecutive from 0, in
/// growing positions.
fn in_order(who: &str, delivered: &[RecordedEvent]) {
    let mut next = HashMap::new();
    let mut last = None;
    for event in delivered {
        let wanted = next.entry(event.stream.clone()).or_insert(0_u64);
        assert_eq!(
            event.revision.as_u64(),
            *wanted,
            "{who} was given another event of `{}`",
            event.stream
        );
        *wanted += 1;
        assert!(last < Some(event.position), "{who} was led back");
        last = Some(event.position);
    }
}

fn sorted(delivered: &[RecordedEvent]) -> Vec<Uuid> {
    let mut ids = ids(delivered);
    ids.sort_unstable();
    ids
}

/// The promise that most stores broke at first: a reader that follows while
/// many write, and one that stops and resumes all the time, get every
/// committed event once, and each stream's in order.
pub async fn followers_get_every_committed_event_once<S: EventStore>(store: S) {
    let store = Arc::new(store);
    let scene = Scene::new();
    let streams: Vec<_> = (0..STREAMS).map(|id| scene.stream(id)).collect();
    let marker = scene.stream("marker");
    let writers = writers(&store, &streams);
    let follow = |every: usize, marker: StreamName| {
        let (store, filter) = (store.clone(), scene.filter());
        tokio::spawn(async move { follow_until(&store, &filter, &marker, every).await })
    };
    let readers = [
        follow(usize::MAX, marker.clone()),
        follow(7, marker.clone()),
    ];

    let wanted = committed(writers).await;
    let late = follow(usize::MAX, marker.clone());
    put(&store, &marker, small_events(1)).await;

    let [tailing, restarting] = readers;
    for (who, reader) in [
        ("a tailing reader", tailing),
        ("a restarting reader", restarting),
        ("a late reader", late),
    ] {
        let delivered = patient(who, reader).await.expect("a reader failed");
        in_order(who, &delivered);
        assert!(
            sorted(&delivered) == wanted,
            "{who} was not given what was committed"
        );
    }
}

/// Follows to the first event of `marker`; drops the subscription and resumes
/// after each `every` events.
async fn follow_until<S: EventStore>(
    store: &Arc<S>,
    filter: &Filter,
    marker: &StreamName,
    every: usize,
) -> Vec<RecordedEvent> {
    let mut delivered: Vec<RecordedEvent> = Vec::new();
    loop {
        let from = delivered.last().map_or(SubscribeFrom::Start, |last| {
            SubscribeFrom::After(last.position)
        });
        let mut follower = Follower::all(&**store, from, filter.clone()).await;
        for _ in 0..every {
            let event = follower.event().await;
            if event.stream == *marker {
                return delivered;
            }
            delivered.push(event);
        }
    }
}

/// A poller that reads to the end and goes on after the last position must
/// not step over an event that commits later in front of it.
pub async fn a_polling_reader_steps_over_no_event<S: EventStore>(store: S) {
    let store = Arc::new(store);
    let scene = Scene::new();
    let streams: Vec<_> = (0..STREAMS).map(|id| scene.stream(id)).collect();
    let writers = writers(&store, &streams);
    let mut delivered = Vec::new();
    let mut after = None::<Position>;
    loop {
        let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let options = match after {
            None => ReadOptions::forwards(),
            Some(position) => {
                ReadOptions::forwards().from(plumberd::store::ReadFrom::After(position))
            }
        };
        let page = read_all(&*store, options, scene.filter()).await;
        after = page.last().map(|event| event.position).or(after);
        delivered.extend(page);
        if done {
            break;
        }
        tokio::task::yield_now().await;
    }

    in_order("a polling reader", &delivered);
    let wanted = committed(writers).await;
    assert!(
        sorted(&delivered) == wanted,
        "a polling reader was not given what was committed"
    );
}

/// A follower of one stream under load misses nothing either.
pub async fn a_stream_under_load_is_followed_without_a_gap<S: EventStore>(store: S) {
    let store = Arc::new(store);
    let scene = Scene::new();
    let stream = scene.stream(1);
    let writers = writers(&store, std::slice::from_ref(&stream));
    let mut follower = Follower::stream(&*store, &stream, SubscribeFrom::Start).await;
    let tailing = tokio::spawn({
        let least = WRITERS * BATCHES / 2;
        async move {
            let delivered = follower.events(least).await;
            (follower, delivered)
        }
    });

    let wanted = committed(writers).await;
    let (mut follower, mut delivered) =
        patient("a reader", tailing).await.expect("a reader failed");
    delivered.extend(follower.events(wanted.len() - delivered.len()).await);

    in_order("a follower of a stream", &delivered);
    assert!(
        sorted(&delivered) == wanted,
        "a follower was not given what was committed"
    );
}
