use super::{EventStoreV1Server, StartError};
use crate::net::MAX_CONNECTIONS;
use crate::tls::{Identity, IssuedCertificate, TlsConfig};
use plumberd::clock::Clock;
use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// Something that a known server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// What is expected is checked before the idempotency key, so that a
    /// repeated request is refused. The memory backend does it.
    ConflictBeforeKey,
    /// The `next_from` of a page that was read backwards is the number before
    /// its first event, where it should be the number before its last. Every
    /// backend does it.
    WrongNextBackwards,
    /// `max_count` 0 reads nothing, and says that it is the end. The Postgres
    /// backend does it; without it 0 reads everything.
    ZeroReadsNothing,
    /// `is_end` is said of an empty page only. The Postgres backend does it.
    LateEnd,
    /// The detail of a conflict is a `google.rpc.Status`, as the protocol
    /// says, and not the bare `Any` that servers send.
    StatusDetail,
    /// Numbers have a sign, so that one above `i64::MAX` is negative: nothing
    /// comes before it, and everything after. The Postgres backend does it.
    SignedNumbers,
    /// An event id that is stored already is taken again. The memory backend
    /// does it.
    TakesKnownIds,
}

/// How an [`EventStoreV1Server`] is to run: in memory, in plain text, without
/// defects, on a free port of the loopback interface, unless it is told
/// otherwise.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EventStoreV1ServerConfig {
    pub(super) address: SocketAddr,
    #[cfg(feature = "sqlite")]
    pub(super) file: Option<std::path::PathBuf>,
    pub(super) clock: Clock,
    pub(super) tls: TlsConfig,
    pub(super) authorization: Option<String>,
    pub(super) defects: HashSet<Defect>,
    pub(super) keep_alive: Option<Duration>,
    pub(super) max_connections: usize,
}

impl EventStoreV1ServerConfig {
    /// In memory, in plain text, on a free port.
    pub fn new() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            #[cfg(feature = "sqlite")]
            file: None,
            clock: Clock::system(),
            tls: TlsConfig::default(),
            authorization: None,
            defects: HashSet::new(),
            keep_alive: None,
            max_connections: MAX_CONNECTIONS,
        }
    }

    /// Listening there; the port 0 takes a free one.
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

    /// Over TLS, with a certificate of an authority of its own; the path of
    /// that authority's certificate is in [`EventStoreV1Server::url`].
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.tls.identity = Some(Identity::Own);
        self
    }

    /// Over TLS, with this certificate.
    #[must_use]
    pub fn with_certificate(mut self, certificate: IssuedCertificate) -> Self {
        self.tls.identity = Some(Identity::Given(certificate));
        self
    }

    /// Admitting only clients with a certificate of the authority with this
    /// PEM. It needs TLS.
    #[must_use]
    pub fn with_client_ca(mut self, pem: impl Into<String>) -> Self {
        self.tls.client_ca = Some(pem.into());
        self
    }

    /// Answering only calls whose header `authorization` is this.
    #[must_use]
    pub fn with_authorization(mut self, value: impl Into<String>) -> Self {
        self.authorization = Some(value.into());
        self
    }

    /// With this defect.
    #[must_use]
    pub fn with_defect(mut self, defect: Defect) -> Self {
        self.defects.insert(defect);
        self
    }

    /// Sending a message without an event when a subscription has caught up,
    /// and whenever nothing was sent for so long. The Postgres backend does
    /// it.
    #[must_use]
    pub const fn with_keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = Some(interval);
        self
    }

    /// With so many connections at once, 1,024 unless it is told. One more
    /// takes the place of one that asks for nothing, and is reset where there
    /// is none.
    #[must_use]
    pub const fn with_max_connections(mut self, most: usize) -> Self {
        self.max_connections = most;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// [`StartError`] when it cannot listen, cannot encrypt, or cannot open
    /// its file.
    pub async fn start(self) -> Result<EventStoreV1Server, StartError> {
        EventStoreV1Server::with_config(self).await
    }
}

impl Default for EventStoreV1ServerConfig {
    fn default() -> Self {
        Self::new()
    }
}
