//! The service of streams.

mod append;
mod batch;
mod client;
mod delete;
mod filter;
mod hostile;
mod read;
mod subscribe;
pub(crate) mod wire;
