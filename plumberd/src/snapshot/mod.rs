//! Snapshots: the state of an aggregate beside its stream, so that a load need
//! not replay everything.

mod policy;
mod snapshots;

pub use policy::{SnapshotPolicy, SnapshotState};
#[doc(hidden)]
pub use snapshots::{Snapshot, Snapshots};
