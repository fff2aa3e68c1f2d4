//! plumberd's settings as those of the client crate, which can be made only
//! by parsing a URL.

use super::{EventStoreDbConfig, EventStoreDbError};
use eventstore::{Client, ClientSettings, ClientSettingsParseError, Error};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::{path::Path, time::Duration};

/// A file without certificates, for connections that need none: otherwise the
/// crate loads the operating system's, and panics when it cannot.
const NO_CERTIFICATES: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// The settings for `config`, which has been checked. The credentials are not
/// in them: the crate does not decode them, and shows its settings.
///
/// `leader` stands in for the configured hosts when a node named it.
pub(super) fn client_settings(
    config: &EventStoreDbConfig,
    leader: Option<&(String, u16)>,
) -> Result<ClientSettings, ClientSettingsParseError> {
    let hosts = leader.map_or(&config.hosts[..], std::slice::from_ref);
    // The crate would use only the first of several when told to discover;
    // several are asked who is in the cluster anyway.
    let discover = config.discover && hosts.len() == 1 && leader.is_none();
    let is_cluster = discover || hosts.len() > 1;
    let interval = config.pause_before_attempt(is_cluster);

    let scheme = if discover { "esdb+discover" } else { "esdb" };
    let hosts: Vec<_> = hosts
        .iter()
        // With its port, always: of `a,b:1` the crate reads the port for none.
        .map(|(host, port)| format!("{host}:{port}"))
        .collect();
    let mut options = Options(format!("{scheme}://{}", hosts.join(",")), '?');
    options.add("tls", &config.tls.to_string());
    // It counts the choice of a node as an attempt.
    let attempts = config.max_discover_attempts + 1;
    options.add("maxDiscoverAttempts", &attempts.to_string());
    options.add("discoveryInterval", &millis(interval));
    options.add("gossipTimeout", &millis(config.gossip_timeout));
    options.add("nodePreference", config.node_preference.as_str());
    // Otherwise the server is told 10 s.
    options.add("defaultDeadline", &millis(config.deadline));
    let off = || "-1".to_owned();
    let keep_alive = |value: Option<Duration>| value.map_or_else(off, millis);
    options.add("keepAliveInterval", &keep_alive(config.keep_alive_interval));
    options.add("keepAliveTimeout", &keep_alive(config.keep_alive_timeout));
    if let Some(name) = &config.connection_name {
        options.add("connectionName", name);
    }
    options.add("tlsVerifyCert", &config.verifies().to_string());
    match &config.ca_file {
        Some(file) => options.add_file("tlsCAFile", file),
        None if !config.verifies() => options.add("tlsCAFile", NO_CERTIFICATES),
        None => {}
    }
    if let Some((certificate, key)) = config.user_certificate() {
        options.add_file("userCertFile", certificate);
        options.add_file("userKeyFile", key);
    }
    parsed(&options.0)
}

/// Settings with which a client gives up before it opens a connection: its one
/// attempt is the choice of a node.
pub(super) fn without_connection() -> Result<ClientSettings, ClientSettingsParseError> {
    let mut options = Options("esdb://localhost:2113".into(), '?');
    options.add("tls", "false");
    options.add("tlsCAFile", NO_CERTIFICATES);
    options.add("maxDiscoverAttempts", "1");
    parsed(&options.0)
}

/// A client on `runtime`; it connects when it is first called.
pub(super) fn client(
    runtime: tokio::runtime::Handle,
    settings: ClientSettings,
) -> Result<Client, EventStoreDbError> {
    Client::with_runtime_handle(runtime, settings).map_err(|error| match error {
        // It makes an HTTP client as well, which loads the operating system's
        // certificates whether it needs them or not, and wants one good one
        // where there are any.
        Error::InitializationError(_) => EventStoreDbError::SystemCertificates {
            source: error.into(),
        },
        error => EventStoreDbError::Client {
            source: error.into(),
        },
    })
}

/// Without the crate's warnings, which are about what is meant here.
fn parsed(url: &str) -> Result<ClientSettings, ClientSettingsParseError> {
    let silent = tracing::subscriber::NoSubscriber::default();
    tracing::subscriber::with_default(silent, || url.parse())
}

fn millis(duration: Duration) -> String {
    // A part of a millisecond counts as one: nothing is no deadline at all.
    duration.as_micros().div_ceil(1000).to_string()
}

struct Options(String, char);

impl Options {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push(self.1);
        self.1 = '&';
        self.0.push_str(name);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }

    fn add_file(&mut self, name: &str, file: &Path) {
        self.add(name, &file.to_string_lossy());
    }
}
