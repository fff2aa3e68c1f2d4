//! The backend for EventStoreDB, over real connections.

mod clients;
mod connect;
mod defects;
mod faults;
#[cfg(feature = "sqlite")]
mod killed;
mod persistent;
mod projections;
mod scripted;
mod store;
mod url;
