//! Reading everything: once, in order, filtered, resumable.

use super::scene::{
    Scene, event, event_type, events, exact, ids, new_ids, put, read_all, read_forwards, written,
};
use plumberd::{
    event::{NewEvent, RecordedEvent},
    store::{EventStore, EventStoreExt, Filter, ReadFrom, ReadOptions},
    stream::{ExpectedRevision, Position, Revision, StreamMetadata, StreamName},
};
use uuid::Uuid;

/// Appends to three streams in turn, and gives the ids in the order written.
async fn interleaved(store: &impl EventStore, scene: &Scene) -> Vec<Uuid> {
    let mut written = Vec::new();
    for (stream, count) in [("a", 2), ("b", 1), ("a", 1), ("c", 3), ("b", 2)] {
        let batch = events(count);
        put(store, &scene.stream(stream), batch.clone()).await;
        written.extend(new_ids(&batch));
    }
    written
}

/// A read model is built from this read: what is missing there is missing for
/// good, and what comes twice is counted twice.
pub async fn everything_is_read_once_and_in_order<S: EventStore>(store: S) {
    let scene = Scene::new();
    let written = interleaved(&store, &scene).await;

    let read = read_all(&store, ReadOptions::forwards(), scene.filter()).await;

    assert_eq!(ids(&read), written, "the global order has other events");
    let positions: Vec<_> = read.iter().map(|event| event.position).collect();
    assert!(
        positions.is_sorted_by(|a, b| a < b),
        "positions of the global order do not grow"
    );
}

/// Without a filter nothing of the application is left out either.
pub async fn an_unfiltered_read_has_everything<S: EventStore>(store: S) {
    let scene = Scene::new();
    let written = interleaved(&store, &scene).await;
    let first = read_all(&store, ReadOptions::forwards(), scene.filter()).await[0].position;

    let from = ReadOptions::forwards().from(ReadFrom::At(first));
    let read = read_all(&store, from, Filter::new()).await;

    let own: Vec<Uuid> = ids(&read)
        .into_iter()
        .filter(|id| written.contains(id))
        .collect();
    assert_eq!(own, written, "an unfiltered read has other events");
}

/// The newest first: the same events, turned round.
pub async fn a_backward_read_of_everything_is_the_reverse<S: EventStore>(store: S) {
    let scene = Scene::new();
    let mut written = interleaved(&store, &scene).await;
    written.reverse();

    let read = read_all(&store, ReadOptions::backwards(), scene.filter()).await;

    assert_eq!(
        ids(&read),
        written,
        "a backward read of everything is not the reverse"
    );
}

/// A reader that stops after event k and goes on must have every event once,
/// for every k.
pub async fn a_read_of_everything_can_resume_at_every_event<S: EventStore>(store: S) {
    let scene = Scene::new();
    let written = interleaved(&store, &scene).await;
    let all = read_all(&store, ReadOptions::forwards(), scene.filter()).await;
    assert_eq!(
        all.len(),
        written.len(),
        "the global order has other events"
    );
    for (k, event) in all.iter().enumerate() {
        let at = ReadFrom::At(event.position);
        let after = ReadFrom::After(event.position);
        for (options, wanted) in [
            (ReadOptions::forwards().from(at), written[k..].to_vec()),
            (
                ReadOptions::forwards().from(after),
                written[k + 1..].to_vec(),
            ),
            (ReadOptions::backwards().from(at), reversed(&written[..=k])),
            (
                ReadOptions::backwards().from(after),
                reversed(&written[..k]),
            ),
        ] {
            let read = ids(&read_all(&store, options, scene.filter()).await);
            assert_eq!(
                read, wanted,
                "a read of everything with {options:?} yields other events"
            );
        }
    }
    for options in [
        ReadOptions::forwards().from(ReadFrom::End),
        ReadOptions::backwards().from(ReadFrom::Start),
        ReadOptions::forwards().from(ReadFrom::After(Position::new(u64::MAX))),
    ] {
        let read = read_all(&store, options, scene.filter()).await;
        assert!(
            read.is_empty(),
            "a read of everything with {options:?} yields events"
        );
    }
}

