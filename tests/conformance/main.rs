//! The conformance suites, run on every backend and wrapper, and on stores
//! that are broken on purpose.

mod broken;
#[cfg(feature = "eventstore-v1")]
mod eventstore_v1;
#[cfg(feature = "eventstoredb")]
mod eventstoredb;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;
mod without;
mod wrappers;
