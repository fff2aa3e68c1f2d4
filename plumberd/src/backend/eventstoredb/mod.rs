//! EventStoreDB and KurrentDB, over the `eventstore` crate.
//!
//! How to connect, every option, and what the errors mean are in
//! [`docs::eventstoredb`](crate::docs::eventstoredb).

mod append;
mod check;
mod check_call;
mod client;
mod config;
mod conflict;
mod connection;
mod convert;
mod delete;
pub(super) mod driver;
mod envelope;
mod error;
mod failure;
mod filter;
mod find;
mod follow;
mod guarded;
mod info;
mod persistent;
mod probe;
mod projection;
mod provider;
mod read;
mod read_all;
mod read_deadline;
mod reading;
mod runtime;
mod seen_positions;
mod session;
mod settings;
mod store;
mod tls;
mod url;

pub use check::InvalidSetting;
pub use config::{EventStoreDbConfig, NodePreference};
pub use error::EventStoreDbError;
pub use persistent::{
    ConsumerStrategy, Delivery, GroupFilter, GroupPlace, GroupStart, Nack, PersistentError,
    PersistentInfo, PersistentSettings, PersistentSubscription, PersistentSubscriptions, Source,
};
pub use projection::Projections;
pub use url::InvalidEventStoreDbUrl;

use connection::Connection;
use follow::Listener;
use seen_positions::SeenPositions;
use session::Sessions;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What the store is called in errors.
const BACKEND: &str = "EventStoreDB";

/// A store on an EventStoreDB or KurrentDB server.
///
/// Cheap to clone; clones share the connection. A call needs a Tokio runtime
/// with I/O and a timer around it, any runtime: where there is none it fails
/// with [`StoreError::NoRuntime`](crate::store::StoreError::NoRuntime). A
/// subscription, a filtered read and a persistent subscription are read by a
/// task in the runtime that they began in: they wait while it is not run, and
/// fail as unavailable, or as ended, when it has ended. The connection lives on
/// a thread of its own, `plumberd-esdb`, which ends with it when the last
/// clone, read and subscription is dropped. A connection that broke is made
/// anew by the next call.
///
/// # What it promises, and what the server does not let it
///
/// It keeps the contract of [`EventStore`](crate::store::EventStore), but for:
///
/// * **Tenants**: there are none.
/// * **Event ids** are one stream's: the server lets two streams have events of
///   one id.
/// * **A deleted stream** takes an append that expects the last revision it had
///   before the delete. Who must not write after a delete reads again first.
/// * **`is_already_applied`** of an outcome is found without a further round
///   trip: the place the server answers is no newer than what this handle knew
///   when it sent the batch. A batch that another program has written since the
///   last answer to this handle is taken for written now.
/// * **Deletes** of a stream, soft ones and truncations, are told by
///   subscriptions to everything, not by those to the stream: the server keeps
///   them in another stream, and gives two subscriptions no common order, so
///   that a delete could be told after an event that was appended since. A
///   tombstone ends a subscription to the stream, with
///   [`StoreError::StreamDeleted`](crate::store::StoreError::StreamDeleted). Who
///   must hear of deletes follows everything, with
///   [`Filter::stream`](crate::store::Filter::stream); that takes the right to
///   read `$all`.
/// * **How far back** a server recognises a repeated batch depends on what is
///   expected: at the expected place always, with
///   [`Any`](crate::stream::ExpectedRevision::Any) as far as its memory goes.
///
/// An event whose content type is neither JSON nor octet-stream, or whose data
/// is not the JSON it is said to be, is octet-stream to the server; the key
/// `$contentType` in front of its metadata says what it is, and is taken out
/// again when it is read.
///
/// Reads with a filter, and subscriptions, need a server that says when a
/// reader has caught up: EventStoreDB 23.10 or newer.
#[derive(Debug, Clone)]
pub struct EventStoreDb {
    shared: Arc<Shared>,
}

/// What the clones of a handle share.
#[derive(Debug)]
struct Shared {
    connection: Connection,
    sessions: Sessions,
    seen: SeenPositions,
    listener: Listener,
    unresolved_links: AtomicU64,
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
        Ok(Self::over(connection))
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
    /// let store = EventStoreDb::lazy(config)?; // no server need listen there yet
    /// # Ok::<(), plumberd::BoxError>(())
    /// ```
    pub fn lazy(config: EventStoreDbConfig) -> Result<Self, EventStoreDbError> {
        let connection = Connection::lazy(config)?;
        Ok(Self::over(connection))
    }

    /// How many links that point to no visible event this handle and its
    /// clones have yielded as themselves, where links were to be resolved.
    ///
    /// Each stands for one event that is gone: deleted, truncated, or of a
    /// stream with a tombstone.
    pub fn unresolved_links(&self) -> u64 {
        self.shared.unresolved_links.load(Ordering::Relaxed)
    }

    fn over(connection: Connection) -> Self {
        Self {
            shared: Arc::new(Shared {
                connection,
                sessions: Sessions::default(),
                seen: SeenPositions::default(),
                listener: Listener::new(),
                unresolved_links: AtomicU64::new(0),
            }),
        }
    }

    /// Makes one call, as [`EventStoreDb::connect`] does: whether the server
    /// is there and takes these settings, for a health check.
    ///
    /// # Errors
    ///
    /// As of [`EventStoreDb::connect`].
    ///
    /// # Cancel safety
    ///
    /// Nothing is left behind when the future is dropped.
    pub async fn check(&self) -> Result<(), EventStoreDbError> {
        self.shared.connection.check().await
    }
}
