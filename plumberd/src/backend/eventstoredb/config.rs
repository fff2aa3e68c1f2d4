use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Which node of a cluster is asked.
///
/// With one host and no discovery there is nothing to choose from; then
/// [`NodePreference::Leader`] says that only a leader may answer, and the
/// others that any node may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodePreference {
    /// The leader: whatever is read is what was last written.
    #[default]
    Leader,
    /// A follower, when there is one. It may lag behind the leader, so that a
    /// read may miss what was just written.
    Follower,
    /// A read-only replica, when there is one. It may lag, as a follower.
    ReadOnlyReplica,
    /// Any node. It may lag, as a follower.
    Random,
}

impl NodePreference {
    /// As the option of the URL has it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Follower => "follower",
            Self::ReadOnlyReplica => "readOnlyReplica",
            Self::Random => "random",
        }
    }
}

/// How to reach an EventStoreDB or KurrentDB server.
///
/// Values are checked by [`EventStoreDb::connect`](super::EventStoreDb::connect)
/// and [`EventStoreDb::lazy`](super::EventStoreDb::lazy): what cannot work is
/// refused, nothing is ignored. The ranges stand at each setting.
///
/// # Examples
///
/// ```
/// use plumberd::backend::eventstoredb::EventStoreDbConfig;
/// use std::time::Duration;
///
/// let config = EventStoreDbConfig::new("localhost", 2113)
///     .with_tls(false)
///     .with_deadline(Duration::from_secs(5));
/// let same = EventStoreDbConfig::from_url("esdb://localhost?tls=false&defaultDeadline=5000")?;
/// assert_eq!(config, same);
/// # Ok::<(), plumberd::BoxError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventStoreDbConfig {
    pub(super) hosts: Vec<(String, u16)>,
    pub(super) discover: bool,
    pub(super) credentials: Option<(String, String)>,
    pub(super) tls: bool,
    /// `None`: not said, which is yes over TLS.
    pub(super) verify_certificate: Option<bool>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) user_cert_file: Option<PathBuf>,
    pub(super) user_key_file: Option<PathBuf>,
    /// How long one call may take.
    pub(super) deadline: Duration,
    /// `None`: no pings.
    pub(super) keep_alive_interval: Option<Duration>,
    /// `None`: pings need no answer.
    pub(super) keep_alive_timeout: Option<Duration>,
    pub(super) connection_name: Option<String>,
    pub(super) node_preference: NodePreference,
    pub(super) max_discover_attempts: u32,
    /// `None`: not said.
    pub(super) discovery_interval: Option<Duration>,
    pub(super) gossip_timeout: Duration,
}

impl EventStoreDbConfig {
    /// The port of a server that was not told another.
    pub const PORT: u16 = 2113;

