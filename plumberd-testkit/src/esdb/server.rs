use super::{
    EsdbServerConfig, Faults,
    engine::{Engine, Kept},
    front::Front,
    services,
};
use plumberd::{BoxError, ErrorKind, clock::Clock};
use std::{io, mem, net::SocketAddr, path::Path, time::Duration};
use tokio::{net::TcpListener, sync::Mutex, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// How long what is under way gets to be told that the server stops.
const PATIENCE: Duration = Duration::from_millis(200);

/// A running server; it stops when the value is dropped.
///
/// # Examples
///
/// ```
/// use plumberd_testkit::esdb::EsdbServer;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), plumberd::Report> {
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
    front: Front,
    clock: Clock,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    engine: Engine,
    stopping: CancellationToken,
    cutting: CancellationToken,
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

    pub(super) async fn with_config(mut config: EsdbServerConfig) -> Result<Self, StartError> {
        let wanted = config.address;
        let front = Front::new(&config)?;
        // From here on there are their hashes, and what is kept has none of it.
        drop(mem::take(&mut config.auth.users));
        let clock = config.clock.clone();
        let kept = Kept::new(config);
        let listener = listen(wanted).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: wanted,
            source,
        })?;
        let running = Running::begin(listener, &kept, &front, &clock).await?;
        Ok(Self {
            address,
            kept,
            front,
            clock,
            running: Mutex::new(Some(running)),
        })
    }

    /// Where it listens, also while it is stopped.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connection string for it. It names the server's own authority, if
    /// there is one, and no user.
    pub fn url(&self) -> String {
        self.url_with("")
    }

    /// The connection string for that user. Both are written as they are: they
    /// have to be of letters that an URL can carry there.
    pub fn url_as(&self, login: &str, password: &str) -> String {
        self.url_with(&format!("{login}:{password}@"))
    }

    fn url_with(&self, user: &str) -> String {
        let tls = match (&self.front.tls, self.ca_file()) {
            (None, _) => "tls=false".to_owned(),
            (Some(_), None) => "tls=true".to_owned(),
            (Some(_), Some(file)) => format!("tls=true&tlsCAFile={}", file.display()),
        };
        // A client waits this long before its first connection.
        format!("esdb://{user}{}?{tls}&discoveryInterval=10", self.address)
    }

    /// The certificate of the server's own authority in a PEM file, for
    /// `tlsCAFile`; there is one with [`EsdbServerConfig::with_tls`]. The file
    /// goes with the server.
    pub fn ca_file(&self) -> Option<&Path> {
        let authority = self.front.tls.as_ref()?.authority.as_ref()?;
        Some(authority.path())
    }

    /// That certificate itself.
    pub fn ca_pem(&self) -> Option<&str> {
        let authority = self.front.tls.as_ref()?.authority.as_ref()?;
        Some(authority.pem())
    }

    /// How often that method was called since the server was made, as far as
    /// users were let in or not, and whatever was answered: by its path in the
    /// protocol, for example `event_store.client.streams.Streams/BatchAppend`.
    /// A session of appends is one call. 0 for methods that it does not have.
    pub fn calls(&self, method: &str) -> u64 {
        self.front.figures.calls_of(method)
    }

    /// What can go wrong with it on cue.
    pub const fn faults(&self) -> &Faults {
        &self.front.faults
    }

    /// Stops it as a crash would, but for what was committed: calls under way
    /// fail, subscriptions end with `Unavailable`, and new connections are
    /// refused. The streams stay.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the server may still be about to stop; the
    /// next stop or restart does the rest.
    pub async fn stop(&self) {
        end(&mut *self.running.lock().await).await;
    }

    /// Starts it again at the same address, with the streams it had.
    ///
    /// # Errors
    ///
    /// [`StartError`] when another program has taken the address meanwhile, or
    /// the file cannot be opened.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the server has stopped, is about to, or
    /// runs; another restart does the rest.
    pub async fn restart(&self) -> Result<(), StartError> {
        let mut running = self.running.lock().await;
        end(&mut running).await;
        let listener = listen(self.address).await?;
        let begun = Running::begin(listener, &self.kept, &self.front, &self.clock).await?;
        *running = Some(begun);
        Ok(())
    }
}

impl Drop for EsdbServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.get_mut() {
            running.stopping.cancel();
            running.cutting.cancel();
            running.task.abort();
        }
    }
}

impl Running {
    async fn begin(
        listener: TcpListener,
        kept: &Kept,
        front: &Front,
        clock: &Clock,
    ) -> Result<Self, StartError> {
        let (stopping, cutting) = (CancellationToken::new(), CancellationToken::new());
        let engine = kept.open(stopping.clone()).await?;
        let task = tokio::spawn(services::serve(
            listener,
            engine.clone(),
            front.clone(),
            clock.clone(),
            cutting.clone(),
        ));
        Ok(Self {
            engine,
            stopping,
            cutting,
            task,
        })
    }

    /// Ends it; it can be done again when it was given up.
    async fn end(&mut self) {
        self.stopping.cancel();
        for _ in 0..2 {
            // One that has finished has been waited for already.
            if self.task.is_finished() || timeout(PATIENCE, &mut self.task).await.is_ok() {
                break;
            }
            self.cutting.cancel();
        }
        self.task.abort();
        self.engine.store.close().await;
    }
}

/// Ends what is running. It is forgotten only when it has ended.
async fn end(running: &mut Option<Running>) {
    if let Some(active) = running {
        active.end().await;
        *running = None;
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
    /// Its users cannot be kept.
    #[error("the server cannot keep its users")]
    Users {
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
            Self::Tls { .. } | Self::Users { .. } => ErrorKind::Invalid,
            Self::Store { .. } => ErrorKind::Internal,
        }
    }
}
