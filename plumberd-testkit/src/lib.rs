//! Tests for what you build with plumberd.
//!
//! * [`fixture`]: given a history, when something is decided, then these
//!   events; no store, no runtime.
//! * [`laws!`]: what must hold for every history of an aggregate.
//! * [`golden`](mod@golden): what was ever stored can be read for ever.
//! * [`mock`]: a store that expects calls, and one that fails on cue.
//! * [`conformance`]: what every store must do, for authors of stores.
//! * `esdb` (feature `eventstoredb`): a server that speaks EventStoreDB's protocol.
//! * `eventstore_v1` (feature `eventstore-v1`): a server that speaks `eventstore.v1`.
//! * [`sample`]: a bank account, the domain of the examples.

pub mod conformance;
#[cfg(feature = "eventstoredb")]
pub mod esdb;
#[cfg(feature = "eventstore-v1")]
pub mod eventstore_v1;
pub mod fixture;
pub mod golden;
pub mod laws;
pub mod mock;
#[cfg(any(feature = "eventstoredb", feature = "eventstore-v1"))]
mod net;
pub mod sample;
mod stored;
#[cfg(any(feature = "eventstoredb", feature = "eventstore-v1"))]
mod tls;

pub use fixture::{given, given_nothing};
pub use golden::golden;
pub use proptest;
