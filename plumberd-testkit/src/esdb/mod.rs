//! A server in this process that speaks EventStoreDB's protocol.
//!
//! It is for tests: of plumberd's backend, of applications, and of clients in
//! other languages. Streams are kept by plumberd's own memory or SQLite store,
//! whose semantics are EventStoreDB's; the server only translates.
//!
//! It is one healthy leader, and says so: there is no cluster, no scavenging,
//! no `AtomPub`, and no JavaScript. Users are known when they are asked for
//! ([`EsdbServerConfig::with_basic_auth`]); access control lists of streams are
//! not kept: every user reads and writes every stream, also `$all` and those
//! of the system.

#![allow(
    clippy::result_large_err,
    reason = "what a call fails with is tonic's `Status`"
)]

mod append;
mod auth;
mod commits;
mod config;
mod connection;
mod cursor;
mod engine;
mod envelope;
mod faults;
mod features;
mod filter;
mod front;
mod gossip;
mod link;
mod listener;
mod monitoring;
mod persistent;
mod projections;
#[doc(hidden)]
pub mod proto;
mod server;
mod services;
mod status;
mod streams;
mod undisturbed;
mod users;
mod wire;

pub use crate::tls::{CertificateAuthority, IssuedCertificate};
pub use config::EsdbServerConfig;
pub use faults::{Fault, Faults};
pub use server::{EsdbServer, StartError};

use crate::{net, tls};
pub use tonic::Status;
