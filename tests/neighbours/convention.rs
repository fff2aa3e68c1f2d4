//! Names by convention, and states.

use crate::domain::{every_store, stores};
use plumberd::{
    Event,
    event::{EventInfo, NewEvent, new_event_id},
    micro_plumberd::{Conventions, Plumber, StateError, guid_from_text, state_event_id},
    prelude::*,
    store::{IdempotencyReason, StoreError},
    stream::InvalidStreamName,
};

#[derive(Event, Debug, Clone, PartialEq)]
struct FooState {
    name: String,
}

fn foo(name: &str) -> FooState {
    FooState { name: name.into() }
}

mod task_lists {
    pub(super) mod events {
        use plumberd::Event;

        #[derive(Event, Debug, PartialEq)]
        pub(crate) struct ListOpened {
            pub(crate) title: String,
        }

        #[derive(Event, Debug, PartialEq)]
        #[event(output_stream = "Lists")]
        pub(crate) enum ListEvent {
            Closed,
            #[event(output_stream = "Archive")]
            Archived,
        }
    }
}
use task_lists::events::{ListEvent, ListOpened};

async fn plumber() -> (Store, Plumber) {
    let store = plumberd::connect("memory:").await.unwrap();
    (store.clone(), Plumber::new(store))
}

async fn events(store: &Store, stream: &str) -> Vec<RecordedEvent> {
    let stream = StreamName::raw(stream).unwrap();
    let events = store.read_stream(&stream, ReadOptions::forwards());
    events.collect_all().await.unwrap()
}

const ID: Uuid = Uuid::from_u128(0x3fa8_5f64_5717_4562_b3fc_2c96_3f66_afa6);

#[tokio::test]
async fn a_state_is_where_dotnet_looks_for_it() {
    let (store, plumber) = plumber().await;

    let first = plumber.append_state(&foo("a"), ID, Some(-1)).await.unwrap();
    let second = plumber.append_state(&foo("b"), ID, Some(0)).await.unwrap();

    let written = events(&store, &format!("FooState-{ID}")).await;
    assert_eq!(written.len(), 2);
    for (event, version) in written.iter().zip(-1..) {
        assert_eq!(event.event_type.as_str(), "FooStateSnapShotted");
        assert_eq!(event.id, state_event_id(ID, version));
    }
    assert_eq!(
        (first.revision().as_u64(), second.revision().as_u64()),
        (0, 1)
    );
    let read = plumber.get_state::<FooState>(ID).await.unwrap().unwrap();
    assert_eq!((read.state, read.version), (foo("b"), 1));
}

