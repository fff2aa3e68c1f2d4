//! py-micro-plumberd sends commands; a Rust handler runs them and answers as
//! .NET would.

use crate::python::{Python, blocking, read, with_server};
use plumberd::{
    codec::JsonObject,
    command::{
        Command, CommandContext, CommandFault, CommandHandlers, CommandServer, NoFault,
        ValidationError,
    },
    command_handler,
    event::new_event_id,
    prelude::*,
    stream::StreamName,
};
use std::sync::{Arc, Mutex};

pub const TESTS: &[(&str, crate::Job)] = &[(
    "commands_of_python_are_run_and_answered_as_by_dotnet",
    commands_of_python_are_run_and_answered_as_by_dotnet,
)];

#[derive(Event, Debug, Clone, PartialEq)]
struct StartRecording {
    #[event(id)]
    id: Uuid,
    recording_name: String,
    seconds: f64,
}

impl Command for StartRecording {
    type Fault = NoFault;

    fn validate(&self) -> Result<(), ValidationError> {
        if self.seconds < 0.0 {
            return Err(ValidationError::new("Seconds must not be negative"));
        }
        Ok(())
    }
}

#[derive(Event)]
struct NotAllowed {
    reason: String,
}

#[derive(Debug, thiserror::Error)]
#[error("the disk is full")]
struct DiskFull;

type Runs = Arc<Mutex<Vec<(Uuid, StartRecording)>>>;

struct Recorder(Runs);

#[command_handler]
impl Recorder {
    async fn start(
        &self,
        recorder: Uuid,
        command: &StartRecording,
        context: &CommandContext,
    ) -> Result<(), CommandFault> {
        assert_eq!(context.command_id(), command.id);
        self.0.lock().unwrap().push((recorder, command.clone()));
        match command.recording_name.as_str() {
            "forbidden" => {
                let reason = "no licence".to_owned();
                Err(CommandFault::fault(403, "no", &NotAllowed { reason }))
            }
            "broken" => Err(DiskFull.into()),
            _ => Ok(()),
        }
    }
}

fn commands_of_python_are_run_and_answered_as_by_dotnet(python: &Python) {
    let python = python.clone();
    with_server(async |esdb, store| {
        let runs = Runs::default();
        let handlers = CommandHandlers::new().with(Recorder(Arc::clone(&runs)));
        let server = CommandServer::new(store.clone(), "Recorder", handlers);
        let server = server.start().await?;
        let to = new_event_id();
        let (url, recipient) = (crate::micro::python_url(&esdb), to.to_string());

        let said = blocking(move || python.run("micro_command.py", &[&url, &recipient])).await;

        let session = said[0].clone();
        let out = format!(">SessionOut-{session}");
        let mut live = store
            .subscribe_stream(&StreamName::raw(&*out)?, SubscribeFrom::Start)
            .await?;
        for _ in 0..4 {
            live.next_event().await?.unwrap();
        }
        server.shutdown().await?;
        let answers = read(&store, &out).await?;
        let expected = [
            ("StartRecordingExecuted", "", None, None),
            (
                "StartRecordingFailed<NotAllowed>",
                "no",
                Some(403),
                Some(r#"{"Reason":"no licence"}"#),
            ),
            ("StartRecordingFailed", "the disk is full", Some(500), None),
            (
                "StartRecordingFailed",
                "Seconds must not be negative",
                Some(400),
                None,
            ),
        ];
        assert_eq!(answers.len(), expected.len(), "each is answered once");
        for (number, (answer, (name, message, code, fault))) in
            (1..).zip(answers.iter().zip(expected))
        {
            let id = Uuid::from_u128(number).to_string();
            assert_eq!(answer.event_type.as_str(), name);
            let body = JsonObject::parse(&answer.data)?;
            let mut keys = vec!["CommandId", "Duration"];
            if code.is_some() {
                keys.extend(["Message", "Code"]);
            }
            keys.extend(fault.map(|_| "Fault"));
            assert_eq!(body.iter().map(|(key, _)| key).collect::<Vec<_>>(), keys);
            assert_eq!(body.get_str("CommandId"), Some(id.clone()));
            let duration = body.get_str("Duration").unwrap();
            assert!(duration.starts_with("00:00:0"), "{duration}");
            assert_eq!(body.get_str("Message").unwrap_or_default(), message);
            assert_eq!(body.get_as::<i32>("Code")?, code);
            assert_eq!(
                body.get("Fault").map(serde_json::value::RawValue::get),
                fault
            );
            let metadata = answer.metadata()?;
            let keys: Vec<_> = metadata.json().iter().map(|(key, _)| key).collect();
            for key in [
                "Created",
                "ClientHostName",
                "$correlationId",
                "$causationId",
            ] {
                assert!(keys.contains(&key), "{keys:?}");
            }
            assert_eq!(metadata.correlation_id(), Some(id.clone()));
            assert_eq!(metadata.causation_id(), Some(id));
            assert_eq!(metadata.session_id(), Some(session.clone()));
            assert_eq!(metadata.recipient_id(), Some(to.to_string()));
        }
        let runs = runs.lock().unwrap();
        assert_eq!(runs.len(), 3, "what is wrong in itself is not run");
        assert!(runs.iter().all(|(recorder, _)| *recorder == to));
        assert_eq!(runs[0].1.recording_name, "zażółć");
        Ok(())
    });
}
