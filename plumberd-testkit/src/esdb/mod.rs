//! A server in this process that speaks EventStoreDB's protocol.
//!
//! It is for tests: of plumberd's backend, of applications, and of clients in
//! other languages. Streams are kept by plumberd's own memory or SQLite store,
//! whose semantics are EventStoreDB's; the server only translates.
//!
//! It is one healthy leader, and says so: there is no cluster, no scavenging,
//! no AtomPub, and no JavaScript.

mod config;
mod connection;
mod engine;
mod persistent;
#[doc(hidden)]
pub mod proto;
mod server;
mod services;
mod status;
mod streams;
mod wire;

pub use config::EsdbServerConfig;
pub use server::{EsdbServer, StartError};
