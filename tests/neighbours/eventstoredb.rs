//! The bus as .NET has it: a join projection of the server gathers the
//! commands.

use crate::domain::{
    Account, Accounts, Credit, Debit, answers, bus, read, server, wait_for_answers,
};
use plumberd::{
    aggregate::Aggregate,
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig},
    command::Running,
    event::{EventType, new_event_id},
    prelude::*,
    server_projection::{EnsureProjections, Ensured},
};
use plumberd_testkit::esdb::EsdbServer;

fn app() -> StreamName {
    StreamName::raw(">App").unwrap()
}

/// A server with the projection, and a store on it.
async fn joined() -> (EsdbServer, Store) {
    let server = EsdbServer::start().await.unwrap();
    let config = EventStoreDbConfig::from_url(&server.url()).unwrap();
    let backend = EventStoreDb::connect(config).await.unwrap();
    let commands: [EventType; 2] = ["Credit".parse().unwrap(), "Debit".parse().unwrap()];
    let projections = backend.projections();
    let ensured = projections.ensure_join(&app(), &commands).await.unwrap();
    assert_eq!(ensured, Ensured::Created);
    (server, Store::new(backend))
}

async fn follow(store: &Store, accounts: &Accounts) -> Running {
    let running = server(store, accounts).follow_stream(app());
    running.start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_a_join_projection_gathers_are_done_and_answered() {
    let (_server, store) = joined().await;
    let accounts = Accounts::new(&store);
    let running = follow(&store, &accounts).await;
    let (bus, to) = (bus(&store), new_event_id());

    bus.send(to, Credit::number(1)).await.unwrap();
    let fault = bus.send(to, Debit::refused_with("fault")).await;
    bus.send(to, Credit::number(2)).await.unwrap();

    assert_eq!(fault.unwrap_err().code(), Some(409));
    let stats = running.shutdown().await.unwrap();
    assert_eq!((stats.executed, stats.failed), (2, 1));
    let account = StreamName::new(Account::CATEGORY, to).unwrap();
    assert_eq!(read(&store, &account).await.len(), 2);
    let links = read(&store, &app()).await;
    assert_eq!(links.len(), 3, "the commands came by links");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_of_the_projection_goes_on_after_a_crash_and_a_restart() {
    let (esdb, store) = joined().await;
    let accounts = Accounts::new(&store);
    let (bus, to) = (bus(&store), new_event_id());
    let running = follow(&store, &accounts).await;
    bus.send(to, Credit::number(1)).await.unwrap();
    drop(running);
    bus.post(to, Credit::number(2)).await.unwrap();

    let running = follow(&store, &accounts).await;
    wait_for_answers(&store, bus.session(), 2).await;
    esdb.stop().await;
    esdb.restart().await.unwrap();
    loop {
        match bus.post(to, Credit::number(3)).await {
            Ok(_) => break,
            Err(plumberd::command::PostError::Store(error)) if error.is_transient() => {
                tokio::time::sleep(crate::python::PAUSE).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    accounts.seen(3).await;
    wait_for_answers(&store, bus.session(), 3).await;
    running.shutdown().await.unwrap();

    assert_eq!(accounts.runs(), 3);
    assert_eq!(answers(&store, bus.session()).await.len(), 3);
}
