use super::{EsdbServer, StartError};
use plumberd::clock::Clock;
use std::net::{Ipv4Addr, SocketAddr};

/// How an [`EsdbServer`] is to run: in memory, in plain text, on a free port
/// of the loopback interface, unless it is told otherwise.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EsdbServerConfig {
    /// Where it listens; the port 0 takes a free one.
    pub address: SocketAddr,
    /// The file that keeps the streams; in memory when there is none.
    #[cfg(feature = "sqlite")]
    pub file: Option<std::path::PathBuf>,
    /// The clock that dates events.
    pub clock: Clock,
    /// The largest append in bytes, [`EsdbServerConfig::MAX_APPEND_SIZE`]
    /// unless set.
    pub max_append_size: usize,
}

impl EsdbServerConfig {
    /// The largest append of a server that was not told another, in bytes.
    pub const MAX_APPEND_SIZE: usize = 1_048_576;

    /// In memory, in plain text, on a free port.
    pub fn new() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            #[cfg(feature = "sqlite")]
            file: None,
            clock: Clock::system(),
            max_append_size: Self::MAX_APPEND_SIZE,
        }
    }

    /// Listening there.
    #[must_use]
    pub const fn with_address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Keeping the streams in a SQLite file.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn with_file(mut self, file: impl Into<std::path::PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// With the time of `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// [`StartError`] when it cannot listen, or cannot open its file.
    pub async fn start(self) -> Result<EsdbServer, StartError> {
        EsdbServer::with_config(self).await
    }
}

impl Default for EsdbServerConfig {
    fn default() -> Self {
        Self::new()
    }
}
