//! Calls as clients write them, without a client in between.

use bytes::Bytes;
use plumberd::{BoxError, event::new_event_id};
use plumberd_testkit::esdb::{
    EsdbServer, EsdbServerConfig,
    proto::{
        Empty, StreamIdentifier, Uuid as ProtoUuid,
        streams::{
            AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
            ReadResp, TombstoneReq, TombstoneResp,
            append_req::{self, options::ExpectedStreamRevision},
            append_resp, batch_append_req, delete_req, read_req,
            read_req::options::{
                self, AllOptions, ControlOption, CountOption, FilterOption, ReadDirection,
                StreamOption, StreamOptions, SubscriptionOptions, UuidOption,
                all_options::AllOption, stream_options::RevisionOption, uuid_option,
            },
            read_resp::{Content, ReadEvent},
            streams_client::StreamsClient,
            tombstone_req,
        },
        uuid as proto_uuid,
    },
};
use std::{collections::HashMap, time::Duration};
use tokio::sync::mpsc;
use tonic::{Status, Streaming, transport::Channel};
use uuid::Uuid;

pub(crate) type TestResult = Result<(), BoxError>;

/// A server and a client of its streams.
pub(crate) struct Peer {
    pub(crate) server: EsdbServer,
    pub(crate) client: StreamsClient<Channel>,
}

impl Peer {
    pub(crate) async fn start() -> Result<Self, BoxError> {
        Self::with(EsdbServerConfig::new()).await
    }

    pub(crate) async fn with(config: EsdbServerConfig) -> Result<Self, BoxError> {
        let server = config.start().await?;
        let channel = Channel::from_shared(format!("http://{}", server.address()))?
            .connect()
            .await?;
        let client = StreamsClient::new(channel).max_encoding_message_size(64 << 20);
        Ok(Self { server, client })
    }

    pub(crate) async fn append_raw(
        &mut self,
        requests: Vec<AppendReq>,
    ) -> Result<AppendResp, Status> {
        let requests = futures_util::stream::iter(requests);
        Ok(self.client.append(requests).await?.into_inner())
    }

    pub(crate) async fn append(
        &mut self,
        stream: &str,
        expected: ExpectedStreamRevision,
        events: Vec<append_req::ProposedMessage>,
    ) -> Result<AppendResp, Status> {
        self.append_raw(append_requests(stream, expected, events))
            .await
    }

    /// Appends events of these types, whatever there is.
    pub(crate) async fn write(
        &mut self,
        stream: &str,
        types: &[&str],
    ) -> Result<append_resp::Success, BoxError> {
        let events = types.iter().map(|name| proposed(name)).collect();
        let answer = self.append(stream, any(), events).await?;
        Ok(success(answer)?)
    }

    pub(crate) async fn read_raw(&mut self, request: ReadReq) -> Result<Vec<Content>, Status> {
        let mut answers = self.client.read(request).await?.into_inner();
        let mut contents = Vec::new();
        while let Some(answer) = answers.message().await? {
            contents.push(answer.content.expect("an answer says something"));
        }
        Ok(contents)
    }

    pub(crate) async fn read(&mut self, read: Read) -> Result<Vec<Content>, Status> {
        self.read_raw(read.request()).await
    }

    /// The events of a read, which says nothing else.
    pub(crate) async fn events(&mut self, read: Read) -> Result<Vec<ReadEvent>, Status> {
        let contents = self.read(read).await?;
        Ok(contents.into_iter().map(event).collect())
    }

    pub(crate) async fn delete(
        &mut self,
        stream: &str,
        expected: Expectation,
    ) -> Result<DeleteResp, Status> {
        use delete_req::options::ExpectedStreamRevision as Expected;

        let options = delete_req::Options {
            stream_identifier: Some(identifier(stream)),
            expected_stream_revision: Some(match expected {
                Expectation::Any => Expected::Any(Empty {}),
                Expectation::NoStream => Expected::NoStream(Empty {}),
                Expectation::StreamExists => Expected::StreamExists(Empty {}),
                Expectation::Exactly(revision) => Expected::Revision(revision),
            }),
        };
        let request = DeleteReq {
            options: Some(options),
        };
        Ok(self.client.delete(request).await?.into_inner())
    }

