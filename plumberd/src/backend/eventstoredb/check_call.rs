//! The first call, which shows that the address, the certificates and the
//! user are right; and why, when it fails.

use super::{
    EventStoreDbConfig, EventStoreDbError,
    client::Lease,
    connection::Connection,
    failure::{CallError, Failure, not_begun},
    guarded::{OwnedTask, guarded},
    probe::probe,
};
use eventstore::{Client, Error, ReadStreamOptions};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use tokio::time::{Instant, timeout_at};

/// A stream that every user may read and no user writes.
const STREAM: &str = "PlumberdConnectionCheck";

/// Makes the call.
pub(super) async fn run(connection: &Connection) -> Result<(), CallError> {
    let options = options(connection);
    let ask = |client: Client| async move { ask(&client, &options).await };
    connection.called_until(connection.ends(), ask).await
}

/// Makes the call over this client once, and tells whether the server refuses
/// it: a user who may not even do this is unknown to the server.
pub(super) async fn is_refused(connection: &Connection, lease: &Lease, ends: Instant) -> bool {
    let (client, options) = (lease.client.clone(), options(connection));
    let asked = OwnedTask::spawn_on(lease.runtime(), async move { ask(&client, &options).await });
    matches!(
        timeout_at(ends, asked).await,
        Ok(Ok(Err(Error::AccessDenied)))
    )
}

/// Makes the call over this client again and again; the error is that it is
/// not there any more.
pub(super) async fn until_lost(connection: &Connection, lease: &Lease) -> CallError {
    loop {
        tokio::time::sleep(connection.deadline()).await;
        let (client, options) = (lease.client.clone(), options(connection));
        let asked = async move { ask(&client, &options).await };
        match guarded(connection, lease, connection.ends(), asked).await {
            Err(error) if error.ends_client() => return error,
            _ => {}
        }
    }
}

fn options(connection: &Connection) -> ReadStreamOptions {
    let options = ReadStreamOptions::default().max_count(1);
    match connection.credentials() {
        Some(credentials) => options.authenticated(credentials),
        None => options,
    }
}

/// Reads a stream that is not there: the cheapest call that the server checks
/// the user for.
async fn ask(client: &Client, options: &ReadStreamOptions) -> eventstore::Result<()> {
    let mut events = match client.read_stream(STREAM, options).await {
        Err(Error::ResourceDeleted) => return Ok(()),
        opened => opened.map_err(not_begun)?,
    };
    match events.next().await {
        Ok(_) | Err(Error::ResourceNotFound | Error::ResourceDeleted) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What the failure of that call means to the author of the settings.
pub(super) async fn explained(config: &EventStoreDbConfig, error: CallError) -> EventStoreDbError {
    let address = config.address();
    if error.failure() == Failure::Denied {
        return match &config.credentials {
            Some((user, _)) => EventStoreDbError::CredentialsRefused {
                address,
                user: user.clone(),
            },
            None => EventStoreDbError::CredentialsMissing { address },
        };
    }
    if error.failure() == Failure::Lost
        && !matches!(error, CallError::Setup(_))
        // Tokio panics in a runtime without I/O, and has no way to ask.
        && let Ok(Some(found)) = AssertUnwindSafe(probe(config)).catch_unwind().await
    {
        return found;
    }
    match error {
        CallError::Setup(error) => error,
        CallError::TimedOut(deadline) => EventStoreDbError::TimedOut { address, deadline },
        error => EventStoreDbError::Refused {
            address,
            source: error.into(),
        },
    }
}
