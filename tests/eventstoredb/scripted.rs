//! A server of a few lines that answers reads as a test wants: for what no
//! healthy server does.

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use plumberd::{backend::eventstoredb::EventStoreDbConfig, event::new_event_id};
use plumberd_testkit::esdb::proto::{
    Empty, StreamIdentifier, Uuid,
    google::rpc::Status as GrpcStatus,
    gossip::{
        ClusterInfo, EndPoint, MemberInfo,
        gossip_server::{Gossip, GossipServer},
        member_info::VNodeState,
    },
    server_features::{
        SupportedMethod, SupportedMethods,
        server_features_server::{ServerFeatures, ServerFeaturesServer},
    },
    streams::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
        ReadResp, TombstoneReq, TombstoneResp, batch_append_resp,
        read_req::options::StreamOption,
        read_resp::{Content, ReadEvent, StreamNotFound, read_event::RecordedEvent},
        streams_server::{Streams, StreamsServer},
    },
    uuid,
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional, duplex},
    net::TcpListener,
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};

/// What a read is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// There is no such stream, which is well.
    NotFound,
    /// A message without content, which the client crate does not survive.
    Rubbish,
    /// Nothing, for ever.
    Never,
    /// An error.
    Status(Status),
}

/// What the server is asked about.
#[derive(Clone)]
pub(crate) struct Script {
    answer: Arc<dyn Fn(&MetadataMap) -> Answer + Send + Sync>,
    /// The cluster's leader, as gossip has it.
    pub(crate) leader: Arc<Mutex<Option<SocketAddr>>>,
    /// What the metadata of every stream are.
    pub(crate) metadata: Arc<Mutex<Option<&'static str>>>,
    /// What a single append is answered.
    pub(crate) append: Arc<Mutex<Result<AppendResp, Status>>>,
    /// What a delete or tombstone is answered.
    pub(crate) delete: Arc<Mutex<Status>>,
    /// Whether batches of appends are offered, and answered with a message
    /// without content, which the client crate does not survive.
    pub(crate) rubbish_batches: bool,
    /// Whether batches of appends are offered, and answered with this code.
    pub(crate) batch_code: Option<i32>,
    /// How long each single append was said to have.
    pub(crate) timeouts: Arc<Mutex<Vec<Option<String>>>>,
    /// What was asked of reads and subscriptions, as it came.
    pub(crate) asked: watch::Sender<Vec<ReadReq>>,
    pub(crate) reads: Arc<AtomicUsize>,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Script {
    pub(crate) fn new(answer: impl Fn(&MetadataMap) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            leader: Arc::default(),
            metadata: Arc::default(),
            append: Arc::new(Mutex::new(Err(Status::unimplemented("reads only")))),
            delete: Arc::new(Mutex::new(Status::unimplemented("reads only"))),
            rubbish_batches: false,
            batch_code: None,
            timeouts: Arc::default(),
            asked: watch::Sender::default(),
            reads: Arc::default(),
            connections: Arc::default(),
        }
    }

