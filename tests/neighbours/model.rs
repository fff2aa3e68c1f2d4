//! Read models and handlers, whose events a server gathers in one stream.

use plumberd::{
    Event,
    backend::eventstoredb::{
        EventStoreDb, EventStoreDbConfig, GroupStart, PersistentSettings, Source,
    },
    event::EventInfo,
    micro_plumberd::{Conventions, Model, Plumber},
    prelude::*,
    server_projection::Ensured,
};
use plumberd_testkit::esdb::EsdbServer;

#[derive(Event, Debug, Clone, PartialEq)]
struct Opened {
    title: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Closed {}

#[derive(Event, Debug, Clone, PartialEq)]
struct Renamed {}

#[derive(Event, Debug, Clone, PartialEq)]
enum BoardEvent {
    #[event(transparent)]
    Opened(Opened),
    #[event(transparent)]
    Closed(Closed),
}

fn opened(title: &str) -> Opened {
    Opened {
        title: title.into(),
    }
}

/// A server, and both ways to it.
async fn connected() -> (EsdbServer, EventStoreDb, Store) {
    let server = EsdbServer::start().await.unwrap();
    let config = EventStoreDbConfig::from_url(&server.url()).unwrap();
    let backend = EventStoreDb::connect(config).await.unwrap();
    let store = Store::new(backend.clone());
    (server, backend, store)
}

/// One event of each type, of which the model has two.
async fn written(plumber: &Plumber) {
    plumber.append_event(&opened("a"), 1).await.unwrap();
    plumber.append_event(&Renamed {}, 1).await.unwrap();
    plumber.append_event(&Closed {}, 2).await.unwrap();
}

async fn follow(board: &Model<BoardEvent>) -> Vec<BoardEvent> {
    let mut messages = board.subscribe(SubscribeFrom::Start).await.unwrap();
    let mut events = Vec::new();
    while events.len() < 2 {
        let event = messages.next_event().await.unwrap().unwrap();
        events.push(board.decode(&event).unwrap());
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_follows_its_output_stream_and_its_group_reads_it() {
    let (_server, backend, store) = connected().await;
    let plumber = Plumber::new(store);
    let board = plumber.model::<BoardEvent>("TaskBoard");

    let ensured = board.ensure_join(&backend.projections()).await.unwrap();
    let again = board.ensure_join(&backend.projections()).await.unwrap();
    written(&plumber).await;

    assert_eq!((ensured, again), (Ensured::Created, Ensured::Unchanged));
    let expected = [
        BoardEvent::Opened(opened("a")),
        BoardEvent::Closed(Closed {}),
    ];
    assert_eq!(follow(&board).await, expected);

    let groups = backend.persistent_subscriptions();
    let source = Source::Stream(board.output_stream().unwrap());
    let settings = PersistentSettings::new()
        .with_start(GroupStart::Start)
        .with_resolve_links(true);
    let group = board.group_name();
    assert_eq!(
        (source.to_string(), &*group),
        ("stream `TaskBoard`".into(), "TaskBoard")
    );
    groups.create(&source, &group, &settings).await.unwrap();
    let mut reader = groups.subscribe(&source, &group).await.unwrap();
    for expected in expected {
        let delivery = reader.next().await.unwrap();
        assert_eq!(board.decode(&delivery.event).unwrap(), expected);
        reader.ack(&delivery).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_with_names_of_its_own_gathers_and_follows_under_them() {
    #[derive(Debug)]
    struct Ours;
    impl Conventions for Ours {
        fn event_name(&self, event: &EventInfo) -> String {
            format!("ours.{}", event.name)
        }
        fn output_stream(&self, model: &str) -> String {
            format!(">{model}")
        }
        fn group_name(&self, model: &str) -> String {
            format!("{model}@home")
        }
    }
    let (_server, backend, store) = connected().await;
    let plumber = Plumber::new(store.clone()).with_conventions(Ours);
    let board = plumber.model::<BoardEvent>("Board");

    board.ensure_join(&backend.projections()).await.unwrap();
    written(&plumber).await;

    assert_eq!(board.output_stream().unwrap().as_str(), ">Board");
    assert_eq!(board.group_name(), "Board@home");
    let followed = follow(&board).await;
    assert_eq!(followed[0], BoardEvent::Opened(opened("a")));
    // And where there are no projections: everywhere, by the same names.
    let mut all = store
        .subscribe_all(SubscribeFrom::Start, board.filter().unwrap())
        .await
        .unwrap();
    for expected in followed {
        let event = all.next_event().await.unwrap().unwrap();
        assert_eq!(board.decode(&event).unwrap(), expected);
    }
}
