use super::error::EventStoreV1Error;
use crate::{clock::Clock, retry::RetryPolicy, stream::TenantId};
use std::{fmt, path::PathBuf, time::Duration};

/// How to reach an `eventstore.v1` server, and how to use it.
///
/// `Debug` shows no secret.
///
/// # Examples
///
/// ```
/// use plumberd::backend::eventstore_v1::{Credentials, EventStoreV1Config, Tls};
///
/// let config = EventStoreV1Config::new("events.example", 443)
///     .with_tls(Tls::new().with_ca_file("/etc/ca.pem"))
///     .with_credentials(Credentials::bearer("s3cret"));
/// assert!(!format!("{config:?}").contains("s3cret"));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EventStoreV1Config {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tenant: Option<TenantId>,
    pub(super) tls: Option<Tls>,
    pub(super) credentials: Option<Credentials>,
    pub(super) plain_credentials: bool,
    pub(super) connection_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) max_connections: usize,
    pub(super) page_size: u32,
    pub(super) poll_interval: Duration,
    pub(super) actor: Option<String>,
    pub(super) retry: RetryPolicy,
    pub(super) clock: Clock,
}

impl EventStoreV1Config {
    /// The largest page a server gives.
    pub const MAX_PAGE_SIZE: u32 = 1_000;

    /// The server at `host` and `port`, in plain text, without a tenant.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            tenant: None,
            tls: None,
            credentials: None,
            plain_credentials: false,
            connection_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            max_connections: 4,
            page_size: 100,
            poll_interval: Duration::from_secs(5),
            actor: None,
            retry: RetryPolicy::DEFAULT
                .with_retries(3)
                .with_pauses(Duration::from_millis(50), Duration::from_secs(2)),
            clock: Clock::system(),
        }
    }

    /// Whose streams a handle is about that was not made for a tenant. None by
    /// default: such a handle can only give tenants' handles.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Over TLS. Plain text by default.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// With who calls, in the header `authorization` of every call; only over
    /// TLS, see [`EventStoreV1Config::with_plain_credentials`].
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Lets credentials be sent in plain text, where everybody on the way can
    /// read them. Off by default: then credentials without TLS are an error.
    #[must_use]
    pub const fn with_plain_credentials(mut self) -> Self {
        self.plain_credentials = true;
        self
    }

    /// How long making a connection may take, TLS included. 5 s by default.
    #[must_use]
    pub const fn with_connection_timeout(mut self, timeout: Duration) -> Self {
        self.connection_timeout = timeout;
        self
    }

    /// How long one call may take. 30 s by default.
    #[must_use]
    pub const fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How many connections calls are spread over, from 1. 4 by default.
    #[must_use]
    pub const fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// How many events one call reads at the most, from 1 to
    /// [`EventStoreV1Config::MAX_PAGE_SIZE`]. 100 by default.
    #[must_use]
    pub const fn with_page_size(mut self, events: u32) -> Self {
        self.page_size = events;
        self
    }

    /// How often a subscription looks for events that the server did not tell
    /// of. 5 s by default.
    #[must_use]
    pub const fn with_poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// The `actor_id` of events whose metadata has no `UserId`.
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// How calls are tried again that failed on the way. Three times by
    /// default, after at most 50 ms, 100 ms and 200 ms.
    #[must_use]
    pub const fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The clock for `timestamp_unix_ms` of events whose metadata has no
    /// `Created`.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Whether every setting can be kept.
    pub(super) fn check(&self) -> Result<(), EventStoreV1Error> {
        let wrong = |what: &str| {
            Err(EventStoreV1Error::Config {
                reason: what.to_owned(),
            })
        };
        if self.host.is_empty() {
            return wrong("the host is empty");
        }
        if self.max_connections == 0 {
            return wrong("`max_connections` is 0; it takes at least one");
        }
        if !(1..=Self::MAX_PAGE_SIZE).contains(&self.page_size) {
            return wrong("`page_size` is not from 1 to 1000");
        }
        for (name, timeout) in [
            ("connection_timeout", self.connection_timeout),
            ("request_timeout", self.request_timeout),
            ("poll_interval", self.poll_interval),
        ] {
            if timeout.is_zero() {
                return wrong(&format!("`{name}` is 0"));
            }
        }
        if self.credentials.is_some() && self.tls.is_none() && !self.plain_credentials {
            return wrong(
                "there are credentials and no TLS: everybody on the way could read them; \
                 use `eventstore+https:`, or allow it with `plain_credentials=true`",
            );
        }
        if self.plain_credentials && self.credentials.is_none() {
            return wrong("`plain_credentials` is set, and there are no credentials");
        }
        Ok(())
    }
}

/// How TLS proves who is who.
///
/// Without a CA file the machine's own certificates are trusted.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Tls {
    pub(super) ca_file: Option<PathBuf>,
    pub(super) identity: Option<(PathBuf, PathBuf)>,
    pub(super) server_name: Option<String>,
}

impl Tls {
    /// Trusting the machine's certificates, without a certificate of our own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusting the authorities in this PEM file and no other.
    #[must_use]
    pub fn with_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Showing this certificate (PEM, with what leads to its authority), whose
    /// private key is in the second file (PEM).
    #[must_use]
    pub fn with_identity(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.identity = Some((certificate.into(), key.into()));
        self
    }

    /// Expecting this name in the server's certificate, where it is not the
    /// host.
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }
}

/// Who calls.
///
/// `Debug` shows neither token nor password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(pub(super) Secret);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Secret {
    Bearer(String),
    Basic { user: String, password: String },
}

impl Credentials {
    /// The bearer of this token.
    pub fn bearer(token: impl Into<String>) -> Self {
        Self(Secret::Bearer(token.into()))
    }

    /// The user of this name and password.
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self(Secret::Basic {
            user: user.into(),
            password: password.into(),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Secret::Bearer(_) => f.write_str("Bearer(…)"),
            Secret::Basic { user, .. } => write!(f, "Basic({user:?}, …)"),
        }
    }
}
