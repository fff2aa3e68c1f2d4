//! The first call, which shows that the address, the certificates and the
//! user are right; and why, when it fails.

use super::{
    EventStoreDbConfig, EventStoreDbError,
    connection::Connection,
    error::{CallError, Failure},
    probe::probe,
};
use eventstore::{Error, ReadStreamOptions};

/// A stream that everybody may read and nobody writes.
const STREAM: &str = "PlumberdConnectionCheck";

/// Reads a stream that is not there: the cheapest call that the server checks
/// the user for.
pub(super) async fn run(connection: &Connection) -> Result<(), CallError> {
    let mut options = ReadStreamOptions::default().max_count(1);
    if let Some(credentials) = connection.credentials() {
        options = options.authenticated(credentials);
    }
    connection
        .call(move |client| async move {
            let read = async {
                let mut events = client.read_stream(STREAM, &options).await?;
                events.next().await.map(|_| ())
            };
            match read.await {
                Err(Error::ResourceNotFound | Error::ResourceDeleted) => Ok(()),
                answer => answer,
            }
        })
        .await
}

/// What the failure of that call means to whoever wrote the settings.
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
        && let Some(found) = probe(config).await
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
