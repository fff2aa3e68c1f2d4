//! Aggregates whose streams, events and snapshots the conventions name.

use crate::domain::{read, stores};
use plumberd::{
    Event,
    event::{EventInfo, new_event_id},
    micro_plumberd::{Conventions, Plumber, StateError},
    prelude::*,
    store::IdempotencyReason,
    stream::InvalidStreamName,
};

#[derive(Event, Debug, Clone, PartialEq)]
struct Counted {
    by: u32,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Cleared {}

#[derive(Debug, Default, EventValue)]
struct Counter {
    count: u32,
}

#[aggregate]
impl Counter {
    #[event_sourcing_handler]
    fn on_counted(&mut self, event: &Counted) {
        self.count += event.by;
    }

    #[event_sourcing_handler]
    fn on_cleared(&mut self, _event: &Cleared) {
        self.count = 0;
    }
}

fn counted(by: u32) -> Result<Counted, std::convert::Infallible> {
    Ok(Counted { by })
}

/// Of a company that has its own names for everything.
#[derive(Debug)]
struct Ours;

impl Conventions for Ours {
    fn category(&self, of: &EventInfo) -> String {
        format!("our{}", of.name)
    }

    fn stream(&self, category: &str, id: Option<&str>) -> Result<StreamName, InvalidStreamName> {
        StreamName::raw(format!("{category}-no-{}", id.unwrap_or("all")))
    }

    fn event_name(&self, event: &EventInfo) -> String {
        format!("ours.{}", event.name)
    }

    fn snapshot_name(&self, of: &EventInfo) -> String {
        format!("{}Saved", of.name)
    }

    fn snapshot_stream(&self, of: &EventInfo, stream: &StreamName) -> Option<StreamName> {
        StreamName::raw(format!("saved:{}:{stream}", of.name)).ok()
    }

