//! The service of streams.

mod append;
mod wire;
