//! The backend, against the server in this process.

mod projections;
//! The backend for EventStoreDB, over real connections.

mod connect;
mod defects;
mod scripted;
mod url;
