//! A server and what a client says to its groups.

use crate::streams::wire::{self, in_time};
use plumberd::BoxError;
use plumberd_testkit::esdb::{
    EsdbServer, EsdbServerConfig,
    proto::{
        self, Empty,
        persistent_subscriptions::{
            AllOptions, CreateReq, DeleteReq, GetInfoReq, ListReq, ReadReq, ReadResp,
            ReplayParkedReq, Settings, StreamOptions, SubscriptionInfo, UpdateReq,
            all_options::{self, AllOption},
            create_req, delete_req, get_info_req, list_req,
            persistent_subscriptions_client::PersistentSubscriptionsClient,
            read_req::{self, Content, nack::Action, options::StreamOption},
            read_resp::{Content as Answer, ReadEvent},
            replay_parked_req,
            settings::{CheckpointAfter, MessageTimeout},
            stream_options::RevisionOption,
            update_req,
        },
    },
};
use tokio::sync::mpsc;
use tonic::{Request, Status, Streaming, transport::Channel};
use uuid::Uuid;

pub(super) type TestResult = Result<(), BoxError>;

/// A server, and a client of its streams and groups.
pub(super) struct Peer {
    pub(super) streams: wire::Peer,
    pub(super) groups: PersistentSubscriptionsClient<Channel>,
}

impl Peer {
    pub(super) async fn start() -> Result<Self, BoxError> {
        Self::with(EsdbServerConfig::new()).await
    }

    pub(super) async fn with(config: EsdbServerConfig) -> Result<Self, BoxError> {
        let streams = wire::Peer::with(config).await?;
        let groups = groups(&streams.server).await?;
        Ok(Self { streams, groups })
    }

    pub(super) fn server(&self) -> &EsdbServer {
        &self.streams.server
    }

    /// Connects again: the server was stopped, or has cut what there was.
    pub(super) async fn again(&mut self) -> TestResult {
        self.groups = groups(self.server()).await?;
        Ok(())
    }

    pub(super) async fn write(&mut self, stream: &str, count: usize) -> TestResult {
        self.streams.write(stream, &vec!["A"; count]).await?;
        Ok(())
    }

    pub(super) async fn create(
        &mut self,
        source: Source<'_>,
        group: &str,
        settings: Settings,
    ) -> Result<(), Status> {
        let request = create(source, group, settings);
        self.groups.create(request).await.map(drop)
    }

    pub(super) async fn update(
        &mut self,
        source: Source<'_>,
        group: &str,
        settings: Settings,
    ) -> Result<(), Status> {
        let request = update(source, group, settings);
        self.groups.update(request).await.map(drop)
    }

    pub(super) async fn delete(&mut self, stream: &str, group: &str) -> Result<(), Status> {
        self.groups.delete(delete(stream, group)).await.map(drop)
    }

    pub(super) async fn replay(
        &mut self,
        stream: &str,
        group: &str,
        stop_at: Option<i64>,
    ) -> Result<(), Status> {
        let request = replay(stream, group, stop_at);
        self.groups.replay_parked(request).await.map(drop)
    }

    pub(super) async fn info(
        &mut self,
        stream: &str,
        group: &str,
    ) -> Result<SubscriptionInfo, Status> {
        let answer = self.groups.get_info(get_info(stream, group)).await?;
        Ok(answer.into_inner().subscription_info.expect("an info"))
    }