#[tokio::test]
async fn the_id_of_a_state_may_be_a_text() {
    let (store, plumber) = plumber().await;

    plumber
        .append_state(&foo("a"), "rec-123", Some(-1))
        .await
        .unwrap();

    let written = events(&store, "FooState-rec-123").await;
    assert_eq!(written[0].id, state_event_id(guid_from_text("rec-123"), -1));
    assert!(
        plumber
            .get_state::<FooState>("rec-124")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_version_that_is_not_the_last_is_a_conflict() {
    let (_, plumber) = plumber().await;
    plumber.append_state(&foo("a"), ID, Some(-1)).await.unwrap();
    plumber.append_state(&foo("b"), ID, Some(0)).await.unwrap();

    for version in [1, 7] {
        let error = plumber.append_state(&foo("c"), ID, Some(version)).await;
        assert_eq!(error.is_ok(), version == 1, "{version}");
        if let Err(error) = error {
            assert!(error.is_conflict(), "{error}");
        }
    }
}

#[tokio::test]
async fn two_writers_of_one_version_are_a_conflict_and_not_a_lost_state() {
    let (_, plumber) = plumber().await;
    plumber
        .append_state(&foo("mine"), ID, Some(-1))
        .await
        .unwrap();

    let theirs = plumber.append_state(&foo("theirs"), ID, Some(-1)).await;

    let error = theirs.unwrap_err();
    assert!(matches!(
        &error,
        StateError::Store(StoreError::Conflict { actual: Some(at), .. }) if at.as_u64() == 0
    ));
    assert!(error.is_conflict());
    let again = plumber
        .append_state(&foo("mine"), ID, Some(-1))
        .await
        .unwrap();
    assert!(again.is_already_applied());
}

#[tokio::test]
async fn states_without_a_version_are_all_kept() {
    let (store, plumber) = plumber().await;

    for (name, version) in [("a", None), ("b", None), ("b", Some(-5)), ("c", None)] {
        plumber.append_state(&foo(name), ID, version).await.unwrap();
    }

    assert_eq!(events(&store, &format!("FooState-{ID}")).await.len(), 4);
    let read = plumber.get_state::<FooState>(ID).await.unwrap().unwrap();
    assert_eq!((read.state, read.version), (foo("c"), 3));
}

#[derive(Event, Debug, Clone, PartialEq)]
struct BarState {
    name: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_entity_may_have_states_of_several_types() {
    for (store, _kept) in every_store().await {
        let plumber = Plumber::new(store.clone());
        let bar = |name: &str| BarState { name: name.into() };
        for version in [-1, 0] {
            let named = format!("v{version}");
            let version = Some(version);
            plumber
                .append_state(&foo(&named), ID, version)
                .await
                .unwrap();
            let first = plumber.append_state(&bar(&named), ID, version).await;
            assert!(!first.unwrap().is_already_applied(), "{store:?}");
            let again = plumber.append_state(&bar(&named), ID, version).await;
            assert!(again.unwrap().is_already_applied(), "{store:?}");
            let other = plumber.append_state(&bar("other"), ID, version).await;
            assert!(other.unwrap_err().is_conflict(), "{store:?}");
        }

        let foo_state = plumber.get_state::<FooState>(ID).await.unwrap().unwrap();
        let bar_state = plumber.get_state::<BarState>(ID).await.unwrap().unwrap();
        assert_eq!((foo_state.state, foo_state.version), (foo("v0"), 1));
        assert_eq!((bar_state.state, bar_state.version), (bar("v0"), 1));
        let ids = events(&store, &format!("BarState-{ID}")).await;
        let metadata = ids[0].metadata().unwrap();
        assert_eq!(metadata.causation_id().unwrap(), ids[0].id.to_string());
        store.close().await;
    }
}

/// An event whose id is meant to be its own.
#[derive(Event, Debug, Clone, PartialEq)]
#[event(output_stream = "Sensor")]
struct Measured {
    #[event(id)]
    id: Uuid,
    celsius: f64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_event_with_an_id_that_is_stored_is_refused_and_not_lost_in_silence() {
    for (store, _kept) in stores().await {
        let plumber = Plumber::new(store.clone());
        // The mistake: the sensor's id is taken for the event's.
        let measured = |celsius| Measured { id: ID, celsius };

        let first = plumber.append_event(&measured(20.5), ID).await.unwrap();
        let again = plumber.append_event(&measured(20.5), ID).await.unwrap();
        let other = plumber.append_event(&measured(30.5), ID).await;

        assert!(!first.is_already_applied() && again.is_already_applied());
        let error = other.unwrap_err();
        assert!(
            matches!(
                &error,
                StateError::Store(StoreError::Idempotency {
                    event_id: ID,
                    reason: IdempotencyReason::OtherEvent,
                    ..
                })
            ),
            "{store:?}: {error:?}"
        );
        assert!(!error.is_transient() && !error.is_conflict());
        assert_eq!(events(&store, &format!("Sensor-{ID}")).await.len(), 1);
        store.close().await;
    }
}

/// The one id that the store, the data and the metadata have.
fn the_id_of(event: &RecordedEvent) -> Uuid {
    let in_data = event.decode_as::<Measured>(0).unwrap().id;
    let metadata = event.metadata().unwrap();
    assert_eq!(in_data, event.id);
    assert_eq!(metadata.correlation_id(), Some(event.id.to_string()));
    assert_eq!(metadata.causation_id(), Some(event.id.to_string()));
    assert!(!event.id.is_nil());
    event.id
}

#[tokio::test]
async fn an_event_without_an_id_yet_has_one_id_in_the_store_the_data_and_the_metadata() {
    let (store, plumber) = plumber().await;
    let measured = Measured {
        id: Uuid::nil(),
        celsius: 1.5,
    };

    let encoded = NewEvent::encode(&measured).unwrap();
    assert_eq!(
        encoded.decode_as::<Measured>(0).unwrap().id,
        encoded.id(),
        "{encoded:?}"
    );
    for _ in 0..2 {
        plumber.append_event(&measured, 1).await.unwrap();
    }

    let written = events(&store, "Sensor-1").await;
    let ids: Vec<_> = written.iter().map(the_id_of).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    let read = written[0].decode::<Measured>().unwrap();
    assert!((read.celsius - 1.5).abs() < f64::EPSILON);
}

#[tokio::test]
async fn an_id_of_the_conventions_is_in_the_store_the_data_and_the_metadata() {
    #[derive(Debug)]
    struct FromText;
    impl Conventions for FromText {
        fn event_id(&self, _: Option<Uuid>) -> Uuid {
            guid_from_text("Hello")
        }
    }
    let (store, plumber) = plumber().await;
    let plumber = plumber.with_conventions(FromText);
    let measured = Measured {
        id: ID,
        celsius: 1.5,
    };

    plumber.append_event(&measured, 1).await.unwrap();

    let written = events(&store, "Sensor-1").await.remove(0);
    assert_eq!(the_id_of(&written), guid_from_text("Hello"));
}

#[tokio::test]
async fn a_state_keeps_the_id_it_carries() {
    #[derive(Event, Debug, PartialEq)]
    struct Place {
        #[event(id)]
        id: Uuid,
        name: String,
    }
    let (store, plumber) = plumber().await;
    let place = |id| Place {
        id,
        name: "roof".into(),
    };

    plumber
        .append_state(&place(ID), ID, Some(-1))
        .await
        .unwrap();

    let written = events(&store, &format!("Place-{ID}")).await.remove(0);
    assert_eq!(written.id, state_event_id(ID, -1));
    let read = plumber.get_state::<Place>(ID).await.unwrap().unwrap();
    assert_eq!(read.state, place(ID));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_was_deleted_may_be_written_again_each_time() {
    for (store, _kept) in stores().await {
        let plumber = Plumber::new(store.clone());
        let stream = plumber.state_stream::<FooState>(&ID.to_string()).unwrap();
        for round in 0..4 {
            let named = format!("round {round}");
            let written = plumber.append_state(&foo(&named), ID, Some(-1)).await;
            assert!(!written.unwrap().is_already_applied(), "{store:?}");
            let again = plumber.append_state(&foo(&named), ID, Some(-1)).await;
            assert!(again.unwrap().is_already_applied(), "{store:?}");
            let other = plumber.append_state(&foo("other"), ID, Some(-1)).await;
            assert!(other.unwrap_err().is_conflict(), "{store:?}");
            let read = plumber.get_state::<FooState>(ID).await.unwrap().unwrap();
            assert_eq!(read.state, foo(&named), "{store:?}");
            store.delete(&stream, ExpectedRevision::Any).await.unwrap();
        }
        store.close().await;
    }
}

#[tokio::test]
async fn what_is_no_state_is_an_error_and_a_deleted_one_is_none() {
    let (store, plumber) = plumber().await;
    let stream = plumber.state_stream::<FooState>("1").unwrap();
    plumber
        .append_event_to(&stream, ExpectedRevision::Any, &foo("an event"))
        .await
        .unwrap();

    let error = plumber.get_state::<FooState>("1").await.unwrap_err();
    assert!(matches!(error, StateError::Decode { .. }), "{error:?}");
    store.delete(&stream, ExpectedRevision::Any).await.unwrap();
    assert!(plumber.get_state::<FooState>("1").await.unwrap().is_none());
}

#[tokio::test]
async fn an_event_goes_to_its_output_stream_else_to_its_module() {
    let (store, plumber) = plumber().await;
    let opened = ListOpened { title: "x".into() };

    plumber.append_event(&opened, 7).await.unwrap();
    plumber.append_event_without_id(&opened).await.unwrap();
    plumber.append_event(&ListEvent::Closed, 7).await.unwrap();
    plumber.append_event(&ListEvent::Archived, 7).await.unwrap();

    for (stream, event_type) in [
        ("TaskLists-7", "ListOpened"),
        ("TaskLists", "ListOpened"),
        ("Lists-7", "Closed"),
        ("Archive-7", "Archived"),
    ] {
        let written = events(&store, stream).await;
        assert_eq!(written.len(), 1, "{stream}");
        assert_eq!(written[0].event_type.as_str(), event_type);
    }
}

#[tokio::test]
async fn events_of_a_type_are_found_in_every_stream() {
    let (store, plumber) = plumber().await;
    for id in ["a", "b"] {
        let opened = ListOpened { title: id.into() };
        plumber.append_event(&opened, id).await.unwrap();
        plumber.append_event(&ListEvent::Closed, id).await.unwrap();
    }
    plumber
        .append_event(&ListEvent::Archived, "a")
        .await
        .unwrap();

    let opened = plumber.read_events_of_type::<ListOpened>().await.unwrap();
    let lists = plumber.read_events_of_type::<ListEvent>().await.unwrap();

    let titles: Vec<_> = opened.collect_all().await.unwrap();
    let titles: Vec<_> = titles
        .iter()
        .map(|event| event.decode::<ListOpened>().unwrap().title)
        .collect();
    assert_eq!(titles, ["a", "b"]);
    assert_eq!(lists.collect_all().await.unwrap().len(), 3);
    drop(store);
}

#[tokio::test]
async fn an_index_of_the_type_is_read_where_the_store_has_one() {
    // A store without projections refuses to read `$et-…`.
    #[derive(Debug)]
    struct Indexed;
    impl Conventions for Indexed {
        fn type_stream(&self, event_name: &str) -> Option<StreamName> {
            StreamName::new("Index", event_name).ok()
        }
    }
    let (store, plumber) = plumber().await;
    let plumber = plumber.with_conventions(Indexed);
    for title in ["a", "b", "gone"] {
        let opened = ListOpened {
            title: title.into(),
        };
        plumber.append_event(&opened, title).await.unwrap();
    }
    // As EventStoreDB's projection does, for all but the second.
    let index = StreamName::raw("Index-ListOpened").unwrap();
    for stream in ["TaskLists-a", "TaskLists-gone"] {
        let event = events(&store, stream).await.remove(0);
        store
            .append_link(&index, ExpectedRevision::Any, &event)
            .await
            .unwrap();
    }
    let gone = StreamName::raw("TaskLists-gone").unwrap();
    store.delete(&gone, ExpectedRevision::Any).await.unwrap();

    let found = plumber.read_events_of_type::<ListOpened>().await.unwrap();

    let found = found.collect_all().await.unwrap();
    let streams: Vec<_> = found.iter().map(|event| event.stream.as_str()).collect();
    assert_eq!(streams, ["TaskLists-a"]);
}

#[tokio::test]
async fn every_convention_can_be_replaced() {
    #[derive(Debug)]
    struct Ours;
    impl Conventions for Ours {
        fn category(&self, _: &EventInfo) -> String {
            "State".into()
        }
        fn event_category(&self, _: &EventInfo) -> String {
            "Event".into()
        }
        fn stream(
            &self,
            category: &str,
            id: Option<&str>,
        ) -> Result<StreamName, InvalidStreamName> {
            StreamName::raw(format!("{category}/{}", id.unwrap_or("all")))
        }
        fn event_name(&self, event: &EventInfo) -> String {
            format!("ours.{}", event.name)
        }
        fn snapshot_name(&self, state: &EventInfo) -> String {
            format!("{}Saved", state.name)
        }
        fn event_id(&self, _: Option<Uuid>) -> Uuid {
            Uuid::from_u128(5)
        }
        fn state_event_id(&self, _: &str, _: Option<i64>) -> Uuid {
            Uuid::from_u128(6)
        }
        fn enrich(&self, event: &EventInfo, metadata: &mut Metadata) {
            metadata.json_mut().insert("Kind", event.name).unwrap();
        }
        fn output_stream(&self, model: &str) -> String {
            format!(">{model}")
        }
        fn group_name(&self, model: &str) -> String {
            format!("{model} of ours")
        }
        fn type_stream(&self, _: &str) -> Option<StreamName> {
            None
        }
    }
    let (store, plumber) = plumber().await;
    let plumber = plumber.with_conventions(Ours);

    plumber.append_event(&foo("a"), 1).await.unwrap();
    plumber.append_state(&foo("a"), 1, None).await.unwrap();

    let event = events(&store, "Event/1").await.remove(0);
    let state = events(&store, "State/1").await.remove(0);
    assert_eq!(event.event_type.as_str(), "ours.FooState");
    assert_eq!(state.event_type.as_str(), "FooStateSaved");
    assert_eq!(event.id, Uuid::from_u128(5));
    assert_eq!(state.id, Uuid::from_u128(6));
    let metadata = event.metadata().unwrap();
    assert_eq!(metadata.json().get_str("Kind").unwrap(), "FooState");
    assert_eq!(
        metadata.causation_id().unwrap(),
        Uuid::from_u128(5).to_string()
    );
    assert!(plumber.get_state::<FooState>(1).await.unwrap().is_some());

    let of_type = plumber.read_events_of_type::<FooState>().await.unwrap();
    let of_type = of_type.collect_all().await.unwrap();
    assert_eq!(of_type.len(), 1);
    assert_eq!(plumber.decode::<FooState>(&of_type[0]).unwrap(), foo("a"));
    let model = plumber.model::<FooState>("Foos");
    assert_eq!(model.output_stream().unwrap().as_str(), ">Foos");
    assert_eq!(model.group_name(), "Foos of ours");
    assert_eq!(model.event_types().unwrap(), ["ours.FooState"]);
}

#[derive(Event, Debug)]
struct Counted {}

#[derive(Debug, Default, EventValue)]
struct Foo {
    count: u32,
}

#[aggregate]
impl Foo {
    #[event_sourcing_handler]
    fn on_counted(&mut self, _event: &Counted) {
        self.count += 1;
    }
}

/// Two events, and the snapshot of them.
async fn counted_twice(store: &Store) -> (Repository<Foo>, Vec<RecordedEvent>) {
    let foos = store.repository::<Foo>();
    let foos = foos.with_snapshots(SnapshotPolicy::every(2));
    for _ in 0..2 {
        foos.execute(ID, |_| Ok::<_, ()>(Counted {})).await.unwrap();
    }
    let snapshots = events(store, &format!("FooSnapshot-{ID}")).await;
    (foos, snapshots)
}

#[tokio::test]
async fn a_snapshot_has_the_names_and_the_metadata_of_dotnet() {
    let store = plumberd::connect("memory:").await.unwrap();

    let (_, snapshots) = counted_twice(&store).await;

    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0].event_type.as_str(), "FooSnapShotted");
    assert_eq!(snapshots[0].data, r#"{"Count":2}"#);
    let metadata = snapshots[0].metadata().unwrap();
    assert_eq!(
        metadata.json().get_as::<i64>("SnapshotVersion").unwrap(),
        Some(1)
    );
    assert!(metadata.created().unwrap().is_some());
}

/// What a load gives when the last snapshot says 40, with this metadata.
async fn loaded_beside_a_snapshot(change: impl FnOnce(&mut Metadata)) -> u32 {
    let store = plumberd::connect("memory:").await.unwrap();
    let (foos, snapshots) = counted_twice(&store).await;
    let mut metadata = snapshots[0].metadata().unwrap();
    change(&mut metadata);
    let event_type = snapshots[0].event_type.clone();
    let other = NewEvent::new(new_event_id(), event_type, r#"{"Count":40}"#);
    let other = other.with_metadata(&metadata).unwrap();
    store
        .append(&snapshots[0].stream, ExpectedRevision::Any, vec![other])
        .await
        .unwrap();
    foos.load(ID).await.unwrap().count
}

#[tokio::test]
async fn a_snapshot_that_dotnet_wrote_is_passed_over_and_the_stream_is_replayed() {
    // It says neither of which shape the state is nor which event was last.
    let by_dotnet = |metadata: &mut Metadata| {
        *metadata = Metadata::from_json(
            br#"{"Created":"2025-07-13T18:22:19.2192669+02:00","SnapshotVersion":1}"#,
        )
        .unwrap();
    };

    assert_eq!(loaded_beside_a_snapshot(by_dotnet).await, 2);
    // The same one is believed with what plumberd wrote beside it.
    assert_eq!(loaded_beside_a_snapshot(|_| {}).await, 40);
}

#[tokio::test]
async fn a_snapshot_without_a_version_is_passed_over_and_one_without_a_time_is_not() {
    let without = |key: &'static str| {
        move |metadata: &mut Metadata| {
            metadata.json_mut().remove(key).unwrap();
        }
    };

    // .NET takes it for one of revision 0,
    assert_eq!(
        loaded_beside_a_snapshot(without("SnapshotVersion")).await,
        2
    );
    // and throws for want of this one; the store's own time does as well.
    assert_eq!(loaded_beside_a_snapshot(without("Created")).await, 40);
}
