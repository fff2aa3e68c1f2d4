//! The task system of py-micro-plumberd's README, in Rust, on EventStoreDB.
//!
//! Teaches: that names and data are what the Python and .NET libraries write,
//! field by field; a store that is a server; reading a category; a read model
//! where micro-plumberd has it, its state, and workers that share its events.
//!
//! ```text
//! cargo run --example tasks --features eventstoredb                # a server of its own
//! cargo run --example tasks --features eventstoredb -- "esdb://localhost:2113?tls=false"
//! ```

use plumberd::{
    backend::eventstoredb::{
        EventStoreDb, EventStoreDbConfig, GroupStart, PersistentError, PersistentSettings, Source,
    },
    micro_plumberd::{Model, Plumber},
    prelude::*,
    store::{EventStore, ReadOptions},
    stream::StreamName,
};
use plumberd_testkit::esdb::EsdbServer;

/// The type `TaskCreated` with the data `{"Id":…,"Title":…,"Description":…}`.
/// The `Id` is the event's own: the same one in the store and in the data.
#[derive(Event, Debug, Clone, PartialEq)]
struct TaskCreated {
    #[event(id)]
    id: Uuid,
    title: String,
    description: String,
}

/// `CompletionNotes` is `null` when there are none, as Python writes it.
#[derive(Event, Debug, Clone, PartialEq)]
struct TaskCompleted {
    #[event(id)]
    id: Uuid,
    completed_by: String,
    completion_notes: Option<String>,
}

#[derive(Debug, Default)]
struct Task {
    title: Option<String>,
    completed_by: Option<String>,
}

/// Streams `Task-{id}`; the README's ids are texts.
#[aggregate(id = String)]
impl Task {
    #[event_sourcing_handler]
    fn on_created(&mut self, event: &TaskCreated) {
        self.title = Some(event.title.clone());
    }