    pub(crate) async fn tombstone(
        &mut self,
        stream: &str,
        expected: Expectation,
    ) -> Result<TombstoneResp, Status> {
        use tombstone_req::options::ExpectedStreamRevision as Expected;

        let options = tombstone_req::Options {
            stream_identifier: Some(identifier(stream)),
            expected_stream_revision: Some(match expected {
                Expectation::Any => Expected::Any(Empty {}),
                Expectation::NoStream => Expected::NoStream(Empty {}),
                Expectation::StreamExists => Expected::StreamExists(Empty {}),
                Expectation::Exactly(revision) => Expected::Revision(revision),
            }),
        };
        let request = TombstoneReq {
            options: Some(options),
        };
        Ok(self.client.tombstone(request).await?.into_inner())
    }

    pub(crate) async fn subscribe(&mut self, read: Read) -> Result<Following, Status> {
        let request = read.subscription();
        let answers = self.client.read(request).await?.into_inner();
        Ok(Following(answers))
    }

    pub(crate) async fn batches(&mut self) -> Result<Batches, Status> {
        let (sender, receiver) = mpsc::channel(64);
        let requests = futures_util::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|request| (request, receiver))
        });
        let answers = self.client.batch_append(requests).await?.into_inner();
        Ok(Batches { sender, answers })
    }
}

/// What a delete expects of its stream.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expectation {
    Any,
    NoStream,
    StreamExists,
    Exactly(u64),
}

/// A batch session.
pub(crate) struct Batches {
    pub(crate) sender: mpsc::Sender<BatchAppendReq>,
    pub(crate) answers: Streaming<BatchAppendResp>,
}

impl Batches {
    pub(crate) async fn send(&self, request: BatchAppendReq) {
        self.sender
            .send(request)
            .await
            .expect("the session is open");
    }

    pub(crate) async fn answer(&mut self) -> Result<BatchAppendResp, Status> {
        let answer = in_time(self.answers.message()).await?;
        Ok(answer.expect("an answer"))
    }
}

/// A subscription.
pub(crate) struct Following(pub(crate) Streaming<ReadResp>);

impl Following {
    pub(crate) async fn next(&mut self) -> Result<Content, Status> {
        let answer = in_time(self.0.message()).await?;
        let answer = answer.ok_or_else(|| Status::ok("the subscription ended without an error"))?;
        Ok(answer.content.expect("an answer says something"))
    }

    /// The next messages, each as a word.
    pub(crate) async fn words(&mut self, count: usize) -> Result<Vec<String>, Status> {
        let mut words = Vec::new();
        for _ in 0..count {
            words.push(word(&self.next().await?));
        }
        Ok(words)
    }
}

/// No test waits for ever for what does not come.
pub(crate) async fn in_time<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(120), future)
        .await
        .expect("an answer in time")
}

pub(crate) fn word(content: &Content) -> String {
    match content {
        Content::Event(event) => {
            let place = |event: &plumberd_testkit::esdb::proto::streams::read_resp::read_event::RecordedEvent| {
                format!("{}@{}", event.stream_revision, text(event.stream_identifier.as_ref()))
            };
            match (&event.event, &event.link) {
                (Some(event), None) => place(event),
                (Some(event), Some(link)) => format!("{} by {}", place(event), place(link)),
                (None, Some(link)) => format!("nothing by {}", place(link)),
                (None, None) => "neither".into(),
            }
        }
        Content::Confirmation(_) => "confirmed".into(),
        Content::Checkpoint(at) => format!("checkpoint {}", at.commit_position),
        Content::StreamNotFound(_) => "not found".into(),
        Content::FirstStreamPosition(at) => format!("first {at}"),
        Content::LastStreamPosition(at) => format!("last {at}"),
        Content::LastAllStreamPosition(at) => format!("last of all {}", at.commit_position),
        Content::CaughtUp(_) => "caught up".into(),
        Content::FellBehind(_) => "fell behind".into(),
    }
}

