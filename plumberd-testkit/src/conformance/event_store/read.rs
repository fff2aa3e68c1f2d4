//! Reading one stream.

use super::scene::{
    fresh_stream, ids, new_ids, patient, put, read, read_forwards, revision, revisions,
    small_events, written,
};
use plumberd::{
    event::RecordedEvent,
    store::{
        Direction, EventStore,
        ReadFrom::{self, After, At, End, Start},
        ReadOptions,
    },
    stream::{Revision, StreamName},
};

const COUNT: u64 = 5;

fn starts() -> Vec<ReadFrom<Revision>> {
    let mut starts = vec![Start, End];
    for number in [0, 1, 2, 4, 5, 6, 99, Revision::MAX.as_u64(), u64::MAX] {
        starts.extend([At(Revision::new(number)), After(Revision::new(number))]);
    }
    starts
}

/// What a read must yield of `all`, by the words of `ReadFrom`.
fn model(all: &[u64], options: ReadOptions<Revision>) -> Vec<u64> {
    let forwards = options.direction == Direction::Forwards;
    let begins = |number: u64| match options.from {
        Start => forwards,
        End => !forwards,
        At(from) if forwards => number >= from.as_u64(),
        After(from) if forwards => number > from.as_u64(),
        At(from) => number <= from.as_u64(),
        After(from) => number < from.as_u64(),
    };
    let mut wanted: Vec<u64> = all
        .iter()
        .copied()
        .filter(|number| begins(*number))
        .collect();
    if !forwards {
        wanted.reverse();
    }
    if let Some(limit) = options.limit {
        wanted.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    wanted
}

/// A stream of five events to be read in many ways.
async fn five(store: &impl EventStore) -> (StreamName, Vec<u64>) {
    let stream = fresh_stream();
    written(store, &stream, 5).await;
    (stream, (0..COUNT).collect())
}

async fn check(
    store: &impl EventStore,
    stream: &StreamName,
    all: &[u64],
    options: ReadOptions<Revision>,
) {
    let got = revisions(&read(store, stream, options).await);
    assert_eq!(
        got,
        model(all, options),
        "a read with {options:?} yields other events"
    );
}

/// A fold, a page of history, a resume: each starts somewhere else.
pub async fn a_forward_read_begins_where_it_is_told<S: EventStore>(store: S) {
    let (stream, all) = five(&store).await;
    for from in starts() {
        check(&store, &stream, &all, ReadOptions::forwards().from(from)).await;
    }
}

/// The last event, the last ten: read from the end.
pub async fn a_backward_read_begins_where_it_is_told<S: EventStore>(store: S) {
    let (stream, all) = five(&store).await;
    for from in starts() {
        check(&store, &stream, &all, ReadOptions::backwards().from(from)).await;
    }
}

/// A limit is exact, from every start and in both directions; 0 reads nothing.
pub async fn a_read_yields_no_more_than_its_limit<S: EventStore>(store: S) {
    let (stream, all) = five(&store).await;
    for from in starts() {
        for limit in [0, 1, 2, COUNT, COUNT + 1, u64::MAX] {
            for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
                check(&store, &stream, &all, options.from(from).limit(limit)).await;
            }
        }
    }
}

/// A fold over nothing is the default state, not an error.
pub async fn a_stream_that_never_was_reads_as_empty<S: EventStore>(store: S) {
    let stream = fresh_stream();
    for options in [ReadOptions::forwards(), ReadOptions::backwards()] {
        for from in starts() {
            let read = store
                .read_stream(&stream, options.from(from))
                .collect_all()
                .await;
            assert!(
                matches!(&read, Ok(events) if events.is_empty()),
                "a stream that never was: got {read:?}"
            );
        }
    }
}

/// A reader takes what it needs and goes; that must cost and harm nothing.
pub async fn a_read_may_be_dropped_at_any_time<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let batch = written(&store, &stream, 5).await;
    for taken in 0..5 {
        let mut read = store.read_stream(&stream, ReadOptions::forwards());
        for event in &batch[..taken] {
            let next = patient("an event", read.next_event()).await;
            let next = next.expect("a read goes on").expect("there is an event");
            assert_eq!(next.id, event.id(), "a read yields other events");
        }
    }

    written(&store, &stream, 1).await;
    assert_eq!(
        read_forwards(&store, &stream).await.len(),
        6,
        "a dropped read did harm"
    );
}

/// A long stream must not be taken into memory by one read.
pub async fn a_long_read_comes_in_pages<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let batch = store.limits().batch_events.min(5_000);
    let total = batch * 4;
    for _ in 0..4 {
        put(&store, &stream, small_events(batch)).await;
    }
    for (options, first) in [
        (ReadOptions::forwards(), 0),
        (ReadOptions::backwards(), total - 1),
    ] {
        let mut read = store.read_stream(&stream, options);
        let (mut numbers, mut largest) = (Vec::<u64>::new(), 0);
        while let Some(page) = patient("a page", read.next_page())
            .await
            .expect("a page is read")
        {
            largest = largest.max(page.len());
            numbers.extend(page.iter().map(|event| event.revision.as_u64()));
        }
        assert!(largest < total, "{total} events came as one page");
        assert_eq!(numbers.len(), total, "a long read yields so many events");
        assert_eq!(numbers[0], first as u64, "a long read begins elsewhere");
        let step = |pair: &[u64]| pair[0].abs_diff(pair[1]) == 1;
        assert!(
            numbers.windows(2).all(step),
            "a long read has a gap between pages"
        );
    }
}

/// A fold that misses an event in the middle decides on a state that never was.
pub async fn a_read_during_appends_has_no_gap<S: EventStore>(store: S) {
    const BATCHES: usize = 100;
    let store = std::sync::Arc::new(store);
    let stream = fresh_stream();
    let writer = tokio::spawn({
        let (store, stream) = (store.clone(), stream.clone());
        async move {
            for _ in 0..BATCHES {
                put(&store, &stream, small_events(7)).await;
                tokio::task::yield_now().await;
            }
        }
    });
    loop {
        let done = writer.is_finished();
        let mut forwards = read_forwards(&store, &stream).await;
        no_gap(&forwards);
        let mut backwards = read(&store, &stream, ReadOptions::backwards()).await;
        backwards.reverse();
        no_gap(&backwards);
        forwards.truncate(backwards.len());
        assert_eq!(
            ids(&forwards),
            ids(&backwards[..forwards.len()]),
            "two reads differ"
        );
        if done {
            assert_eq!(backwards.len(), BATCHES * 7, "events are missing");
            break;
        }
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer failed");
}

fn no_gap(read: &[RecordedEvent]) {
    let wanted: Vec<u64> = (0..read.len() as u64).collect();
    assert_eq!(revisions(read), wanted, "a read during appends has a gap");
}

/// The revision an event bears is where a reader goes on: at every place.
pub async fn a_read_can_resume_after_every_event<S: EventStore>(store: S) {
    let stream = fresh_stream();
    let written = new_ids(&written(&store, &stream, 7).await);
    for place in 0..7 {
        let options = ReadOptions::forwards().from(After(revision(place)));
        let rest = ids(&read(&store, &stream, options).await);
        assert_eq!(
            rest,
            written[place + 1..],
            "a read resumed after {place} yields other events"
        );
    }
}
