use plumberd::{
    BoxError,
    event::RecordedEvent,
    store::{EventStore, ReadOptions},
};
use plumberd_testkit::esdb::EsdbServer;
use std::{ffi::OsString, path::Path, process::Command};

/// A Python with a client installed.
#[derive(Clone)]
pub struct Python(OsString);

/// An event as a Python client saw it.
#[derive(Debug, PartialEq, serde::Deserialize)]
pub struct Seen {
    pub stream: String,
    pub revision: u64,
    pub position: u64,
    pub id: String,
    #[serde(rename = "type")]
    pub event_type: String,
    pub content_type: String,
    #[serde(deserialize_with = "base64")]
    pub data: Vec<u8>,
    #[serde(deserialize_with = "base64")]
    pub metadata: Vec<u8>,
    pub link: Option<u64>,
}

impl Python {
    pub fn new(program: OsString) -> Self {
        Self(program)
    }

    /// Runs a script and gives the lines it printed.
    ///
    /// # Panics
    ///
    /// When the script fails.
    pub fn run(&self, script: &str, arguments: &[&str]) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/python");
        let output = Command::new(&self.0)
            .arg(folder.join(script))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{script} {arguments:?} failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Runs a script that prints events.
    pub fn events(&self, script: &str, arguments: &[&str]) -> Vec<Seen> {
        let lines = self.run(script, arguments);
        lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Seen {
    /// What plumberd read, as a Python client would have seen it.
    pub fn from_rust(event: &RecordedEvent) -> Self {
        Self {
            stream: event.stream.to_string(),
            revision: event.revision.as_u64(),
            position: event.position.as_u64(),
            id: event.id.to_string(),
            event_type: event.event_type.to_string(),
            content_type: event.content_type.to_string(),
            data: event.data.to_vec(),
            metadata: event.metadata.as_bytes().to_vec(),
            link: event.link.as_ref().map(|link| link.revision.as_u64()),
        }
    }
}

/// Runs a test against a server of its own.
pub fn with_server<F: Future<Output = Result<(), BoxError>>>(
    job: impl FnOnce(EsdbServer, plumberd::Store) -> F,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(async {
        let server = EsdbServer::start().await?;
        let store = plumberd::connect(&server.url()).await?;
        job(server, store).await
    });
    if let Err(error) = result {
        panic!("{error:?}");
    }
}

/// Runs what waits for another process off the threads that serve it.
pub async fn blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(job).await.unwrap()
}

/// The events of a stream as plumberd reads them.
pub async fn read(store: &plumberd::Store, stream: &str) -> Result<Vec<RecordedEvent>, BoxError> {
    let stream = plumberd::stream::StreamName::raw(stream)?;
    Ok(store
        .read_stream(&stream, ReadOptions::forwards())
        .collect_all()
        .await?)
}

fn base64<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    use base64::Engine;

    let text: String = serde::Deserialize::deserialize(deserializer)?;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(serde::de::Error::custom)
}