fn reversed(ids: &[Uuid]) -> Vec<Uuid> {
    ids.iter().rev().copied().collect()
}

/// The limit counts what passes the filter, not what was looked at.
pub async fn a_limit_counts_what_passes_the_filter<S: EventStore>(store: S) {
    let scene = Scene::new();
    let written = interleaved(&store, &scene).await;
    let only_b = || Filter::new().stream(scene.stream("b"));
    let of_b = [2, 7, 8].map(|index| written[index]);
    for limit in 0..=4_u64 {
        let wanted = &of_b[..of_b.len().min(usize::try_from(limit).unwrap_or(usize::MAX))];
        let read = read_all(&store, ReadOptions::forwards().limit(limit), only_b()).await;
        assert_eq!(
            ids(&read),
            wanted,
            "a filtered read with the limit {limit} yields others"
        );
        let read = read_all(&store, ReadOptions::backwards().limit(limit), only_b()).await;
        let mut turned = of_b;
        turned.reverse();
        assert_eq!(
            ids(&read),
            turned[..wanted.len()],
            "a filtered backward read with the limit {limit} yields others"
        );
    }
}

/// Streams and types of one rule, and the events that pass a filter.
struct Filtered {
    scene: Scene,
    events: Vec<(StreamName, NewEvent)>,
}

impl Filtered {
    async fn new(store: &impl EventStore) -> Self {
        let scene = Scene::new();
        let plain = |id: &str| scene.stream(id);
        let raw = |name: String| StreamName::raw(name).expect("a raw name");
        let tag = scene.category();
        let events = [
            (plain("1"), "Opened"),
            (plain("10"), "Opened"),
            (plain("1"), "Credited"),
            (plain("2"), "Closed"),
            (raw(format!("{tag}X-1")), "Opened"),
            (raw(format!("{}-1", tag.to_lowercase())), "Opened"),
            (plain("%"), "Credited"),
            (plain("_"), "opened"),
            (plain("a*b"), "OpenedTwice"),
        ];
        let events = events.map(|(stream, name)| (stream, event(name))).to_vec();
        for (stream, event) in &events {
            put(store, stream, vec![event.clone()]).await;
        }
        Self { scene, events }
    }

    /// Reads with `filter` in both directions; exactly the events at `places`
    /// must come.
    async fn passes(&self, store: &impl EventStore, what: &str, filter: Filter, places: &[usize]) {
        let mut wanted: Vec<_> = places.iter().map(|at| self.events[*at].1.id()).collect();
        let read = ids(&read_all(store, ReadOptions::forwards(), filter.clone()).await);
        assert_eq!(read, wanted, "a filter by {what} lets others through");
        wanted.reverse();
        let read = ids(&read_all(store, ReadOptions::backwards(), filter).await);
        assert_eq!(
            read, wanted,
            "a filter by {what} lets others through backwards"
        );
    }
}

/// A filter by stream lets that stream through, not one that begins so.
pub async fn a_filter_by_stream_is_exact<S: EventStore>(store: S) {
    let all = Filtered::new(&store).await;
    let stream = |id| all.scene.stream(id);
    let one = Filter::new().stream(stream("1"));
    all.passes(&store, "stream", one.clone(), &[0, 2]).await;
    all.passes(&store, "two streams", one.stream(stream("2")), &[0, 2, 3])
        .await;
    all.passes(
        &store,
        "a stream `%`",
        Filter::new().stream(stream("%")),
        &[6],
    )
    .await;
}

/// A prefix is text: no letter in it is a wild card, case counts.
pub async fn a_filter_by_prefix_takes_it_as_text<S: EventStore>(store: S) {
    let all = Filtered::new(&store).await;
    let tag = all.scene.category().to_owned();
    let prefix = |text: &str| Filter::new().stream_prefix(text);
    all.passes(&store, "prefix", prefix(&format!("{tag}-1")), &[0, 1, 2])
        .await;
    all.passes(&store, "a prefix `%`", prefix(&format!("{tag}-%")), &[6])
        .await;
    all.passes(&store, "a prefix `_`", prefix(&format!("{tag}-_")), &[7])
        .await;
    all.passes(&store, "a prefix `*`", prefix(&format!("{tag}-a*")), &[8])
        .await;
    let whole = prefix(&tag);
    all.passes(&store, "a short prefix", whole, &[0, 1, 2, 3, 4, 6, 7, 8])
        .await;
}

