use super::{
    AppendFault, EventStoreV1ServerConfig,
    connection::{self, Link},
    engine::{Engine, Kept, MAX_MESSAGE},
    proto::event_store_server::EventStoreServer,
    service::Service,
};
use crate::{
    net::{MAX_CALLS, PING, Watched},
    tls::Tls,
};
use plumberd::{BoxError, ErrorKind};
use std::{io, net::SocketAddr};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

/// A running server; it stops when the value is dropped.
///
/// # Examples
///
/// ```
/// use plumberd_testkit::eventstore_v1::EventStoreV1Server;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let server = EventStoreV1Server::start().await?;
///
/// let store = plumberd::connect(&server.url()).await?;
/// let acme = store.tenant("acme")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EventStoreV1Server {
    address: SocketAddr,
    kept: Kept,
    tls: Option<Tls>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    engine: Engine,
    accepting: JoinHandle<()>,
    serving: JoinHandle<()>,
}

impl EventStoreV1Server {
    /// Starts a server in memory, in plain text, on a free port.
    ///
    /// # Errors
    ///
    /// [`StartError`] when it cannot listen.
    pub async fn start() -> Result<Self, StartError> {
        EventStoreV1ServerConfig::new().start().await
    }

    pub(super) async fn with_config(config: EventStoreV1ServerConfig) -> Result<Self, StartError> {
        let tls = config
            .tls
            .identity
            .as_ref()
            .map(|identity| Tls::new(identity, config.tls.client_ca.as_deref()))
            .transpose()
            .map_err(|source| StartError::Tls { source })?;
        let wanted = config.address;
        let kept = Kept::new(config);
        let listener = listen(wanted).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: wanted,
            source,
        })?;
        let running = Running::begin(listener, &kept, tls.as_ref()).await?;
        Ok(Self {
            address,
            kept,
            tls,
            running: Mutex::new(Some(running)),
        })
    }

    /// Where it listens, also while it is stopped.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of it for [`plumberd::connect()`], without a tenant. Over TLS it
    /// names the file with the certificate of the server's own authority.
    pub fn url(&self) -> String {
        let Some(tls) = &self.tls else {
            return format!("eventstore+http://{}", self.address);
        };
        let ca = tls.authority.as_ref();
        let ca = ca.map(|file| format!("?tls_ca={}", file.path().display()));
        let ca = ca.unwrap_or_default();
        format!("eventstore+https://{}{ca}", self.address)
    }

    /// The certificate of the authority that the server made for itself.
    pub fn authority_pem(&self) -> Option<&str> {
        let tls = self.tls.as_ref()?;
        tls.authority.as_ref().map(|file| file.pem())
    }

    /// The next `count` appends that are not refused are carried out and not
    /// answered: their connections are cut.
    pub fn cut_after_commit(&self, count: usize) {
        self.kept.faults.cut_appends(count);
    }

    /// What becomes of the next appends, one after the other; it replaces what
    /// was asked for before.
    pub fn fail_appends(&self, faults: impl IntoIterator<Item = AppendFault>) {
        self.kept.faults.fail_appends(faults);
    }

    /// The next `count` reads are answered with this code of gRPC, as 16 for
    /// `UNAUTHENTICATED`.
    pub fn refuse_reads(&self, count: usize, code: i32) {
        self.kept.faults.refuse_reads(count, code);
    }

    /// How many pages were asked for, all together.
    pub fn pages_asked(&self) -> usize {
        self.kept.faults.asked()
    }

    /// How many events subscriptions were told of, all together.
    pub fn events_told(&self) -> usize {
        self.kept.faults.told()
    }

    /// How many calls came, all together, those that were never answered among
    /// them.
    pub fn calls(&self) -> usize {
        self.kept.faults.calls()
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.kept.places.len()
    }

    /// The next `count` calls are never answered.
    pub fn stay_silent(&self, count: usize) {
        self.kept.faults.silence_calls(count);
    }

    /// Stops it as a crash would, but for what was committed: connections are
    /// cut, and new ones are refused. The streams stay.
    pub async fn stop(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.end().await;
        }
    }

    /// Starts it again at the same address, with the streams it had.
    ///
    /// # Errors
    ///
    /// [`StartError`] when another program has taken the address meanwhile, or
    /// the file cannot be opened.
    pub async fn restart(&self) -> Result<(), StartError> {
        let mut running = self.running.lock().await;
        if let Some(running) = running.take() {
            running.end().await;
        }
        let listener = listen(self.address).await?;
        *running = Some(Running::begin(listener, &self.kept, self.tls.as_ref()).await?);
        Ok(())
    }
}

impl Drop for EventStoreV1Server {
    fn drop(&mut self) {
        if let Some(running) = self.running.get_mut() {
            running.engine.stopping.cancel();
            running.serving.abort();
            running.accepting.abort();
        }
    }
}

impl Running {
    async fn begin(
        listener: TcpListener,
        kept: &Kept,
        tls: Option<&Tls>,
    ) -> Result<Self, StartError> {
        let stopping = CancellationToken::new();
        let engine = kept.open(stopping.clone()).await?;
        let (ready, connections) = mpsc::channel(16);
        let acceptor = tls.map(|tls| tls.acceptor.clone());
        let places = kept.places.clone();
        let accepting = connection::accept(listener, acceptor, places, ready, stopping);
        Ok(Self {
            accepting: tokio::spawn(accepting),
            serving: tokio::spawn(serve(connections, engine.clone())),
            engine,
        })
    }

    async fn end(self) {
        self.engine.stopping.cancel();
        self.serving.abort();
        // The port is free when this task has ended. Both were told to end, so
        // that there is nothing to learn from how they did.
        let _ = self.accepting.await;
        let _ = self.serving.await;
        self.engine.close().await;
    }
}

async fn serve(connections: mpsc::Receiver<connection::Connection>, engine: Engine) {
    let incoming = futures_util::stream::unfold(connections, |mut connections| async {
        let connection = connections.recv().await?;
        Some((Ok::<_, io::Error>(connection), connections))
    });
    let unfinished = engine.kept.unfinished.clone();
    let service =
        EventStoreServer::new(Service::new(engine)).max_decoding_message_size(MAX_MESSAGE);
    let served = Server::builder()
        .max_concurrent_streams(MAX_CALLS)
        .http2_keepalive_interval(Some(PING))
        .http2_keepalive_timeout(Some(PING))
        .add_service(Watched::new(service, unfinished, Link::seat))
        .serve_with_incoming(incoming)
        .await;
    if let Err(error) = served {
        tracing::error!(error = %error, "the server ended");
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It cannot listen.
    #[error("the server cannot listen at {address}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// Why it cannot.
        source: io::Error,
    },
    /// What it was to encrypt with is of no use.
    #[error("the server cannot encrypt")]
    Tls {
        /// Why not.
        source: BoxError,
    },
    /// What keeps its streams cannot be opened.
    #[error("the store of the server cannot be opened")]
    Store {
        /// Why not.
        source: BoxError,
    },
}

impl StartError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Listen { .. } => ErrorKind::Unavailable,
            Self::Tls { .. } => ErrorKind::Invalid,
            Self::Store { .. } => ErrorKind::Internal,
        }
    }
}
