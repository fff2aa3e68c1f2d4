//! Projections of the server, and micro-plumberd's among them.

mod ensure;
mod server;
mod text;
