//! The client crate's own start, which happens once in a process.
//!
//! Its first client installs the process's default rustls provider, inside a
//! task and a `Once`: when there is a default already it panics, and every
//! later client of the process dies with it. So its first client is made here,
//! after a look, and one that connects to nothing.

use super::{EventStoreDbError, settings};
use eventstore::{Error, GrpcConnectionError};
use std::{
    sync::{Mutex, PoisonError},
    thread,
};
use tracing::{
    Dispatch,
    level_filters::{LevelFilter, STATIC_MAX_LEVEL},
};

/// Whether the crate has installed its provider.
static STARTED: Mutex<bool> = Mutex::new(false);

/// Starts the crate, once in a process. Takes some milliseconds the first
/// time, and nothing later.
pub(super) fn start() -> Result<(), EventStoreDbError> {
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if *started {
        return Ok(());
    }
    if !hears_warnings(STATIC_MAX_LEVEL) {
        return Err(EventStoreDbError::WarningsLeftOut);
    }
    if cfg!(panic = "abort") {
        tracing::warn!(
            "the EventStoreDB client panics at some answers, and this program ends at a panic"
        );
    }
    if rustls::crypto::CryptoProvider::get_default().is_some() {
        return Err(EventStoreDbError::ProviderInstalled);
    }
    // On a thread of its own: this may be inside a runtime, which cannot run
    // another.
    let outcome = thread::spawn(|| {
        // That it gives up is meant, and no news for a log.
        tracing::dispatcher::with_default(&Dispatch::none(), first_client)
    })
    .join()
    .map_err(|_| EventStoreDbError::ProviderInstalled)?;
    outcome.map(|()| *started = true)
}

/// Whether the crate's warnings are in a program that is built so: the watch
/// over its subscriptions lives on one.
fn hears_warnings(built: LevelFilter) -> bool {
    built >= LevelFilter::WARN
}

/// A client that gives up before it opens a connection, and so only starts.
fn first_client() -> Result<(), EventStoreDbError> {
    let failed = |source: crate::BoxError| EventStoreDbError::Client { source };
    let settings = settings::without_connection().map_err(|error| failed(error.into()))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.into()))?;
    let client = settings::client(runtime.handle().clone(), settings)?;
    match runtime.block_on(client.server_info()) {
        Err(Error::GrpcConnectionError(GrpcConnectionError::MaxDiscoveryAttemptReached(_))) => {
            Ok(())
        }
        // Its task is dead: the program installed a default since the look.
        Err(Error::ConnectionClosed) => Err(EventStoreDbError::ProviderInstalled),
        Err(error) => Err(failed(error.into())),
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_warnings_is_refused() {
        for built in [LevelFilter::OFF, LevelFilter::ERROR] {
            assert!(!hears_warnings(built), "{built}");
        }
        for built in [LevelFilter::WARN, LevelFilter::INFO, LevelFilter::TRACE] {
            assert!(hears_warnings(built), "{built}");
        }
    }
}
