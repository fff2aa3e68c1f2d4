//! The backend for EventStoreDB, over real connections.

mod answers;
mod asked;
mod clients;
mod connect;
mod deadlines;
mod defects;
mod deleted;
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
#[cfg(feature = "sqlite")]
mod restored;
mod runtimes;
mod scripted;
mod store;
mod url;
