//! What an application imports: `use plumberd::prelude::*;`.

pub use crate::{
    BoxError, Event, EventValue, MessageContext, Store, aggregate,
    aggregate::{Aggregate as _, HandlesCommand as _},
    command_handler, connect, dec,
    event::{Metadata, RecordedEvent},
    event_sourcing_handler,
    repository::{
        CacheConfig, DecideError, ExecuteError, Executed, Repository, RepositoryError, Root,
    },
    snapshot::SnapshotPolicy,
    store::{EventStore, EventStoreExt, Filter, ReadOptions, StoreError, SubscribeFrom},
    stream::{ExpectedRevision, Position, Revision, StreamName},
};
pub use chrono::{DateTime, FixedOffset, Utc};
pub use rust_decimal::Decimal;
pub use uuid::Uuid;
