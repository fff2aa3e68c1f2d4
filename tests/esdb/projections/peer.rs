//! A client of the bare `eventstore` crate.

use eventstore::{
    AppendToStreamOptions, Client, EventData, GenericProjectionOptions, ProjectionClient,
    ReadStreamOptions, StreamPosition, SubscribeToStreamOptions, Subscription, SubscriptionEvent,
};
use plumberd::{BoxError, event::new_event_id};
use plumberd_testkit::esdb::{
    EsdbServer, EsdbServerConfig, proto::projections::projections_client::ProjectionsClient,
};
use plumberd_tests::TempFolder;
use serde_json::{Value, json};
use std::time::Duration;
use tonic::transport::Channel;

pub type TestResult = Result<(), BoxError>;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Peer {
    pub server: EsdbServer,
    pub client: Client,
    pub projections: ProjectionClient,
    _folder: Option<TempFolder>,
}

/// One read of a stream of links: what each link says, and the event behind it.
pub type Links = Vec<(u64, String)>;

impl Peer {
    pub async fn start() -> Result<Self, BoxError> {
        Self::with(EsdbServerConfig::new(), None).await
    }

    /// On a file.
    pub async fn on_file() -> Result<Self, BoxError> {
        let folder = TempFolder::new();
        let config = EsdbServerConfig::new().with_file(folder.path().join("streams.db"));
        Self::with(config, Some(folder)).await
    }

    /// On both kinds of store.
    pub async fn each() -> Result<[Self; 2], BoxError> {
        Ok([Self::start().await?, Self::on_file().await?])
    }

    async fn with(config: EsdbServerConfig, folder: Option<TempFolder>) -> Result<Self, BoxError> {
        let server = config.start().await?;
        let client = Client::new(server.url().parse()?)?;
        Ok(Self {
            projections: client.clone().into(),
            client,
            server,
            _folder: folder,
        })
    }

    /// Stops the server and starts it again.
    pub async fn restart(&mut self) -> TestResult {
        self.server.restart().await?;
        self.client = Client::new(self.server.url().parse()?)?;
        self.projections = self.client.clone().into();
        Ok(())
    }

    /// The service without the crate around it, which leaves messages out.
    pub async fn raw(&self) -> Result<ProjectionsClient<Channel>, BoxError> {
        let address = format!("http://{}", self.server.address());
        let channel = Channel::from_shared(address)?.connect().await?;
        Ok(ProjectionsClient::new(channel))
    }

    pub async fn write(&self, stream: &str, event_type: &str, data: Value) -> TestResult {
        let event = EventData::json(event_type, &data)?.id(new_event_id());
        self.client
            .append_to_stream(stream, &AppendToStreamOptions::default(), event)
            .await?;
        Ok(())
    }

    /// The revisions and types of the events behind the links of a stream.
    pub async fn resolved(&self, stream: &str) -> Result<Vec<String>, BoxError> {
        let options = ReadStreamOptions::default()
            .position(StreamPosition::Start)
            .resolve_link_tos();
        let mut events = self.client.read_stream(stream, &options).await?;
        let mut found = Vec::new();
        while let Some(event) = events.next().await? {
            found.push(match (&event.link, &event.event) {
                (Some(_), Some(event)) => {
                    format!(
                        "{} {}@{}",
                        event.event_type, event.revision, event.stream_id
                    )
                }
                (Some(link), None) => format!("gone {}", text(&link.data)),
                (None, Some(event)) => format!("no link {}", event.event_type),
                (None, None) => "nothing".to_owned(),
            });
        }
        Ok(found)
    }

    /// The links of a stream as they are.
    pub async fn links(&self, stream: &str) -> Result<Links, BoxError> {
        let options = ReadStreamOptions::default().position(StreamPosition::Start);
        let mut events = self.client.read_stream(stream, &options).await?;
        let mut found = Vec::new();
        while let Some(event) = events.next().await? {
            let link = event.get_original_event();
            assert_eq!(link.event_type, "$>");
            assert_eq!(link.stream_id, stream);
            found.push((link.revision, text(&link.data)));
        }
        Ok(found)
    }

    /// Follows a stream from its beginning, in force when this returns.
    pub async fn follow(&self, stream: &str) -> Result<Subscription, BoxError> {
        let options = SubscribeToStreamOptions::default()
            .start_from(StreamPosition::Start)
            .resolve_link_tos();
        let mut events = self.client.subscribe_to_stream(stream, &options).await;
        let first = tokio::time::timeout(PATIENCE, events.next_subscription_event()).await??;
        assert!(matches!(first, SubscriptionEvent::Confirmed(_)));
        Ok(events)
    }

    /// Waits until a stream has so many links, and gives all that are there.
    pub async fn await_links(&self, stream: &str, count: usize) -> Result<Links, BoxError> {
        let mut events = self.follow(stream).await?;
        for seen in 0..count {
            if let Err(error) = next(&mut events).await {
                let there = self.links(stream).await.map(|links| links.len());
                let options = GenericProjectionOptions::default();
                let status = self.projections.get_status(stream, &options).await;
                return Err(format!("{error}: {seen} seen, {there:?} there, {status:?}").into());
            }
        }
        self.links(stream).await
    }
}

/// The next event behind a link, as its data.
pub async fn next(events: &mut Subscription) -> Result<Value, BoxError> {
    let event = tokio::time::timeout(PATIENCE, events.next()).await??;
    let event = event.event.ok_or("the link leads nowhere")?;
    Ok(serde_json::from_slice(&event.data)?)
}

pub fn number(number: usize) -> Value {
    json!({ "Number": number })
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}
