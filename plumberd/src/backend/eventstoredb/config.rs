use std::{fmt, time::Duration};

/// How to reach an EventStoreDB or KurrentDB server.
#[derive(Clone)]
#[non_exhaustive]
pub struct EventStoreDbConfig {
    pub(super) hosts: Vec<(String, u16)>,
    pub(super) tls: bool,
    pub(super) credentials: Option<(String, String)>,
    /// How long one call may take.
    pub(super) deadline: Duration,
    pub(super) discovery_interval: Duration,
}

impl EventStoreDbConfig {
    /// The server at `host` and `port`, over TLS.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            hosts: vec![(host.into(), port)],
            tls: true,
            credentials: None,
            deadline: Duration::from_secs(10),
            discovery_interval: Duration::from_millis(500),
        }
    }
}

/// Leaves the password out.
impl fmt::Debug for EventStoreDbConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStoreDbConfig")
            .field("hosts", &self.hosts)
            .field("tls", &self.tls)
            .field("user", &self.credentials.as_ref().map(|(user, _)| user))
            .finish_non_exhaustive()
    }
}
