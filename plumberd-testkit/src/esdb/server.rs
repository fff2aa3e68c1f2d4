use super::{
    EsdbServerConfig,
    connection::Connection,
    engine::{Engine, Kept},
    services,
};
use plumberd::BoxError;
use std::{io, net::SocketAddr};
use tokio::{net::TcpListener, sync::Mutex, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// A running server; it stops when the value is dropped.
///
/// # Examples
///
/// ```
/// use plumberd_testkit::esdb::EsdbServer;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), plumberd::BoxError> {
/// let server = EsdbServer::start().await?;
///
/// assert!(server.url().starts_with("esdb://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EsdbServer {
    address: SocketAddr,
    kept: Kept,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    engine: Engine,
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl EsdbServer {
    /// Starts a server in memory, in plain text, on a free port.
    ///
    /// # Errors
    ///
    /// [`StartError`] when it cannot listen.
    pub async fn start() -> Result<Self, StartError> {
        EsdbServerConfig::new().start().await
    }

    pub(super) async fn with_config(config: EsdbServerConfig) -> Result<Self, StartError> {
        let wanted = config.address;
        let kept = Kept::new(config);
        let listener = listen(wanted).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: wanted,
            source,
        })?;
        let running = Running::begin(listener, &kept).await?;
        Ok(Self {
            address,
            kept,
            running: Mutex::new(Some(running)),
        })
    }

    /// Where it listens, also while it is stopped.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connection string for it.
    pub fn url(&self) -> String {
        // A client waits this long before its first connection.
        format!("esdb://{}?tls=false&discoveryInterval=10", self.address)
    }

    /// Stops it as a crash would, but for what was committed: calls under way
    /// fail, subscriptions end with `Unavailable`, and new connections are
    /// refused. The streams stay.
    pub async fn stop(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.end().await;
        }
    }

    /// Starts it again at the same address, with the streams it had.
    ///
    /// # Errors
    ///
    /// [`StartError`] when somebody else has taken the address meanwhile, or
    /// the file cannot be opened.
    pub async fn restart(&self) -> Result<(), StartError> {
        let mut running = self.running.lock().await;
        if let Some(running) = running.take() {
            running.end().await;
        }
        let listener = listen(self.address).await?;
        *running = Some(Running::begin(listener, &self.kept).await?);
        Ok(())
    }
}

impl Drop for EsdbServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.get_mut() {
            running.stopping.cancel();
            running.task.abort();
        }
    }
}

impl Running {
    async fn begin(listener: TcpListener, kept: &Kept) -> Result<Self, StartError> {
        let stopping = CancellationToken::new();
        let engine = kept.open(stopping.clone()).await?;
        let task = tokio::spawn(services::serve(listener, engine.clone()));
        Ok(Self {
            engine,
            stopping,
            task,
        })
    }

    async fn end(self) {
        self.stopping.cancel();
        // What is under way gets a moment to be told; then it is cut.
        let patience = std::time::Duration::from_millis(200);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(patience, self.task).await.is_err() {
            abort.abort();
        }
        self.engine.store.close().await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}

/// Connections as they come; one that fails while it is accepted is nobody's.
pub(super) fn incoming(
    listener: TcpListener,
) -> impl futures_util::Stream<Item = io::Result<Connection>> {
    futures_util::stream::unfold(listener, |listener| async move {
        let accepted = listener.accept().await;
        Some((
            accepted.map(|(stream, _)| Connection::new(stream)),
            listener,
        ))
    })
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
    /// What keeps its streams cannot be opened.
    #[error("the store of the server cannot be opened")]
    Store {
        /// Why not.
        source: BoxError,
    },
}