    /// The server at `host` and `port`, over TLS, with the defaults that each
    /// setter names.
    ///
    /// A host is a DNS name or an address; one of IPv6 must stand in brackets.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            hosts: vec![(host.into(), port)],
            discover: false,
            credentials: None,
            tls: true,
            verify_certificate: None,
            ca_file: None,
            user_cert_file: None,
            user_key_file: None,
            deadline: Duration::from_secs(10),
            keep_alive_interval: Some(Duration::from_secs(10)),
            keep_alive_timeout: Some(Duration::from_secs(10)),
            connection_name: None,
            node_preference: NodePreference::Leader,
            max_discover_attempts: 3,
            discovery_interval: None,
            gossip_timeout: Duration::from_secs(3),
        }
    }

    /// One more node of the cluster. With several, they are asked in random
    /// order who is who, and the node that
    /// [`with_node_preference`](Self::with_node_preference) names is used.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>, port: u16) -> Self {
        self.hosts.push((host.into(), port));
        self
    }

    /// Whether to ask the one host who is in the cluster, as `+discover` does:
    /// its name may stand for all nodes. With several hosts they are asked
    /// anyway. Off by default.
    #[must_use]
    pub fn with_discovery(mut self, on: bool) -> Self {
        self.discover = on;
        self
    }

    /// The user and the password, as they are: nothing is percent-encoded.
    /// None by default. A user's name is not empty and has no `:`.
    ///
    /// Without TLS both can be read on the way.
    #[must_use]
    pub fn with_credentials(
        mut self,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        self.credentials = Some((user.into(), password.into()));
        self
    }

    /// Whether to use TLS (`tls`). On by default.
    #[must_use]
    pub fn with_tls(mut self, on: bool) -> Self {
        self.tls = on;
        self
    }

    /// Whether the server must prove who it is (`tlsVerifyCert`). Yes by
    /// default over TLS; no is for tests: anybody can answer then.
    #[must_use]
    pub fn with_verify_certificate(mut self, on: bool) -> Self {
        self.verify_certificate = Some(on);
        self
    }

    /// The certificates, in PEM form, that the server's must be signed by
    /// (`tlsCAFile`). The operating system's by default.
    #[must_use]
    pub fn with_ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(file.into());
        self
    }

    /// This client's own certificate and its key, in PEM form
    /// (`userCertFile`, `userKeyFile`). None by default.
    #[must_use]
    pub fn with_user_certificate(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.user_cert_file = Some(certificate.into());
        self.user_key_file = Some(key.into());
        self
    }

    /// How long one call may take, connecting included (`defaultDeadline`):
    /// 1 ms to a day, 10 s by default. A read may take longer, as long as
    /// no wait for more events does; a subscription may wait as long as it
    /// likes.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How often to ping the server while a call is open
    /// (`keepAliveInterval`): 10 s to a day, or `None` for never. 10 s by
    /// default.
    #[must_use]
    pub fn with_keep_alive_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.keep_alive_interval = interval.into();
        self
    }

    /// How long a ping may go without an answer before the connection is
    /// given up (`keepAliveTimeout`): 10 s to a day, or `None` for ever. 10 s
    /// by default.
    #[must_use]
    pub fn with_keep_alive_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.keep_alive_timeout = timeout.into();
        self
    }

    /// What the server's statistics and logs call this client
    /// (`connectionName`): 1 to 255 characters of printable ASCII. None by
    /// default.
    #[must_use]
    pub fn with_connection_name(mut self, name: impl Into<String>) -> Self {
        self.connection_name = Some(name.into());
        self
    }

    /// Which node of a cluster is asked (`nodePreference`).
    /// [`NodePreference::Leader`] by default.
    #[must_use]
    pub fn with_node_preference(mut self, preference: NodePreference) -> Self {
        self.node_preference = preference;
        self
    }

    /// How often to look for a node of the cluster before a call fails
    /// (`maxDiscoverAttempts`): 1 to 1000, 3 by default. The next call begins
    /// anew.
    #[must_use]
    pub fn with_max_discover_attempts(mut self, attempts: u32) -> Self {
        self.max_discover_attempts = attempts;
        self
    }

    /// How long to wait before each of those attempts, the first included
    /// (`discoveryInterval`): up to a day. 500 ms by default; nothing where
    /// there is one host and no discovery.
    #[must_use]
    pub fn with_discovery_interval(mut self, interval: Duration) -> Self {
        self.discovery_interval = Some(interval);
        self
    }

    /// How long one node may take to say who is in the cluster, and what it
    /// can do (`gossipTimeout`): 1 ms to a day, 3 s by default.
    #[must_use]
    pub fn with_gossip_timeout(mut self, timeout: Duration) -> Self {
        self.gossip_timeout = timeout;
        self
    }

    /// The hosts and their ports.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, u16)> {
        self.hosts.iter().map(|(host, port)| (host.as_str(), *port))
    }

    /// The hosts and ports in one text, for errors.
    pub(super) fn address(&self) -> String {
        let hosts: Vec<_> = self
            .hosts
            .iter()
            .map(|(host, port)| format!("{host}:{port}"))
            .collect();
        hosts.join(", ")
    }

    /// Whether the server's certificate is looked at.
    pub(super) fn verifies(&self) -> bool {
        self.tls && self.verify_certificate != Some(false)
    }

    /// Whether a node is looked for.
    pub(super) fn is_cluster(&self) -> bool {
        self.discover || self.hosts.len() > 1
    }

    /// The pause before each attempt to connect. The client crate waits before
    /// its first one too, which is no help where there is nothing to discover.
    pub(super) fn pause_before_attempt(&self, discovers: bool) -> Duration {
        let usual = if discovers {
            Duration::from_millis(500)
        } else {
            Duration::ZERO
        };
        self.discovery_interval.unwrap_or(usual)
    }

    /// How long a client may look for a server without a sign of life. One that
    /// has a single address looks for none.
    pub(super) fn connects_within(&self) -> Duration {
        let pauses = self.pause_before_attempt(self.is_cluster());
        let pauses = pauses.saturating_mul(self.max_discover_attempts);
        if self.is_cluster() {
            pauses.saturating_add(self.gossip_timeout)
        } else {
            pauses
        }
    }

    /// The client's certificate and key, when there are both.
    pub(super) fn user_certificate(&self) -> Option<(&Path, &Path)> {
        self.user_cert_file
            .as_deref()
            .zip(self.user_key_file.as_deref())
    }
}

/// Leaves the password out.
impl fmt::Debug for EventStoreDbConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStoreDbConfig")
            .field("hosts", &self.hosts)
            .field("discover", &self.discover)
            .field("user", &self.credentials.as_ref().map(|(user, _)| user))
            .field("tls", &self.tls)
            .field("verify_certificate", &self.verify_certificate)
            .field("ca_file", &self.ca_file)
            .field("user_cert_file", &self.user_cert_file)
            .field("user_key_file", &self.user_key_file)
            .field("deadline", &self.deadline)
            .field("keep_alive_interval", &self.keep_alive_interval)
            .field("keep_alive_timeout", &self.keep_alive_timeout)
            .field("connection_name", &self.connection_name)
            .field("node_preference", &self.node_preference)
            .field("max_discover_attempts", &self.max_discover_attempts)
            .field("discovery_interval", &self.discovery_interval)
            .field("gossip_timeout", &self.gossip_timeout)
            .finish()
    }
}
