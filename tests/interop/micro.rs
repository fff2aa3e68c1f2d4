//! py-micro-plumberd writes; plumberd reads it typed.

use crate::python::{Python, Seen, blocking, read, with_server};
use plumberd::{prelude::*, stream::StreamName};
use std::fmt::Write as _;

pub const TESTS: &[(&str, crate::Job)] = &[
    (
        "what_python_wrote_is_read_typed_and_byte_for_byte",
        what_python_wrote_is_read_typed_and_byte_for_byte,
    ),
    (
        "python_and_rust_write_the_same_data_and_metadata",
        python_and_rust_write_the_same_data_and_metadata,
    ),
];

/// As the README of py-micro-plumberd defines it: such fields keep their names.
#[derive(Event, Debug, Clone, PartialEq)]
struct RecordingFinished {
    #[event(id)]
    id: Uuid,
    #[event(rename = "recording_id")]
    recording_id: String,
    #[event(rename = "duration")]
    duration: f64,
    #[event(rename = "file_path")]
    file_path: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct TaskCreated {
    #[event(id)]
    id: Uuid,
    title: String,
    description: String,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct TaskCompleted {
    #[event(id)]
    id: Uuid,
    completed_by: String,
    completion_notes: Option<String>,
}

#[derive(Event, Debug, Clone, PartialEq)]
struct SensorRead {
    #[event(id)]
    id: Uuid,
    ipv4addr: String,
    user_2fa: bool,
    samples: Vec<f64>,
    md5sum: String,
}

const RECORDING: &str = "Recording-b27f9322-7d73-4d98-a605-a731a2c373c6";
const TASK: &str = "Task-7d73-4d98-a605-a731a2c373c6";
const SENSOR: &str = "Sensor-zażółć-1";

fn what_python_wrote_is_read_typed_and_byte_for_byte(python: &Python) {
    let python = python.clone();
    with_server(async |server, store| {
        let url = python_url(&server);
        let seen = blocking(move || python.events("micro_write.py", &[&url])).await;

        let mut ours = Vec::new();
        for stream in [RECORDING, TASK, SENSOR] {
            ours.extend(read(&store, stream).await?);
        }

        assert_eq!(ours.len(), 4);
        let as_seen: Vec<_> = ours.iter().map(Seen::from_rust).collect();
        assert_eq!(as_seen, seen);
        assert_eq!(
            ours[0].decode::<RecordingFinished>()?.recording_id,
            "rec-123"
        );
        assert_eq!(
            ours[1].decode::<TaskCreated>()?,
            TaskCreated {
                id: Uuid::parse_str("3fa85f64-5717-4562-b3fc-2c963f66afa6")?,
                title: "Implement py-micro-plumberd".into(),
                description: "Create Python version of micro-plumberd".into(),
            }
        );
        assert_eq!(ours[2].decode::<TaskCompleted>()?.completion_notes, None);
        let sensor = ours[3].decode::<SensorRead>()?;
        assert_eq!((sensor.user_2fa, &*sensor.md5sum), (true, "zażółć gęślą"));
        for event in &ours {
            let metadata = event.metadata()?;
            assert!(metadata.created()?.is_some());
            assert_eq!(metadata.correlation_id(), metadata.causation_id());
        }
        Ok(())
    });
}

/// The same four events, written by both: the data is the same JSON, and the
/// metadata has the same keys in the same order.
fn python_and_rust_write_the_same_data_and_metadata(python: &Python) {
    let python = python.clone();
    with_server(async |server, store| {
        let url = python_url(&server);
        let seen = blocking(move || python.events("micro_write.py", &[&url])).await;
        let created = TaskCreated {
            id: Uuid::parse_str("3fa85f64-5717-4562-b3fc-2c963f66afa6")?,
            title: "Implement py-micro-plumberd".into(),
            description: "Create Python version of micro-plumberd".into(),
        };
        let completed = TaskCompleted {
            id: Uuid::parse_str("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")?,
            completed_by: "developer@example.com".into(),
            completion_notes: None,
        };
        let stream = StreamName::new("Task", "rust")?;
        let batch = vec![
            plumberd::event::NewEvent::encode(&created)?,
            plumberd::event::NewEvent::encode(&completed)?,
        ];
        plumberd::store::EventStore::append(
            &store,
            &stream,
            plumberd::stream::ExpectedRevision::NoStream,
            batch,
        )
        .await?;

        let ours = read(&store, "Task-rust").await?;

        for (ours, theirs) in ours.iter().zip(&seen[1..3]) {
            assert_eq!(ours.event_type.as_str(), theirs.event_type);
            assert_eq!(compact(&ours.data)?, compact(&theirs.data)?);
            let keys = keys(ours.metadata.as_bytes())?;
            assert_eq!(keys, self::keys(&theirs.metadata)?);
            assert_eq!(
                keys,
                [
                    "Created",
                    "ClientHostName",
                    "$correlationId",
                    "$causationId"
                ]
            );
        }
        Ok(())
    });
}

/// JSON without blanks and escapes, with the keys in the order written.
fn compact(json: &[u8]) -> Result<String, BoxError> {
    let value: plumberd::codec::JsonObject = plumberd::codec::JsonObject::parse(json)?;
    let mut text = String::new();
    for (key, value) in value.iter() {
        let value: serde_json::Value = serde_json::from_str(value.get())?;
        write!(text, "{key}={value};")?;
    }
    Ok(text)
}

fn keys(json: &[u8]) -> Result<Vec<String>, BoxError> {
    let object = plumberd::codec::JsonObject::parse(json)?;
    Ok(object.iter().map(|(key, _)| key.to_owned()).collect())
}

pub fn python_url(server: &plumberd_testkit::esdb::EsdbServer) -> String {
    format!("esdb://{}?tls=false", server.address())
}
