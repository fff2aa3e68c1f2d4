//! kurrentdbclient and plumberd read what the other wrote.

use crate::python::{Python, Seen, blocking, read, with_server};
use plumberd::{
    event::RecordedEvent,
    prelude::*,
    store::{EventStore, ReadOptions},
    stream::StreamName,
};
use plumberd_testkit::esdb::EsdbServer;

pub const TESTS: &[(&str, crate::Job)] = &[
    ("python_reads_what_rust_wrote", python_reads_what_rust_wrote),
    ("rust_reads_what_python_wrote", rust_reads_what_python_wrote),
    ("python_is_told_of_a_conflict", python_is_told_of_a_conflict),
    ("python_follows_a_category", python_follows_a_category),
    ("python_takes_from_a_group", python_takes_from_a_group),
];

#[derive(Event, Debug, Clone, PartialEq)]
struct TaskCreated {
    #[event(id)]
    id: Uuid,
    title: String,
    #[event(rename = "ETA")]
    due: Option<String>,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct TaskDone {
    done_by: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct Counted {
    number: u32,
}

#[derive(Debug, Default)]
struct Task {
    done: bool,
}

#[aggregate]
impl Task {
    #[event_sourcing_handler]
    fn on_created(&mut self, _: &TaskCreated) {}

    #[event_sourcing_handler]
    fn on_done(&mut self, _: &TaskDone) {
        self.done = true;
    }
}

const ID: Uuid = Uuid::from_u128(0x7d73_4d98_a605_a731_a2c3_73c6);

async fn write_task(store: &plumberd::Store) -> Result<Vec<RecordedEvent>, BoxError> {
    let tasks = store.repository::<Task>();
    let created = TaskCreated {
        id: Uuid::from_u128(0x3fa8_5f64),
        title: "zażółć \"gęślą\"\n".into(),
        due: None,
    };
    let done = TaskDone {
        done_by: "Ann".into(),
    };
    tasks
        .execute(ID, |_| Ok::<_, BoxError>((created.clone(), done.clone())))
        .await
        .map_err(|error| format!("{error:?}"))?;
    read(store, &format!("Task-{ID}")).await
}

fn url(server: &EsdbServer) -> String {
    format!("esdb://{}?tls=false", server.address())
}

fn python_reads_what_rust_wrote(python: &Python) {
    let python = python.clone();
    with_server(async |server, store| {
        let ours = write_task(&store).await?;
        let url = url(&server);

        let seen =
            blocking(move || python.events("kurrent.py", &[&url, "read", &format!("Task-{ID}")]))
                .await;

        assert_eq!(seen.len(), 2);
        let as_seen: Vec<_> = ours.iter().map(Seen::from_rust).collect();
        assert_eq!(seen, as_seen);
        assert_eq!(seen[0].id, "00000000-0000-0000-0000-00003fa85f64");
        assert_eq!(
            String::from_utf8(seen[0].data.clone())?,
            "{\"Id\":\"00000000-0000-0000-0000-00003fa85f64\",\
             \"Title\":\"zażółć \\\"gęślą\\\"\\n\",\"ETA\":null}"
        );
        Ok(())
    });
}

fn rust_reads_what_python_wrote(python: &Python) {
    let python = python.clone();
    with_server(async |server, store| {
        let url = url(&server);

        let seen = blocking(move || {
            python.events(
                "kurrent.py",
                &[&url, "write", "Counter-1", "Counted", "100"],
            )
        })
        .await;

        let ours = read(&store, "Counter-1").await?;
        let as_seen: Vec<_> = ours.iter().map(Seen::from_rust).collect();
        assert_eq!(ours.len(), 100, "the second, equal batch wrote nothing");
        assert_eq!(as_seen, seen);
        for (index, event) in ours.iter().enumerate() {
            assert_eq!(event.decode::<Counted>()?.number, u32::try_from(index)?);
            assert_eq!(&event.metadata.as_bytes()[..], br#"{"Source":"python"}"#);
        }
        Ok(())
    });
}

fn python_is_told_of_a_conflict(python: &Python) {
    let python = python.clone();
    with_server(async |server, store| {
        write_task(&store).await?;
        let url = url(&server);

        let lines =
            blocking(move || python.run("kurrent.py", &[&url, "conflict", &format!("Task-{ID}")]))
                .await;

        assert_eq!(lines, [r#"{"refused": "WrongCurrentVersionError"}"#]);
        Ok(())
    });
}

fn python_follows_a_category(python: &Python) {
    let python = python.clone();
    with_server(async |server, store| {
        let ours = write_task(&store).await?;
        let url = url(&server);

        let seen =
            blocking(move || python.events("kurrent.py", &[&url, "follow", "$ce-Task", "2"])).await;

        assert_eq!(seen.len(), 2);
        for (seen, ours) in seen.iter().zip(&ours) {
            assert_eq!(seen.data, ours.data);
            assert_eq!(seen.stream, ours.stream.as_str());
        }
        let category = StreamName::raw("$ce-Task")?;
        let linked = store
            .read_stream(&category, ReadOptions::forwards().resolve_links())
            .collect_all()
            .await?;
        assert_eq!(linked.len(), 2);
        assert_eq!(linked[1].decode::<TaskDone>()?.done_by, "Ann");
        Ok(())
    });
}

fn python_takes_from_a_group(python: &Python) {
    let python = python.clone();
    with_server(async |server, store| {
        let ours = write_task(&store).await?;
        let url = url(&server);

        let seen = blocking(move || {
            let stream = format!("Task-{ID}");
            python.events("kurrent.py", &[&url, "persistent", &stream, "readers", "2"])
        })
        .await;

        let as_seen: Vec<_> = ours.iter().map(Seen::from_rust).collect();
        assert_eq!(seen, as_seen);
        Ok(())
    });
}
