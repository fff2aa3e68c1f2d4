//! The multi-tenant `eventstore.v1` gRPC store.
//!
//! What it keeps, what it cannot do and its options are in
//! [the page about it](crate::docs::eventstore_v1).

mod ack;
mod aggregate_type;
mod append;
mod append_locks;
mod checkpoints;
mod client;
mod config;
mod connection;
mod connector;
mod convert;
mod detail;
pub(super) mod driver;
mod error;
mod find;
mod follow;
mod id_index;
mod metadata;
mod pool;
mod prefetch;
#[doc(hidden)]
pub mod proto;
mod push;
mod read;
mod store;
mod tls;
mod url;
mod wire;

pub use ack::Acked;
pub use checkpoints::{Checkpoints, MemoryCheckpoints, StreamCheckpoints};
pub use config::{Credentials, EventStoreV1Config, Tls};
pub use detail::ConflictDetail;
pub use error::EventStoreV1Error;
pub use url::InvalidEventStoreV1Url;

use crate::{
    store::{Limits, StoreError},
    stream::TenantId,
};
use append_locks::AppendLocks;
use connection::Connection;
use id_index::IdIndex;
use std::sync::Arc;

/// What the store is called in errors.
const BACKEND: &str = "the `eventstore.v1` server";

/// The header with the metadata as it was written.
///
/// Its value is the text of the metadata. Metadata that is no UTF-8 is in
/// [`METADATA_BASE64_HEADER`] instead.
pub const METADATA_HEADER: &str = "plumberd-metadata";

/// The header with metadata that is no UTF-8, as base64.
pub const METADATA_BASE64_HEADER: &str = "plumberd-metadata-base64";

/// The header that tells one append of a batch from a repetition of it, on the
/// batch's first event.
pub const ATTEMPT_HEADER: &str = "plumberd-attempt";

/// The key of the metadata with what the data of an event is by, as a schema's
/// name: it is sent as `content_schema`, and read from there.
pub const CONTENT_SCHEMA_KEY: &str = "$contentSchema";

/// The largest message a server takes that was not told otherwise, in bytes.
const MAX_MESSAGE: usize = 4 << 20;

/// What one append may have: a server takes messages of up to 4 MiB, and each
/// event has fields of its own beside data and metadata.
const LIMITS: Limits = Limits {
    event_bytes: 1 << 20,
    batch_events: 1_000,
    batch_bytes: 2 << 20,
};

/// A store on an `eventstore.v1` server.
///
/// A handle without a tenant can do nothing but give tenants' handles, unless
/// the configuration names a tenant for it. Cheap to clone; clones share the
/// connections.
///
/// # Examples
///
/// ```no_run
/// use plumberd::backend::eventstore_v1::{EventStoreV1, EventStoreV1Config};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), plumberd::Report> {
/// let config = EventStoreV1Config::new("127.0.0.1", 50051).with_tenant("acme".parse()?);
/// let store = EventStoreV1::connect(config).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct EventStoreV1 {
    connection: Connection,
    /// Writers that expect no revision take turns at a stream: each must propose
    /// the next nonce, and only one proposal can be right.
    locks: Arc<AppendLocks>,
    /// So do those that look through it.
    looks: Arc<AppendLocks>,
    id_index: Arc<IdIndex>,
    /// Whose handle this is; none of the one that was connected.
    tenant: Option<TenantId>,
}

impl EventStoreV1 {
    /// Connects to a server: one connection is made, the others when they are
    /// needed.
    ///
    /// It needs a Tokio runtime with a timer and I/O, and so does every call:
    /// the connections are of the runtime that a call is made in, at most
    /// `max_connections` of each.
    ///
    /// # Errors
    ///
    /// [`EventStoreV1Error`] when a setting is wrong, or no connection is made
    /// within the connection time-out. In plain text a peer that takes the
    /// connection in and is no server is found out by the first call.
    ///
    /// # Cancel safety
    ///
    /// Nothing is left when the future is dropped.
    pub async fn connect(config: EventStoreV1Config) -> Result<Self, EventStoreV1Error> {
        Ok(Self {
            connection: Connection::open(config).await?,
            locks: Arc::default(),
            looks: Arc::default(),
            id_index: Arc::default(),
            tenant: None,
        })
    }

    /// Whose streams a call on this handle is about.
    fn tenant(&self) -> Result<&TenantId, StoreError> {
        self.tenant
            .as_ref()
            .or(self.connection.config().tenant.as_ref())
            .ok_or(StoreError::TenantRequired)
    }

    /// A handle of this tenant, made from a handle of any.
    fn of(&self, tenant: TenantId) -> Self {
        Self {
            tenant: Some(tenant),
            ..self.clone()
        }
    }
}
