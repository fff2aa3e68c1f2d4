//! Tests for what you build with plumberd.
//!
//! * [`fixture`]: given a history, when something is decided, then these
//!   events; no store, no runtime.
//! * [`laws!`]: what must hold for every history of an aggregate.
//! * [`golden`](mod@golden): what was ever stored can be read for ever.
//! * [`conformance`]: what every event store must do.
//! * [`mock`]: stores that answer, and fail, on cue.
//! * [`sample`]: a bank account, the domain of the examples.

pub mod conformance;
pub mod fixture;
pub mod golden;
pub mod laws;
pub mod mock;
pub mod sample;
mod stored;

pub use fixture::{given, given_nothing};
pub use golden::golden;
pub use proptest;
