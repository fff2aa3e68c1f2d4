//! Projections: those of the server's own, and those that clients create.
//!
//! The server's own fill `$ce-{category}`, `$et-{type}`, `$bc-{correlation id}`
//! and `$streams` with links ([`system`]). They are kept beside the streams
//! ([`links`]) and look like streams of the same store ([`store`]).
//!
//! There is no JavaScript. Of the projections that clients create, the server
//! recognises the text of those that micro-plumberd and plumberd write, and
//! runs them natively ([`runner`]): their links are events as any other.

mod definition;
mod links;
mod registry;
mod runner;
mod service;
mod store;
mod system;

pub(super) use registry::Projections;
pub(super) use service::ProjectionsService;
pub(super) use store::{NotWritable, Projected};