    pub(crate) fn well() -> Self {
        Self::new(|_| Answer::NotFound)
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A running server; dropped, it is gone with its connections.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Scripted {
    pub(crate) async fn start(script: Script) -> Self {
        Self::listen(free().await, script, None)
    }

    pub(crate) async fn start_tls(script: Script, tls: rustls::ServerConfig) -> Self {
        Self::listen(free().await, script, Some(Arc::new(tls).into()))
    }

    pub(crate) fn listen(listener: TcpListener, script: Script, tls: Option<TlsAcceptor>) -> Self {
        Self {
            address: listener.local_addr().unwrap(),
            task: tokio::spawn(serve(listener, script, tls)),
        }
    }

    /// This server, without TLS.
    pub(crate) fn config(&self) -> EventStoreDbConfig {
        plain(self.address)
    }

    /// Stops, and waits until no server listens any more.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A listener on a free port.
pub(crate) async fn free() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

/// The server there, without TLS.
pub(crate) fn plain(address: SocketAddr) -> EventStoreDbConfig {
    EventStoreDbConfig::new(address.ip().to_string(), address.port()).with_tls(false)
}

async fn serve(listener: TcpListener, script: Script, tls: Option<TlsAcceptor>) {
    // Ends what it holds when it is dropped.
    let mut bridges = JoinSet::new();
    let (accepted, incoming) = mpsc::unbounded_channel();
    let incoming = stream::unfold(incoming, |mut incoming| async {
        incoming
            .recv()
            .await
            .map(|io| (Ok::<_, std::io::Error>(io), incoming))
    });
    let served = tonic::transport::Server::builder()
        .add_service(ServerFeaturesServer::new(script.clone()))
        .add_service(GossipServer::new(script.clone()))
        .add_service(StreamsServer::new(script.clone()))
        .serve_with_incoming(incoming);
    bridges.spawn(async {
        let _ = served.await;
    });
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let (accepted, script, tls) = (accepted.clone(), script.clone(), tls.clone());
        bridges.spawn(async move {
            let mut io: Box<dyn Io> = match tls {
                None => Box::new(tcp),
                Some(tls) => match tls.accept(tcp).await {
                    Ok(io) => Box::new(io),
                    Err(_) => return,
                },
            };
            script.connections.fetch_add(1, Ordering::SeqCst);
            let (mut near, far) = duplex(1 << 16);
            if accepted.send(far).is_ok() {
                let _ = copy_bidirectional(&mut io, &mut near).await;
            }
        });
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

#[tonic::async_trait]
impl Gossip for Script {
    async fn read(&self, _: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        let leader = *self.leader.lock().unwrap();
        let members = leader.into_iter().map(|address| MemberInfo {
            instance_id: None,
            time_stamp: 0,
            state: VNodeState::Leader.into(),
            is_alive: true,
            http_end_point: Some(EndPoint {
                address: address.ip().to_string(),
                port: address.port().into(),
            }),
        });
        let members = members.collect();
        Ok(Response::new(ClusterInfo { members }))
    }
}

#[tonic::async_trait]
impl ServerFeatures for Script {
    async fn get_supported_methods(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        if !self.rubbish_batches && self.batch_code.is_none() {
            return Err(Status::unimplemented(""));
        }
        Ok(Response::new(SupportedMethods {
            event_store_server_version: "24.6.0".into(),
            methods: vec![SupportedMethod {
                method_name: "batchappend".into(),
                service_name: "event_store.client.streams.streams".into(),
                features: Vec::new(),
            }],
        }))
    }
}

/// An event as every event of a stream.
fn event(stream: &StreamIdentifier, data: &'static str) -> Content {
    let recorded = RecordedEvent {
        id: Some(Uuid {
            value: Some(uuid::Value::String(new_event_id().to_string())),
        }),
        stream_identifier: Some(stream.clone()),
        metadata: [
            ("type", "$metadata"),
            ("content-type", "application/json"),
            ("created", "0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        data: data.as_bytes().into(),
        ..RecordedEvent::default()
    };
    Content::Event(ReadEvent {
        event: Some(recorded),
        ..ReadEvent::default()
    })
}

/// The stream that is read, when it is one of metadata.
fn metadata_stream(request: &ReadReq) -> Option<&StreamIdentifier> {
    let StreamOption::Stream(read) = request.options.as_ref()?.stream_option.as_ref()? else {
        return None;
    };
    let stream = read.stream_identifier.as_ref()?;
    stream.stream_name.starts_with(b"$$").then_some(stream)
}

#[tonic::async_trait]
impl Streams for Script {
    type ReadStream = BoxStream<'static, Result<ReadResp, Status>>;
    type BatchAppendStream = BoxStream<'static, Result<BatchAppendResp, Status>>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let asked = request.get_ref().clone();
        self.asked.send_modify(|all| all.push(asked));
        let metadata = *self.metadata.lock().unwrap();
        if let (Some(stream), Some(metadata)) = (metadata_stream(request.get_ref()), metadata) {
            let content = Some(event(stream, metadata));
            let message = stream::iter([Ok(ReadResp { content })]);
            return Ok(Response::new(message.boxed()));
        }
        let content = match (self.answer)(request.metadata()) {
            Answer::NotFound => Some(Content::StreamNotFound(StreamNotFound {
                stream_identifier: Some(StreamIdentifier {
                    stream_name: b"x".to_vec().into(),
                }),
            })),
            Answer::Rubbish => None,
            Answer::Never => std::future::pending().await,
            Answer::Status(status) => return Err(status),
        };
        let message = stream::iter([Ok(ReadResp { content })]);
        Ok(Response::new(message.boxed()))
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        let timeout = request.metadata().get("grpc-timeout");
        let timeout = timeout.map(|timeout| timeout.to_str().unwrap().to_owned());
        self.timeouts.lock().unwrap().push(timeout);
        self.append.lock().unwrap().clone().map(Response::new)
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(self.delete.lock().unwrap().clone())
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(self.delete.lock().unwrap().clone())
    }

    async fn batch_append(
        &self,
        requests: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        if self.rubbish_batches {
            let rubbish = requests.into_inner().map_ok(|_| BatchAppendResp::default());
            return Ok(Response::new(rubbish.boxed()));
        }
        if let Some(code) = self.batch_code {
            let failed = requests.into_inner().map_ok(move |batch| BatchAppendResp {
                correlation_id: batch.correlation_id,
                stream_identifier: batch.options.and_then(|options| options.stream_identifier),
                result: Some(batch_append_resp::Result::Error(GrpcStatus {
                    code,
                    message: "no more than that".into(),
                    details: None,
                })),
                ..BatchAppendResp::default()
            });
            return Ok(Response::new(failed.boxed()));
        }
        Err(Status::unimplemented("reads only"))
    }
}
