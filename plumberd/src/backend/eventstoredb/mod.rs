//! EventStoreDB and KurrentDB, over the `eventstore` crate.

mod config;
mod connection;
mod convert;
mod error;
mod store;
mod url;

pub use config::EventStoreDbConfig;
pub use error::EventStoreDbError;

use connection::Connection;

/// What the store is called in errors.
const BACKEND: &str = "EventStoreDB";

/// A store on an EventStoreDB or KurrentDB server.
///
/// Cheap to clone; clones share the connection.
#[derive(Debug, Clone)]
pub struct EventStoreDb {
    connection: Connection,
}

impl EventStoreDb {
    /// Connects to a server.
    ///
    /// # Errors
    ///
    /// [`EventStoreDbError`] when a setting is wrong, or no server answers.
    pub async fn connect(config: EventStoreDbConfig) -> Result<Self, EventStoreDbError> {
        let connection = Connection::open(config).await?;
        Ok(Self { connection })
    }
}
