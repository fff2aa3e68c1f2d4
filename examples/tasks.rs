//! The task system of py-micro-plumberd's README, in Rust, on EventStoreDB.
//!
//! Teaches: that names and data are what the Python and .NET libraries write,
//! field by field; a store that is a server; reading a category.
//!
//! ```text
//! cargo run --example tasks --features eventstoredb                # a server of its own
//! cargo run --example tasks --features eventstoredb -- "esdb://localhost:2113?tls=false"
//! ```

use plumberd::{
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

#[tokio::main]
async fn main() -> Result<(), BoxError> {
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
        .execute(id.clone(), |task| task.complete("somebody else", None))
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
    store.close().await;
    Ok(())
}
