//! The rules of the port [`EventStore`](plumberd::store::EventStore).
//!
//! [`event_store_conformance!`](crate::event_store_conformance) declares a
//! test for each. A rule fails by a panic that says what it saw. Its streams
//! have names of their own, so suites may share one server.

#![allow(
    clippy::missing_panics_doc,
    reason = "a panic is how a rule says that it was broken"
)]

pub mod append;
pub mod delete;
pub mod expected;
pub mod follow_on;
pub mod global_order;
pub mod idempotency;
pub mod info;
pub mod link;
pub mod read;
pub mod record;
pub mod stream_deleted;
pub mod stress;
pub mod subscribe_all;
pub mod subscribe_stream;
pub mod tenant;
pub mod truncation;

mod list;
mod run;
mod scene;
mod suite;

pub use list::{RULES, Rule};
#[doc(hidden)]
pub use run::{run, run_with_clock};