    #[event_sourcing_handler]
    fn on_completed(&mut self, event: &TaskCompleted) {
        self.completed_by = Some(event.completed_by.clone());
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum TaskError {
    #[error("the task was created already")]
    AlreadyCreated,
    #[error("there is no such task")]
    NotCreated,
    #[error("{0} has completed the task already")]
    AlreadyCompleted(String),
}

impl Task {
    fn create(&self, title: &str, description: &str) -> Result<TaskCreated, TaskError> {
        if self.title.is_some() {
            return Err(TaskError::AlreadyCreated);
        }
        Ok(TaskCreated {
            id: plumberd::event::new_event_id(),
            title: title.to_owned(),
            description: description.to_owned(),
        })
    }

    fn complete(&self, by: &str, notes: Option<&str>) -> Result<TaskCompleted, TaskError> {
        match (&self.title, &self.completed_by) {
            (None, _) => Err(TaskError::NotCreated),
            (_, Some(by)) => Err(TaskError::AlreadyCompleted(by.clone())),
            (Some(_), None) => Ok(TaskCompleted {
                id: plumberd::event::new_event_id(),
                completed_by: by.to_owned(),
                completion_notes: notes.map(str::to_owned),
            }),
        }
    }
}

/// What the board of tasks follows: its own events are those of the tasks.
#[derive(Event, Debug)]
enum BoardEvent {
    #[event(transparent)]
    Created(TaskCreated),
    #[event(transparent)]
    Completed(TaskCompleted),
}

/// How far the board has come, as a state: the stream `BoardTally-all`, of
/// which the last event counts.
#[derive(Event, Debug, Clone, Default, PartialEq)]
struct BoardTally {
    created: u64,
    completed: u64,
    /// The last event of the board's stream that is counted.
    counted: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<(), Report> {
    // A server in this process, unless one is named. It speaks the same
    // protocol, so what follows does not know the difference.
    let (url, _server) = if let Some(url) = std::env::args().nth(1) {
        (url, None)
    } else {
        let server = EsdbServer::start().await?;
        (server.url(), Some(server))
    };
    let store = plumberd::connect(&url).await?;
    let tasks = store.repository::<Task>();

    // A new id for each run, so that it may be run again on one server.
    let id = plumberd::event::new_event_id().to_string();
    tasks
        .execute(id.clone(), |task| {
            task.create(
                "Implement py-micro-plumberd",
                "Create Python version of micro-plumberd",
            )
        })
        .await?;
    tasks
        .execute(id.clone(), |task| {
            task.complete(
                "developer@example.com",
                Some("Successfully implemented core functionality"),
            )
        })
        .await?;
    let again = tasks
        .execute(id.clone(), |task| task.complete("another worker", None))
        .await;
    println!(
        "completing it again: {}",
        again.err().map_or_else(String::new, |e| e.to_string())
    );

    let stream = StreamName::new("Task", &id)?;
    println!("events written to stream: {stream}");
    let mut events = store.read_stream(&stream, ReadOptions::forwards());
    while let Some(event) = events.next_event().await? {
        println!(
            "  {} {} {}",
            event.revision,
            event.event_type,
            String::from_utf8_lossy(&event.data)
        );
    }

    // Every task there is: the server keeps a stream of links per category.
    let category = StreamName::raw("$ce-Task")?;
    let mut all = store.read_stream(&category, ReadOptions::forwards().resolve_links());
    let mut created = 0;
    while let Some(event) = all.next_event().await? {
        created += usize::from(event.decode::<TaskCreated>().is_ok());
    }
    println!("{created} tasks in all");

    // What the server does beside keeping streams.
    let server = EventStoreDb::connect(EventStoreDbConfig::from_url(&url)?).await?;
    let plumber = Plumber::new(store.clone());
    // By convention a projection gathers the board's events in the stream
    // `TaskBoard`; a .NET program with a model of this name reads the same one.
    let board = plumber.model::<BoardEvent>("TaskBoard");
    let ensured = board.ensure_join(&server.projections()).await?;
    println!("the board's stream {}: {ensured:?}", board.output_stream()?);
    tally(&plumber, &board, &id).await?;
    share(&server, &board).await?;
    store.close().await;
    Ok(())
}

/// Counts what the board has not counted yet, up to this task's end.
async fn tally(plumber: &Plumber, board: &Model<BoardEvent>, task: &str) -> Result<(), BoxError> {
    let known = plumber.get_state::<BoardTally>("all").await?;
    let version = known.as_ref().map_or(-1, |known| known.version);
    let mut tally = known.map(|known| known.state).unwrap_or_default();
    let from = tally.counted.map_or(SubscribeFrom::Start, |last| {
        SubscribeFrom::After(Revision::new(last))
    });
    let mut events = board.subscribe(from).await?;
    while let Some(event) = events.next_event().await? {
        tally.counted = Some(event.read_revision().as_u64());
        match board.decode(&event)? {
            BoardEvent::Created(_) => tally.created += 1,
            BoardEvent::Completed(_) => {
                tally.completed += 1;
                if event.stream.id() == Some(task) {
                    break;
                }
            }
        }
    }
    // Another program that counted meanwhile makes this a conflict: nothing
    // counts twice.
    plumber.append_state(&tally, "all", Some(version)).await?;
    println!(
        "the board: {} of {} tasks are completed",
        tally.completed, tally.created
    );
    Ok(())
}

/// Workers of one group share the board's events; the server keeps the place.
async fn share(server: &EventStoreDb, board: &Model<BoardEvent>) -> Result<(), BoxError> {
    let groups = server.persistent_subscriptions();
    let (stream, group) = (Source::Stream(board.output_stream()?), board.group_name());
    let settings = PersistentSettings::new()
        .with_start(GroupStart::Start)
        .with_resolve_links(true);
    match groups.create(&stream, &group, &settings).await {
        // It was made by an earlier run.
        Ok(()) | Err(PersistentError::AlreadyExists { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut worker = groups.subscribe(&stream, &group).await?;
    for _ in 0..2 {
        let delivery = worker.next().await?;
        println!(
            "the group `{group}` handles {:?}",
            board.decode(&delivery.event)?
        );
        worker.ack(&delivery).await?;
    }
    // What was answered just now still has to reach the server.
    worker.close().await;
    Ok(())
}
