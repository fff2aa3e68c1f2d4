//! The backend for EventStoreDB, over real connections.

mod answers;
mod asked;
mod clients;
mod connect;
mod deadlines;
mod defects;
mod denied;
mod failures;
mod faults;
mod keep_alive;
#[cfg(feature = "sqlite")]
mod killed;
mod lines;
mod persistent;
mod projections;
mod proxy;
mod scripted;
mod store;
mod url;
