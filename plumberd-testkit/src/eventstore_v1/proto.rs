//! The messages and the server of `eventstore.v1`, generated from the
//! protocol's file.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::all,
    missing_debug_implementations,
    reason = "generated code"
)]

include!("generated/eventstore.v1.rs");
