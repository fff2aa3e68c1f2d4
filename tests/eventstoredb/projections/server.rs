use plumberd::{
    BoxError, Event,
    backend::eventstoredb::{EventStoreDb, EventStoreDbConfig},
    event::{EventType, NewEvent},
    server_projection::{EnsureProjections, Ensured},
    store::{
        EventStore, EventStoreExt, ReadOptions, ServerProjectionError, ServerProjectionState,
        ServerProjections, SubscribeFrom,
    },
    stream::{ExpectedRevision, StreamName},
};
use plumberd_testkit::esdb::{EsdbServer, EsdbServerConfig};
use plumberd_tests::TempFolder;
use std::time::Duration;

type TestResult = Result<(), BoxError>;

#[derive(Event, Debug, Clone, PartialEq)]
struct Credited {
    owner: String,
    amount: i64,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Debited {
    owner: String,
    amount: i64,
}

async fn connect(server: &EsdbServer) -> Result<EventStoreDb, BoxError> {
    Ok(EventStoreDb::connect(EventStoreDbConfig::from_url(&server.url())?).await?)
}

async fn append<E: Event>(store: &EventStoreDb, stream: &str, event: &E) -> TestResult {
    let event = NewEvent::encode(event)?;
    store
        .append(&stream.parse()?, ExpectedRevision::Any, vec![event])
        .await?;
    Ok(())
}

fn credited(amount: i64) -> Credited {
    Credited {
        owner: "Ada".into(),
        amount,
    }
}

fn both() -> [EventType; 2] {
    ["Credited".parse().unwrap(), "Debited".parse().unwrap()]
}

fn movements() -> StreamName {
    StreamName::raw(">Movements").unwrap()
}

/// The amounts of the next events of a stream of links.
async fn amounts(
    store: &EventStoreDb,
    stream: &StreamName,
    count: usize,
) -> Result<Vec<i64>, BoxError> {
    let mut events = store.subscribe_stream(stream, SubscribeFrom::Start).await?;
    let mut found = Vec::new();
    while found.len() < count {
        let event = tokio::time::timeout(Duration::from_secs(120), events.next_event()).await??;
        let event = event.ok_or("the subscription ended")?;
        found.push(match event.decode::<Credited>() {
            Ok(credited) => credited.amount,
            Err(_) => -event.decode::<Debited>()?.amount,
        });
    }
    Ok(found)
}

/// How often projections were changed on the server.
async fn changes(store: &EventStoreDb) -> Result<usize, BoxError> {
    let definitions = StreamName::raw("$projections-$all")?;
    let events = store.read_stream(&definitions, ReadOptions::forwards());
    Ok(events.collect_all().await?.len())
}

#[tokio::test]
async fn categories_and_types_are_read_typed() -> TestResult {
    let server = EsdbServer::start().await?;
    let store = connect(&server).await?;
    append(&store, "Account-1", &credited(1)).await?;
    append(&store, "Account-2", &credited(2)).await?;
    append(&store, "Other-1", &credited(3)).await?;

    for (stream, expected) in [("$ce-Account", vec![1, 2]), ("$et-Credited", vec![1, 2, 3])] {
        let stream = StreamName::raw(stream)?;
        let options = ReadOptions::forwards().resolve_links();
        let events = store.read_stream(&stream, options).collect_all().await?;
        let mut found = Vec::new();
        for (index, event) in events.iter().enumerate() {
            assert_eq!(event.read_revision().as_u64(), index as u64);
            assert_eq!(event.link.as_ref().unwrap().stream, stream);
            found.push(event.decode::<Credited>()?.amount);
        }
        assert_eq!(found, expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_join_that_is_ensured_yields_the_events_of_its_types_in_one_order() -> TestResult {
    let server = EsdbServer::start().await?;
    let store = connect(&server).await?;
    append(&store, "Account-1", &credited(1)).await?;

    let ensured = store
        .projections()
        .ensure_join(&movements(), &both())
        .await?;

    assert_eq!(ensured, Ensured::Created);
    let debited = Debited {
        owner: "Ada".into(),
        amount: 2,
    };
    append(&store, "Account-2", &debited).await?;
    append(&store, "Account-1", &credited(3)).await?;
    assert_eq!(amounts(&store, &movements(), 3).await?, [1, -2, 3]);
    let status = store.projections().status(">Movements").await?.unwrap();
    assert_eq!(status.state, ServerProjectionState::Running);
    Ok(())
}

#[tokio::test]
async fn what_is_there_is_not_touched_and_what_changed_is_replaced() -> TestResult {
    let server = EsdbServer::start().await?;
    let store = connect(&server).await?;
    let projections = store.projections();
    projections.ensure_join(&movements(), &both()).await?;
    let (metadata, revision) = store.stream_metadata(&movements()).await?;
    assert_eq!(
        metadata
            .other
            .get_str("mp_query_hash")
            .map(|hash| hash.len()),
        Some(64)
    );
    let before = changes(&store).await?;

    assert_eq!(
        projections.ensure_join(&movements(), &both()).await?,
        Ensured::Unchanged
    );

    assert_eq!(changes(&store).await?, before);
    assert_eq!(store.stream_metadata(&movements()).await?.1, revision);
    let only = ["Credited".parse()?];
    assert_eq!(
        projections.ensure_join(&movements(), &only).await?,
        Ensured::Updated
    );
    assert_ne!(changes(&store).await?, before);
    append(&store, "Account-1", &credited(7)).await?;
    assert_eq!(amounts(&store, &movements(), 1).await?, [7]);
    Ok(())
}

#[tokio::test]
async fn two_processes_that_ensure_at_once_leave_one_projection_that_runs() -> TestResult {
    for round in 0..5 {
        let server = EsdbServer::start().await?;
        let mut processes = Vec::new();
        for _ in 0..2 {
            let store = connect(&server).await?;
            processes.push(tokio::spawn(async move {
                store.projections().ensure_join(&movements(), &both()).await
            }));
        }
        for process in processes {
            process.await??;
        }

        let store = connect(&server).await?;

        append(&store, "Account-1", &credited(round)).await?;
        assert_eq!(amounts(&store, &movements(), 1).await?, [round]);
        let again = store
            .projections()
            .ensure_join(&movements(), &both())
            .await?;
        assert_eq!(again, Ensured::Unchanged);
    }
    Ok(())
}

#[tokio::test]
async fn an_ensured_join_goes_on_after_a_restart() -> TestResult {
    let folder = TempFolder::new();
    let file = folder.path().join("streams.db");
    let server = EsdbServerConfig::new().with_file(file).start().await?;
    let store = connect(&server).await?;
    store
        .projections()
        .ensure_join(&movements(), &both())
        .await?;
    for amount in 0..20 {
        append(&store, "Account-1", &credited(amount)).await?;
    }

    server.restart().await?;

    let store = connect(&server).await?;
    let again = store
        .projections()
        .ensure_join(&movements(), &both())
        .await?;
    assert_eq!(again, Ensured::Unchanged);
    for amount in 20..40 {
        append(&store, "Account-1", &credited(amount)).await?;
    }
    let expected: Vec<i64> = (0..40).collect();
    assert_eq!(amounts(&store, &movements(), 40).await?, expected);
    let links = store.read_stream(&movements(), ReadOptions::forwards());
    assert_eq!(links.collect_all().await?.len(), 40);
    Ok(())
}

#[tokio::test]
async fn a_lookup_that_is_ensured_sorts_a_category() -> TestResult {
    let server = EsdbServer::start().await?;
    let store = connect(&server).await?;
    store
        .projections()
        .ensure_lookup("Account", "Owner", "OwnedBy")
        .await?;
    append(&store, "Account-1", &credited(1)).await?;
    append(&store, "Other-1", &credited(2)).await?;
    append(&store, "Account-2", &credited(3)).await?;

    assert_eq!(amounts(&store, &"OwnedBy-Ada".parse()?, 2).await?, [1, 3]);
    Ok(())
}

#[tokio::test]
async fn the_server_answers_by_code() -> TestResult {
    let server = EsdbServer::start().await?;
    let store = connect(&server).await?;
    let projections = store.projections();

    let refused = projections.create("Mine", "fromAll().outputState()").await;
    assert!(
        matches!(refused, Err(ServerProjectionError::Unsupported { .. })),
        "{refused:?}"
    );
    for refused in [
        projections.enable("Nobody").await,
        projections.disable("Nobody").await,
        projections.delete("Nobody").await,
    ] {
        assert!(
            matches!(&refused, Err(ServerProjectionError::NotFound { name }) if name == "Nobody"),
            "{refused:?}"
        );
    }
    assert_eq!(projections.status("Nobody").await?, None);

    projections.ensure_join(&movements(), &both()).await?;
    let text = plumberd::server_projection::JoinProjection::new(movements(), both())?;
    let refused = projections.create(">Movements", &text.to_string()).await;
    assert!(
        matches!(refused, Err(ServerProjectionError::Exists { .. })),
        "{refused:?}"
    );
    projections.disable(">Movements").await?;
    let status = projections.status(">Movements").await?.unwrap();
    assert_eq!(status.state, ServerProjectionState::Stopped);
    projections.delete(">Movements").await?;
    assert_eq!(projections.status(">Movements").await?, None);
    Ok(())
}

#[tokio::test]
async fn an_ensured_join_that_was_stopped_runs_again() -> TestResult {
    let server = EsdbServer::start().await?;
    let store = connect(&server).await?;
    let projections = store.projections();
    projections.ensure_join(&movements(), &both()).await?;
    projections.disable(">Movements").await?;
    append(&store, "Account-1", &credited(1)).await?;

    let ensured = projections.ensure_join(&movements(), &both()).await?;

    assert_eq!(ensured, Ensured::Started);
    assert_eq!(amounts(&store, &movements(), 1).await?, [1]);
    Ok(())
}