    /// What it says of itself once that holds.
    pub(super) async fn info_when(
        &mut self,
        stream: &str,
        group: &str,
        holds: impl Fn(&SubscriptionInfo) -> bool,
    ) -> Result<SubscriptionInfo, Status> {
        in_time(async {
            loop {
                let info = self.info(stream, group).await?;
                if holds(&info) {
                    return Ok(info);
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    pub(super) async fn list(&mut self) -> Result<Vec<SubscriptionInfo>, Status> {
        let answer = self.groups.list(list_all()).await?;
        Ok(answer.into_inner().subscriptions)
    }

    /// A consumer that was told that it is one.
    pub(super) async fn consume(
        &mut self,
        source: &str,
        group: &str,
        buffer_size: i32,
    ) -> Result<Consumer, Status> {
        self.consume_as(Request::new(()), options(source, group, buffer_size))
            .await
    }

    pub(super) async fn consume_as(
        &mut self,
        by: Request<()>,
        options: read_req::Options,
    ) -> Result<Consumer, Status> {
        let (sender, receiver) = mpsc::channel(64);
        let first = ReadReq {
            content: Some(Content::Options(options)),
        };
        sender.try_send(first).expect("there is room");
        let requests = futures_util::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|request| (request, receiver))
        });
        let (headers, extensions, ()) = by.into_parts();
        let request = Request::from_parts(headers, extensions, requests);
        let answers = in_time(self.groups.read(request)).await?.into_inner();
        let mut consumer = Consumer { sender, answers };
        match consumer.answer().await? {
            Answer::SubscriptionConfirmation(_) => Ok(consumer),
            Answer::Event(event) => panic!("an event before the confirmation: {event:?}"),
        }
    }
}

async fn groups(server: &EsdbServer) -> Result<PersistentSubscriptionsClient<Channel>, BoxError> {
    let channel = Channel::from_shared(format!("http://{}", server.address()))?;
    let client = PersistentSubscriptionsClient::new(channel.connect().await?);
    Ok(client.max_encoding_message_size(64 << 20))
}

/// A consumer that is connected.
pub(super) struct Consumer {
    pub(super) sender: mpsc::Sender<ReadReq>,
    pub(super) answers: Streaming<ReadResp>,
}

impl Consumer {
    async fn answer(&mut self) -> Result<Answer, Status> {
        let answer = in_time(self.answers.message()).await?;
        let answer = answer.ok_or_else(|| Status::ok("it ended without an error"))?;
        Ok(answer.content.expect("an answer says something"))
    }

    pub(super) async fn next(&mut self) -> Result<ReadEvent, Status> {
        match self.answer().await? {
            Answer::Event(event) => Ok(event),
            Answer::SubscriptionConfirmation(_) => panic!("it is confirmed twice"),
        }
    }

    /// The next event, acknowledged.
    pub(super) async fn take(&mut self) -> Result<ReadEvent, Status> {
        let event = self.next().await?;
        self.ack(&event).await;
        Ok(event)
    }

    /// Why there are no more events.
    pub(super) async fn ending(&mut self) -> Status {
        loop {
            if let Err(status) = self.next().await {
                return status;
            }
        }
    }

    pub(super) async fn say(&self, content: Content) {
        let request = ReadReq {
            content: Some(content),
        };
        self.sender.send(request).await.expect("it is connected");
    }

    pub(super) async fn ack(&self, event: &ReadEvent) {
        self.ack_id(id(event)).await;
    }

    pub(super) async fn ack_id(&self, id: proto::Uuid) {
        self.say(Content::Ack(read_req::Ack {
            id: bytes::Bytes::new(),
            ids: vec![id],
        }))
        .await;
    }

    pub(super) async fn nack(&self, event: &ReadEvent, action: Action) {
        self.say(Content::Nack(read_req::Nack {
            id: bytes::Bytes::new(),
            ids: vec![id(event)],
            action: action.into(),
            reason: "because".to_owned(),
        }))
        .await;
    }
}

/// What a client calls it by: the link's id, where a link led to it.
pub(super) fn id(event: &ReadEvent) -> proto::Uuid {
    let original = event.link.as_ref().or(event.event.as_ref());
    original.expect("an event").id.clone().expect("an id")
}

/// Where it stands in its stream.
pub(super) fn revision(event: &ReadEvent) -> u64 {
    let original = event.link.as_ref().or(event.event.as_ref());
    original.expect("an event").stream_revision
}

pub(super) fn retries(event: &ReadEvent) -> i32 {
    use plumberd_testkit::esdb::proto::persistent_subscriptions::read_resp::read_event::Count;

    match event.count {
        Some(Count::RetryCount(count)) => count,
        other => panic!("no count: {other:?}"),
    }
}

/// What a group reads, and from where.
#[derive(Clone)]
pub(super) enum Source<'a> {
    Stream(&'a str),
    StreamFromEnd(&'a str),
    All(Option<all_options::FilterOptions>),
}

impl Source<'_> {
    fn stream(name: &str, from: RevisionOption) -> StreamOptions {
        StreamOptions {
            stream_identifier: Some(wire::identifier(name)),
            revision_option: Some(from),
        }
    }

    fn all(filter: Option<all_options::FilterOptions>) -> AllOptions {
        use all_options::FilterOption;

        AllOptions {
            all_option: Some(AllOption::Start(Empty {})),
            filter_option: Some(match filter {
                Some(filter) => FilterOption::Filter(filter),
                None => FilterOption::NoFilter(Empty {}),
            }),
        }
    }
}

/// A filter of streams by that pattern or those beginnings.
pub(super) fn filter(regex: &str, prefixes: &[&str]) -> all_options::FilterOptions {
    use all_options::filter_options::{Expression, Filter, Window};

    all_options::FilterOptions {
        checkpoint_interval_multiplier: 1,
        filter: Some(Filter::StreamIdentifier(Expression {
            regex: regex.to_owned(),
            prefix: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
        })),
        window: Some(Window::Max(32)),
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        max_retry_count: 10,
        min_checkpoint_count: 1,
        max_checkpoint_count: 1_000,
        live_buffer_size: 500,
        read_batch_size: 20,
        history_buffer_size: 500,
        consumer_strategy: "RoundRobin".to_owned(),
        message_timeout: Some(MessageTimeout::MessageTimeoutMs(30_000)),
        checkpoint_after: Some(CheckpointAfter::CheckpointAfterMs(2_000)),
        ..Settings::default()
    }
}

pub(super) fn create(source: Source<'_>, group: &str, settings: Settings) -> CreateReq {
    use create_req::options::StreamOption;

    CreateReq {
        options: Some(create_req::Options {
            group_name: group.to_owned(),
            settings: Some(settings),
            stream_option: Some(match source {
                Source::Stream(name) => {
                    StreamOption::Stream(Source::stream(name, RevisionOption::Start(Empty {})))
                }
                Source::StreamFromEnd(name) => {
                    StreamOption::Stream(Source::stream(name, RevisionOption::End(Empty {})))
                }
                Source::All(filter) => StreamOption::All(Source::all(filter)),
            }),
            ..create_req::Options::default()
        }),
    }
}

pub(super) fn update(source: Source<'_>, group: &str, settings: Settings) -> UpdateReq {
    use update_req::options::StreamOption;

    let create = create(source, group, settings).options.expect("options");
    UpdateReq {
        options: Some(update_req::Options {
            group_name: create.group_name,
            settings: create.settings,
            stream_option: create.stream_option.map(|option| match option {
                create_req::options::StreamOption::Stream(stream) => StreamOption::Stream(stream),
                create_req::options::StreamOption::All(all) => StreamOption::All(all),
            }),
            ..update_req::Options::default()
        }),
    }
}

pub(super) fn delete(stream: &str, group: &str) -> DeleteReq {
    use delete_req::options::StreamOption;

    DeleteReq {
        options: Some(delete_req::Options {
            group_name: group.to_owned(),
            stream_option: Some(StreamOption::StreamIdentifier(wire::identifier(stream))),
        }),
    }
}

pub(super) fn get_info(stream: &str, group: &str) -> GetInfoReq {
    use get_info_req::options::StreamOption;

    GetInfoReq {
        options: Some(get_info_req::Options {
            group_name: group.to_owned(),
            stream_option: Some(StreamOption::StreamIdentifier(wire::identifier(stream))),
        }),
    }
}

pub(super) fn replay(stream: &str, group: &str, stop_at: Option<i64>) -> ReplayParkedReq {
    use replay_parked_req::options::{StopAtOption, StreamOption};

    ReplayParkedReq {
        options: Some(replay_parked_req::Options {
            group_name: group.to_owned(),
            stream_option: Some(StreamOption::StreamIdentifier(wire::identifier(stream))),
            stop_at_option: Some(match stop_at {
                Some(at) => StopAtOption::StopAt(at),
                None => StopAtOption::NoLimit(Empty {}),
            }),
        }),
    }
}

pub(super) fn list_all() -> ListReq {
    use list_req::options::ListOption;

    ListReq {
        options: Some(list_req::Options {
            list_option: Some(ListOption::ListAllSubscriptions(Empty {})),
        }),
    }
}

/// A consumer of a group on that stream, or on `$all`; it wants ids as text.
pub(super) fn options(stream: &str, group: &str, buffer_size: i32) -> read_req::Options {
    use read_req::options::{UuidOption, uuid_option};

    read_req::Options {
        group_name: group.to_owned(),
        buffer_size,
        uuid_option: Some(UuidOption {
            content: Some(uuid_option::Content::String(Empty {})),
        }),
        stream_option: Some(if stream == "$all" {
            StreamOption::All(Empty {})
        } else {
            StreamOption::StreamIdentifier(wire::identifier(stream))
        }),
    }
}

/// The id in the form of halves.
pub(super) fn halves(id: Uuid) -> proto::Uuid {
    wire::uuid_halves(id)
}
