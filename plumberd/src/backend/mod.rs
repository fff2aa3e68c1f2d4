//! Backends: what keeps the events.

pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;
