//! A server in this process that speaks `eventstore.v1`.
//!
//! It is for tests: of plumberd's backend, of applications, and of other
//! clients. Streams are kept by plumberd's own memory or SQLite store, with
//! tenants; the server translates, and keeps what the protocol has besides:
//! idempotency keys, which it forgets when it is dropped.
//!
//! It makes no mistakes unless it is told to: each [`Defect`] is one that the
//! known servers have.

#![allow(
    clippy::result_large_err,
    reason = "`tonic::Status` is what calls of the protocol answer with"
)]

mod append;
mod config;
mod connection;
mod engine;
mod event;
mod faults;
mod fingerprint;
#[doc(hidden)]
pub mod proto;
mod read;
mod server;
mod service;
mod status;

pub use crate::tls::{CertificateAuthority, IssuedCertificate};
pub use config::{Defect, EventStoreV1ServerConfig};
pub use faults::AppendFault;
pub use server::{EventStoreV1Server, StartError};