pub(crate) fn words(contents: &[Content]) -> Vec<String> {
    contents.iter().map(word).collect()
}

fn text(identifier: Option<&StreamIdentifier>) -> String {
    identifier.map_or_else(String::new, |identifier| {
        String::from_utf8_lossy(&identifier.stream_name).into_owned()
    })
}

fn event(content: Content) -> ReadEvent {
    match content {
        Content::Event(event) => event,
        other => panic!("not an event: {other:?}"),
    }
}

/// The exception that a status names.
pub(crate) fn exception(status: &Status) -> Option<&str> {
    trailer(status, "exception")
}

pub(crate) fn trailer<'a>(status: &'a Status, key: &str) -> Option<&'a str> {
    status.metadata().get(key)?.to_str().ok()
}

pub(crate) fn identifier(stream: &str) -> StreamIdentifier {
    StreamIdentifier {
        stream_name: Bytes::copy_from_slice(stream.as_bytes()),
    }
}

pub(crate) fn any() -> ExpectedStreamRevision {
    ExpectedStreamRevision::Any(Empty {})
}

pub(crate) fn no_stream() -> ExpectedStreamRevision {
    ExpectedStreamRevision::NoStream(Empty {})
}

pub(crate) fn stream_exists() -> ExpectedStreamRevision {
    ExpectedStreamRevision::StreamExists(Empty {})
}

pub(crate) fn exactly(revision: u64) -> ExpectedStreamRevision {
    ExpectedStreamRevision::Revision(revision)
}

pub(crate) fn uuid_text(id: Uuid) -> ProtoUuid {
    ProtoUuid {
        value: Some(proto_uuid::Value::String(id.to_string())),
    }
}

pub(crate) fn uuid_halves(id: Uuid) -> ProtoUuid {
    let (most, least) = id.as_u64_pair();
    ProtoUuid {
        value: Some(proto_uuid::Value::Structured(proto_uuid::Structured {
            most_significant_bits: most.cast_signed(),
            least_significant_bits: least.cast_signed(),
        })),
    }
}