/// A category is what stands before the first dash, all of it.
pub async fn a_filter_by_category_takes_all_of_it<S: EventStore>(store: S) {
    let all = Filtered::new(&store).await;
    let category = |name: &str| Filter::new().category(name).expect("a category");
    let tag = all.scene.category();
    all.passes(&store, "category", category(tag), &[0, 1, 2, 3, 6, 7, 8])
        .await;
    all.passes(
        &store,
        "another category",
        category(&format!("{tag}X")),
        &[4],
    )
    .await;
    let both = category(tag).stream_prefix(format!("{tag}X-"));
    all.passes(&store, "two categories", both, &[0, 1, 2, 3, 4, 6, 7, 8])
        .await;
}

/// A type is a whole name, case counts; types are alternatives among
/// themselves and narrow the streams.
pub async fn a_filter_by_type_narrows_the_streams<S: EventStore>(store: S) {
    let all = Filtered::new(&store).await;
    let scene = || all.scene.filter();
    let opened = scene().event_type(event_type("Opened"));
    all.passes(&store, "type", opened.clone(), &[0, 1]).await;
    let two = opened.event_type(event_type("Closed"));
    all.passes(&store, "two types", two, &[0, 1, 3]).await;
    let none = scene().event_type(event_type("Never"));
    all.passes(&store, "a type that never was", none, &[]).await;
    let narrow = Filter::new()
        .stream(all.scene.stream("1"))
        .event_type(event_type("Credited"));
    all.passes(&store, "stream and type", narrow, &[2]).await;
    // By type alone, in a store that others may share.
    let unique = format!("Only{}", all.scene.category());
    put(&store, &all.scene.stream("1"), vec![event(&unique)]).await;
    let read = read_all(
        &store,
        ReadOptions::forwards(),
        Filter::new().event_type(event_type(&unique)),
    )
    .await;
    assert_eq!(read.len(), 1, "a filter by type alone lets others through");
}

/// The store's own events would surprise a read model, and are there for
/// tools that ask.
pub async fn system_events_come_only_when_asked_for<S: EventStore>(store: S) {
    let scene = Scene::new();
    let stream = scene.stream("s");
    let own = written(&store, &stream, 1).await;
    let metadata = StreamMetadata::default();
    store
        .set_stream_metadata(&stream, ExpectedRevision::Any, &metadata)
        .await
        .expect("metadata is set");
    let target = read_forwards(&store, &stream).await.remove(0);
    store
        .append_link(&scene.stream("l"), ExpectedRevision::Any, &target)
        .await
        .expect("a link is appended");
    let filter = || scene.filter().stream(stream.metadata_stream());

    let without = read_all(&store, ReadOptions::forwards(), filter()).await;
    let with = read_all(
        &store,
        ReadOptions::forwards(),
        filter().with_system_events(),
    )
    .await;

    assert_eq!(ids(&without), new_ids(&own), "system events came unasked");
    let types: Vec<_> = with.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(
        types,
        ["Happened", "$metadata", RecordedEvent::LINK],
        "the read asked for system events"
    );
}

/// Where a read model was built from them, events stay: what a stream hides,
/// the global order still has.
pub async fn hidden_events_stay_in_the_global_order<S: EventStore>(store: S) {
    let scene = Scene::new();
    let mut written = interleaved(&store, &scene).await;
    store
        .truncate_before(&scene.stream("a"), Revision::new(2))
        .await
        .expect("a stream is truncated");
    store
        .delete(&scene.stream("b"), exact(2))
        .await
        .expect("a stream is deleted");
    written.extend(new_ids(
        &super::scene::written(&store, &scene.stream("b"), 1).await,
    ));

    let read = ids(&read_all(&store, ReadOptions::forwards(), scene.filter()).await);

    assert_eq!(read, written, "hidden events left the global order");
}
