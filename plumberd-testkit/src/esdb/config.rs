use super::{
    EsdbServer, StartError,
    auth::{AuthConfig, Password},
    net,
    tls::{Identity, IssuedCertificate, TlsConfig},
};
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
    /// How many connections there may be at once,
    /// [`EsdbServerConfig::MAX_CONNECTIONS`] unless set. One more takes the
    /// place of one that asks for nothing, and is reset where there is none.
    pub max_connections: usize,
    pub(super) tls: TlsConfig,
    pub(super) auth: AuthConfig,
}

impl EsdbServerConfig {
    /// The largest append of a server that was not told another, in bytes.
    pub const MAX_APPEND_SIZE: usize = 1_048_576;

    /// How many connections a server keeps that was not told another number.
    pub const MAX_CONNECTIONS: usize = net::MAX_CONNECTIONS;

    /// In memory, in plain text, on a free port.
    pub fn new() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            #[cfg(feature = "sqlite")]
            file: None,
            clock: Clock::system(),
            max_append_size: Self::MAX_APPEND_SIZE,
            max_connections: Self::MAX_CONNECTIONS,
            tls: TlsConfig::default(),
            auth: AuthConfig::default(),
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

    /// Encrypted, with a certificate for the loopback interface that an
    /// authority of the server's own has signed: [`EsdbServer::ca_file`].
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.tls.identity = Some(Identity::Own);
        self
    }

    /// Encrypted, with this certificate (or chain, its own first) and its
    /// private key, in PEM.
    ///
    /// The connection string names no authority then.
    #[must_use]
    pub fn with_certificate(
        mut self,
        certificate_pem: impl Into<String>,
        key_pem: impl Into<String>,
    ) -> Self {
        let given = IssuedCertificate::new(certificate_pem.into(), key_pem.into());
        self.tls.identity = Some(Identity::Given(given));
        self
    }

    /// Admitting only clients with a certificate that this authority (in PEM)
    /// has signed; encrypted as [`EsdbServerConfig::with_tls`] says, unless a
    /// certificate is given.
    #[must_use]
    pub fn with_client_ca(mut self, ca_pem: impl Into<String>) -> Self {
        self.tls.client_ca = Some(ca_pem.into());
        self.tls.identity.get_or_insert(Identity::Own);
        self
    }

    /// Asking for a user and a password in every call, but for those with
    /// which clients look for a server (gossip, server features).
    ///
    /// There are `admin`, who may manage users, and `ops`, both with the
    /// password `changeit`. These two, and others of their groups, manage
    /// persistent subscriptions and projections.
    #[must_use]
    pub const fn with_basic_auth(mut self) -> Self {
        self.auth.required = true;
        self
    }

    /// With one more user, in no group; or with another password for `admin`
    /// or `ops`. Users and passwords are asked for from now on
    /// ([`EsdbServerConfig::with_basic_auth`]).
    ///
    /// Of the password only a salted hash is kept once the server runs.
    #[must_use]
    pub fn with_user(mut self, login: impl Into<String>, password: impl Into<String>) -> Self {
        let password = Password(password.into());
        self.auth.users.push((login.into(), password));
        self.with_basic_auth()
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// [`StartError`] when it cannot listen, cannot open its file, or cannot
    /// use a certificate.
    pub async fn start(self) -> Result<EsdbServer, StartError> {
        EsdbServer::with_config(self).await
    }
}

impl Default for EsdbServerConfig {
    fn default() -> Self {
        Self::new()
    }
}
