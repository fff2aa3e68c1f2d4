//! What must hold when parts of plumberd meet.

mod cache;
mod contention;
mod context;
mod errors;
mod follow;
mod hardening;
mod memory;
mod mock;
mod parsing;
mod repository;
mod snapshot;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sqlite_file;
#[cfg(feature = "sqlite")]
mod sqlite_lost;
#[cfg(all(unix, feature = "sqlite"))]
mod sqlite_place;
