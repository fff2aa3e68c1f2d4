//! Projections: the server's own, and those it runs for clients.

mod peer;
mod system;
mod user;
