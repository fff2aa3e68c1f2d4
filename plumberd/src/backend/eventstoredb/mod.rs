//! EventStoreDB and KurrentDB, over the `eventstore` crate.
//!
//! How to connect, every option, and what the errors mean are in
//! [`docs::eventstoredb`](crate::docs::eventstoredb).

mod check;
mod check_call;
mod config;
mod connection;
mod convert;
mod error;
mod probe;
mod provider;
mod settings;
mod store;
mod tls;
mod url;

pub use check::InvalidSetting;
pub use config::{EventStoreDbConfig, NodePreference};
pub use error::EventStoreDbError;
pub use url::InvalidEventStoreDbUrl;

use connection::Connection;

/// What the store is called in errors.
const BACKEND: &str = "EventStoreDB";

/// A store on an EventStoreDB or KurrentDB server.
///
/// Cheap to clone; clones share the connection. It needs a Tokio runtime with
/// I/O and time. A connection that broke is made anew by the next call.
#[derive(Debug, Clone)]
pub struct EventStoreDb {
    connection: Connection,
}

impl EventStoreDb {
    /// Connects to a server, and makes one call, so that a wrong address,
    /// certificate or password is an error here, which says what is wrong.
    ///
    /// Takes at most the deadline of the settings, and to find out why it
    /// failed as long again, at most 3 s a host.
    ///
    /// # Errors
    ///
    /// [`EventStoreDbError`], of which
    /// [`is_transient`](EventStoreDbError::is_transient) says whether to try
    /// again.
    ///
    /// # Cancel safety
    ///
    /// Nothing is left behind when the future is dropped.
    pub async fn connect(config: EventStoreDbConfig) -> Result<Self, EventStoreDbError> {
        let connection = Connection::open(config).await?;
        Ok(Self { connection })
    }

    /// A store whose first call connects: for a service that may start before
    /// its server. While there is none, calls fail as unavailable.
    ///
    /// Blocks for some milliseconds, to read the certificates and, once in a
    /// process, to start the client.
    ///
    /// # Errors
    ///
    /// [`EventStoreDbError`] for what needs no server to be known: a wrong
    /// setting, a certificate that cannot be read, a provider of rustls that
    /// is installed already.
    ///
    /// # Examples
    ///
    /// ```
    /// use plumberd::backend::eventstoredb::{EventStoreDb, EventStoreDbConfig};
    ///
    /// let config = EventStoreDbConfig::from_url("esdb://localhost?tls=false")?;
    /// let store = EventStoreDb::lazy(config)?; // nobody need listen there yet
    /// # Ok::<(), plumberd::BoxError>(())
    /// ```
    pub fn lazy(config: EventStoreDbConfig) -> Result<Self, EventStoreDbError> {
        let connection = Connection::lazy(config)?;
        Ok(Self { connection })
    }
}
