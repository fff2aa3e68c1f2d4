//! What an application imports: `use plumberd::prelude::*;`.
//!
//! It stands beside serde's traits: of `EventValue` it has the derive and not
//! the trait, whose `serialize` and `deserialize` would make
//! `String::deserialize(…)` mean two things. A bound on the trait says
//! [`plumberd::EventValue`](trait@crate::EventValue).
//!
//! # In types of your own, through serde
//!
//! `StreamName`, `Revision`, `Executed`, `RecordedEvent` and the like have
//! serde's traits, and so have `Uuid`, `DateTime` and `Decimal`. A `Decimal` is
//! written as a text (`"12.50"`) and read from a text or a number.
//!
//! From a number it is not read where some crate of the program turns on
//! `arbitrary_precision` of `serde_json`: "invalid type: map, expected a Decimal
//! type representing a fixed-point number". Then say in your `Cargo.toml`:
//!
//! ```toml
//! rust_decimal = { version = "1", features = ["serde-with-arbitrary-precision"] }
//! ```
//!
//! It is for the application to say, because that feature turns on
//! `arbitrary_precision` for the whole program. Events, commands and states are
//! read by readers of plumberd's own, and need nothing of it.
//!
//! ```
//! use plumberd::prelude::*;
//! # use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Invoice {
//!     stream: StreamName,
//!     total: Decimal,
//! }
//!
//! let invoice: Invoice = serde_json::from_str(r#"{"stream":"Order-1","total":"12.50"}"#)?;
//!
//! assert_eq!(invoice.total, dec!(12.50));
//! assert_eq!(serde_json::to_string(&invoice)?, r#"{"stream":"Order-1","total":"12.50"}"#);
//! # Ok::<(), BoxError>(())
//! ```

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
