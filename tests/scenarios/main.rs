//! What must hold when parts of plumberd meet.

mod bell;
mod cache;
mod call_site;
mod command_size;
mod contention;
mod context;
mod error_kinds;
mod errors;
mod follow;
mod hardening;
mod memory;
mod mock;
mod nested;
mod parsing;
mod paused;
mod renamed;
mod repository;
mod repository_errors;
mod restored;
mod retries;
mod rules;
mod runtimes;
mod snapshot;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sqlite_damage;
#[cfg(feature = "sqlite")]
mod sqlite_file;
#[cfg(feature = "sqlite")]
mod sqlite_lost;
#[cfg(all(unix, feature = "sqlite"))]
mod sqlite_place;
#[cfg(feature = "sqlite")]
mod sqlite_verify;
mod stream_deleted;
mod telemetry;
