//! The backend for EventStoreDB, over real connections.

mod connect;
mod defects;
mod projections;
mod scripted;
mod url;
