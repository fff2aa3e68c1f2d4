//! What an application imports: `use plumberd::prelude::*;`.
//!
//! It stands beside serde's traits: of `EventValue` it has the derive and not
//! the trait, whose `serialize` and `deserialize` would make
//! `String::deserialize(…)` mean two things. A bound on the trait says
//! [`plumberd::EventValue`](trait@crate::EventValue).

pub use crate::{
    BoxError, ErrorKind, Event, MessageContext, Report, Store, aggregate,
    aggregate::{Aggregate, HandlesCommand, HandlesCommandWith as _},
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
pub use plumberd_derive::EventValue;
pub use rust_decimal::Decimal;
pub use uuid::Uuid;
