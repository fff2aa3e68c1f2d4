//! The messages and the client of `eventstore.v1`, generated from
//! `proto/eventstore.proto`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::all,
    missing_debug_implementations,
    reason = "generated code"
)]

include!("generated/eventstore.v1.rs");