pub(crate) fn properties(event_type: &str) -> HashMap<String, String> {
    [("type", event_type), ("content-type", "application/json")]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

pub(crate) fn proposed(event_type: &str) -> append_req::ProposedMessage {
    append_req::ProposedMessage {
        id: Some(uuid_text(new_event_id())),
        metadata: properties(event_type),
        custom_metadata: Bytes::from_static(b"{\"by\":\"test\"}"),
        data: Bytes::from_static(b"{}"),
    }
}

pub(crate) fn append_requests(
    stream: &str,
    expected: ExpectedStreamRevision,
    events: Vec<append_req::ProposedMessage>,
) -> Vec<AppendReq> {
    let options = append_req::Options {
        stream_identifier: Some(identifier(stream)),
        expected_stream_revision: Some(expected),
    };
    let events = events.into_iter().map(append_req::Content::ProposedMessage);
    std::iter::once(append_req::Content::Options(options))
        .chain(events)
        .map(|content| AppendReq {
            content: Some(content),
        })
        .collect()
}

pub(crate) fn batch(
    correlation_id: ProtoUuid,
    options: Option<batch_append_req::Options>,
    events: Vec<append_req::ProposedMessage>,
    is_final: bool,
) -> BatchAppendReq {
    BatchAppendReq {
        correlation_id: Some(correlation_id),
        options,
        proposed_messages: events
            .into_iter()
            .map(|event| batch_append_req::ProposedMessage {
                id: event.id,
                metadata: event.metadata,
                custom_metadata: event.custom_metadata,
                data: event.data,
            })
            .collect(),
        is_final,
    }
}

pub(crate) fn batch_options(
    stream: &str,
    expected: batch_append_req::options::ExpectedStreamPosition,
) -> batch_append_req::Options {
    batch_append_req::Options {
        stream_identifier: Some(identifier(stream)),
        expected_stream_position: Some(expected),
        deadline_option: None,
    }
}

pub(crate) fn success(answer: AppendResp) -> Result<append_resp::Success, String> {
    match answer.result {
        Some(append_resp::Result::Success(success)) => Ok(success),
        other => Err(format!("no success: {other:?}")),
    }
}

pub(crate) fn conflict(answer: AppendResp) -> append_resp::WrongExpectedVersion {
    match answer.result {
        Some(append_resp::Result::WrongExpectedVersion(conflict)) => conflict,
        other => panic!("no conflict: {other:?}"),
    }
}

/// A read in the making.
#[derive(Clone)]
pub(crate) struct Read(read_req::Options);

impl Read {
    pub(crate) fn stream(name: &str) -> Self {
        Self::of(StreamOption::Stream(StreamOptions {
            stream_identifier: Some(identifier(name)),
            revision_option: Some(RevisionOption::Start(Empty {})),
        }))
    }

    pub(crate) fn all() -> Self {
        Self::of(StreamOption::All(AllOptions {
            all_option: Some(AllOption::Start(Empty {})),
        }))
    }

    fn of(source: StreamOption) -> Self {
        Self(read_req::Options {
            read_direction: ReadDirection::Forwards.into(),
            resolve_links: false,
            uuid_option: Some(UuidOption {
                content: Some(uuid_option::Content::String(Empty {})),
            }),
            control_option: None,
            stream_option: Some(source),
            count_option: Some(CountOption::Count(u64::MAX)),
            filter_option: Some(FilterOption::NoFilter(Empty {})),
        })
    }

    pub(crate) fn at(mut self, place: u64) -> Self {
        match &mut self.0.stream_option {
            Some(StreamOption::Stream(stream)) => {
                stream.revision_option = Some(RevisionOption::Revision(place));
            }
            Some(StreamOption::All(all)) => {
                all.all_option = Some(AllOption::Position(options::Position {
                    commit_position: place,
                    prepare_position: place,
                }));
            }
            None => {}
        }
        self
    }

    pub(crate) fn at_end(mut self) -> Self {
        match &mut self.0.stream_option {
            Some(StreamOption::Stream(stream)) => {
                stream.revision_option = Some(RevisionOption::End(Empty {}));
            }
            Some(StreamOption::All(all)) => all.all_option = Some(AllOption::End(Empty {})),
            None => {}
        }
        self
    }

    pub(crate) fn backwards(mut self) -> Self {
        self.0.read_direction = ReadDirection::Backwards.into();
        self
    }

    pub(crate) fn count(mut self, count: u64) -> Self {
        self.0.count_option = Some(CountOption::Count(count));
        self
    }

    pub(crate) fn resolving(mut self) -> Self {
        self.0.resolve_links = true;
        self
    }

    pub(crate) fn compatible(mut self) -> Self {
        self.0.control_option = Some(ControlOption { compatibility: 1 });
        self
    }

    pub(crate) fn filter(mut self, filter: options::FilterOptions) -> Self {
        self.0.filter_option = Some(FilterOption::Filter(filter));
        self
    }

    /// Changed in a way that no client writes.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut read_req::Options)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn request(self) -> ReadReq {
        ReadReq {
            options: Some(self.0),
        }
    }

    pub(crate) fn subscription(mut self) -> ReadReq {
        self.0.count_option = Some(CountOption::Subscription(SubscriptionOptions {}));
        self.request()
    }
}