    fn enrich(&self, event: &EventInfo, metadata: &mut Metadata) {
        metadata.json_mut().insert("Kind", event.name).unwrap();
    }
}

fn stream(name: &str) -> StreamName {
    StreamName::raw(name).unwrap()
}

fn kind(event: &RecordedEvent) -> Option<String> {
    event.metadata().unwrap().json().get_str("Kind")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aggregate_lives_where_the_conventions_say_and_is_loaded_from_there() {
    for (store, _kept) in stores().await {
        let plumber = Plumber::new(store.clone()).with_conventions(Ours);
        let counters = plumber.repository::<Counter>().unwrap();
        let counters = counters.with_snapshots(SnapshotPolicy::every(2));
        let (id, command) = (new_event_id(), new_event_id());

        let first = counters
            .execute(id, |_| counted(1))
            .command_id(command)
            .await;
        let again = counters
            .execute(id, |_| counted(9))
            .command_id(command)
            .await;
        let mut root = counters.load(id).await.unwrap();
        root.execute(|_| counted(2)).unwrap();
        counters.save(&mut root).await.unwrap();
        counters.execute(id, |_| counted(4)).await.unwrap();

        assert_eq!(first.unwrap().revision(), again.unwrap().revision());
        let name = format!("ourCounter-no-{id}");
        assert_eq!(counters.stream(&id).unwrap().as_str(), name);
        let written = read(&store, &stream(&name)).await;
        assert_eq!(written.len(), 3, "{store:?}");
        for event in &written {
            assert_eq!(event.event_type.as_str(), "ours.Counted");
            assert_eq!(kind(event).as_deref(), Some("Counted"));
            assert_eq!(plumber.decode::<Counted>(event).unwrap().by.count_ones(), 1);
        }
        let saved = read(&store, &stream(&format!("saved:Counter:{name}"))).await;
        assert_eq!(saved.len(), 1, "{store:?}");
        assert_eq!(saved[0].event_type.as_str(), "CounterSaved");
        assert_eq!(kind(&saved[0]).as_deref(), Some("Counter"));

        // From the snapshot, and from the first event.
        assert_eq!(counters.load(id).await.unwrap().count, 7);
        let without = plumber.repository::<Counter>().unwrap();
        assert_eq!(without.load(id).await.unwrap().count, 7);
        // What a repository gives has the names of the types.
        let history = counters.history(&id).unwrap().collect_all().await.unwrap();
        let history: Vec<_> = history.iter().map(RecordedEvent::decode).collect();
        assert!(
            history
                .into_iter()
                .all(|e| e.is_ok_and(|e: Counted| e.by > 0))
        );

        counters.delete(&id).await.unwrap();
        assert!(!counters.exists(&id).await.unwrap());
        store.close().await;
    }
}

#[tokio::test]
async fn the_snapshot_is_what_is_loaded_where_it_is_named_by_convention() {
    let store = plumberd::connect("memory:").await.unwrap();
    let plumber = Plumber::new(store.clone()).with_conventions(Ours);
    let counters = plumber.repository::<Counter>().unwrap();
    let counters = counters.with_snapshots(SnapshotPolicy::every(2));
    let id = new_event_id();
    counters.execute(id, |_| counted(1)).await.unwrap();
    counters.execute(id, |_| counted(2)).await.unwrap();
    let name = counters.stream(&id).unwrap();
    let mut saved = read(&store, &stream(&format!("saved:Counter:{name}"))).await;

    // A snapshot that says 40 is believed: it is read, and not the events.
    let forged = plumberd::event::NewEvent::new(
        new_event_id(),
        saved[0].event_type.clone(),
        r#"{"Count":40}"#,
    );
    let forged = forged.with_raw_metadata(saved.remove(0).metadata);
    let at = stream(&format!("saved:Counter:{name}"));
    store
        .append(&at, ExpectedRevision::Any, vec![forged])
        .await
        .unwrap();

    assert_eq!(counters.load(id).await.unwrap().count, 40);
}

#[tokio::test]
async fn an_aggregate_is_the_same_to_a_repository_without_conventions_where_they_say_nothing() {
    let store = plumberd::connect("memory:").await.unwrap();
    let by_convention = Plumber::new(store.clone()).repository::<Counter>().unwrap();
    let plain = store.repository::<Counter>();
    let id = new_event_id();

    by_convention.execute(id, |_| counted(1)).await.unwrap();
    plain.execute(id, |_| counted(2)).await.unwrap();

    assert_eq!(by_convention.load(id).await.unwrap().count, 3);
    assert_eq!(plain.load(id).await.unwrap().count, 3);
}

#[tokio::test]
async fn two_types_of_event_under_one_name_are_refused() {
    #[derive(Debug)]
    struct AllTheSame;
    impl Conventions for AllTheSame {
        fn event_name(&self, _: &EventInfo) -> String {
            "Happened".into()
        }
    }
    let store = plumberd::connect("memory:").await.unwrap();
    let plumber = Plumber::new(store).with_conventions(AllTheSame);

    let error = plumber.repository::<Counter>().unwrap_err();

    assert!(matches!(
        error,
        StateError::OneName { name, first: "Counted", second: "Cleared" } if name == "Happened"
    ));
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Read {
    #[event(id)]
    id: Uuid,
    celsius: u32,
}

#[derive(Debug, Default)]
struct Sensor {
    celsius: u32,
}

#[aggregate]
impl Sensor {
    #[event_sourcing_handler]
    fn on_read(&mut self, event: &Read) {
        self.celsius = event.celsius;
    }
}

fn is_refused(error: &RepositoryError) -> bool {
    matches!(
        error,
        RepositoryError::Store {
            source: StoreError::Idempotency {
                reason: IdempotencyReason::OtherEvent,
                ..
            }
        }
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aggregate_says_so_when_another_event_has_the_id_of_its_own() {
    for (store, _kept) in stores().await {
        let sensors = store.repository::<Sensor>();
        let id = new_event_id();
        // The mistake: the sensor's id is taken for the event's.
        let read =
            |celsius| move |_: &Sensor| Ok::<_, std::convert::Infallible>(Read { id, celsius });

        sensors.execute(id, read(20)).await.unwrap();
        let again = sensors.execute(id, read(20)).await.unwrap();
        let ExecuteError::Repository(other) = sensors.execute(id, read(30)).await.unwrap_err()
        else {
            panic!("{store:?}");
        };
        let mut root = sensors.load(id).await.unwrap();
        root.execute(read(40)).unwrap();
        let saved = sensors.save(&mut root).await.unwrap_err();

        assert!(again.is_already_applied(), "{store:?}");
        assert!(is_refused(&other), "{store:?}: {other:?}");
        assert!(is_refused(&saved), "{store:?}: {saved:?}");
        assert_eq!(sensors.load(id).await.unwrap().celsius, 20);
        store.close().await;
    }
}
