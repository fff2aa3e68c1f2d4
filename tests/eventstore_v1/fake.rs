//! A server that says what it is told to, however wrong.

use plumberd::Store;
use plumberd_testkit::eventstore_v1::proto::{
    AppendRequest, AppendResponse, EventData, EventMetadata, ReadAllRequest, ReadAllResponse,
    ReadStreamRequest, ReadStreamResponse, SubscribeRequest, SubscribeResponse,
    event_store_server::{EventStore, EventStoreServer},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tonic::{
    Code, Request, Response, Status, async_trait, codegen::http::HeaderMap, metadata::MetadataMap,
    transport::Server,
};

#[derive(Default)]
pub struct Script {
    /// What each read forwards yields from there on.
    pub events: Mutex<Vec<EventData>>,
    /// The answer to each append.
    pub appended: AppendResponse,
    /// So many subscriptions end with details that are no base64.
    pub unreadable_subscriptions: AtomicUsize,
    /// What was asked of each subscription.
    pub subscribed: watch::Sender<Vec<SubscribeRequest>>,
    /// The failure of each append, and of each read.
    pub append_fails: Option<Code>,
    pub read_fails: Option<Code>,
    /// What is stored when a subscription begins that does not end.
    pub on_subscription: Mutex<Vec<EventData>>,
}

pub struct Fake {
    pub script: Arc<Script>,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Fake {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = futures_util::stream::unfold(listener, |listener| async {
            let accepted = listener.accept().await.map(|(stream, _)| stream);
            Some((accepted, listener))
        });
        let script = Arc::new(script);
        let service = EventStoreServer::new(Service(Arc::clone(&script)));
        let serving = Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming);
        let serving = tokio::spawn(async { serving.await.unwrap() });
        Self {
            script,
            address,
            serving,
        }
    }

    pub async fn connect(&self, options: &str) -> Store {
        let url = format!("eventstore+http://{}?tenant=t1{options}", self.address);
        plumberd::connect(&url).await.unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An event of the stream `Order-1`.
pub fn placed(tenant: &str, nonce: u64) -> EventData {
    EventData {
        meta: Some(EventMetadata {
            event_id: format!("e{nonce}"),
            aggregate_id: "Order-1".into(),
            aggregate_nonce: nonce,
            global_nonce: nonce,
            tenant_id: tenant.into(),
            event_type: "Placed".into(),
            ..EventMetadata::default()
        }),
        payload: "{}".into(),
    }
}

#[expect(clippy::result_large_err, reason = "the generated service wants it so")]
fn fail(code: Option<Code>) -> Result<(), Status> {
    code.map_or(Ok(()), |code| Err(Status::new(code, "as it was told")))
}

struct Service(Arc<Script>);

#[async_trait]
impl EventStore for Service {
    type SubscribeStream = futures_util::stream::Pending<Result<SubscribeResponse, Status>>;

    async fn append(&self, _: Request<AppendRequest>) -> Result<Response<AppendResponse>, Status> {
        fail(self.0.append_fails)?;
        Ok(Response::new(self.0.appended))
    }

    async fn read_stream(
        &self,
        request: Request<ReadStreamRequest>,
    ) -> Result<Response<ReadStreamResponse>, Status> {
        fail(self.0.read_fails)?;
        let request = request.into_inner();
        Ok(Response::new(ReadStreamResponse {
            events: self.page(
                request.from_aggregate_nonce,
                request.forward,
                request.max_count,
            ),
            is_end: true,
            next_from_aggregate_nonce: 0,
        }))
    }

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let request = request.into_inner();
        self.0.subscribed.send_modify(|all| all.push(request));
        let left = &self.0.unreadable_subscriptions;
        if left.load(Ordering::SeqCst) > 0 {
            left.fetch_sub(1, Ordering::SeqCst);
            return Err(unreadable());
        }
        let mut stored = self.0.events.lock().unwrap();
        stored.append(&mut self.0.on_subscription.lock().unwrap());
        Ok(Response::new(futures_util::stream::pending()))
    }

    async fn read_all(
        &self,
        request: Request<ReadAllRequest>,
    ) -> Result<Response<ReadAllResponse>, Status> {
        fail(self.0.read_fails)?;
        let request = request.into_inner();
        Ok(Response::new(ReadAllResponse {
            events: self.page(
                request.from_global_nonce,
                request.forward,
                request.max_count,
            ),
            is_end: true,
            next_from_global_nonce: 0,
        }))
    }
}

impl Service {
    fn page(&self, from: u64, forward: bool, count: u32) -> Vec<EventData> {
        let mut events = self.0.events.lock().unwrap().clone();
        if !forward {
            events.reverse();
        }
        events.retain(|event| {
            let nonce = event.meta.as_ref().unwrap().aggregate_nonce;
            if forward {
                nonce >= from
            } else {
                nonce <= from
            }
        });
        events.truncate(usize::try_from(count).unwrap());
        events
    }
}

fn unreadable() -> Status {
    let mut headers = HeaderMap::new();
    headers.insert("grpc-status-details-bin", "*".parse().unwrap());
    Status::with_metadata(
        Code::Unavailable,
        "no details",
        MetadataMap::from_headers(headers),
    )
}
