use super::{AppendOutcome, EventStore, StoreError};
use crate::{
    BoxError,
    event::NewEvent,
    retry::Backoff,
    stream::{ExpectedRevision, StreamName},
    timer::sleep,
};
use std::fmt;

/// Appends `events`, again and again with the pauses of `backoff`, until it is
/// known whether they are written.
///
/// Always the same batch: repeating it is safe. While its outcome is unknown,
/// no error says that nothing was written.
///
/// # Errors
///
/// [`StoreError`]; [`StoreError::OutcomeUnknown`] when it could not be found
/// out in as many attempts as the policy has.
pub(crate) async fn append_safely(
    store: &dyn EventStore,
    stream: &StreamName,
    expected: ExpectedRevision,
    events: &[NewEvent],
    backoff: &mut Backoff,
) -> Result<AppendOutcome, StoreError> {
    let mut unknown = None;
    loop {
        let error = match store.append(stream, expected, events.to_vec()).await {
            Ok(outcome) => return Ok(outcome),
            // The store looks for the ids first: these say they are not there.
            Err(error @ (StoreError::Conflict { .. } | StoreError::Idempotency { .. })) => {
                return Err(error);
            }
            Err(error @ StoreError::OutcomeUnknown { .. }) => error,
            Err(error) if error.is_transient() => {
                // It says so of this attempt, and not of those before it.
                unknown.take().unwrap_or(error)
            }
            Err(error) => return Err(unknown.unwrap_or(error)),
        };
        let Some(wait) = backoff.next_pause() else {
            return Err(error);
        };
        tracing::warn!(%stream, %error, retry = backoff.retries(), "appending again");
        if let StoreError::OutcomeUnknown { .. } = error {
            unknown = Some(error);
        }
        sleep(wait).await;
    }
}

/// The cause of an error that stayed through several attempts.
#[derive(Debug)]
pub(crate) struct Attempts {
    count: u32,
    source: BoxError,
}

impl Attempts {
    /// The error with the number of attempts in its chain of causes, where
    /// there was more than one and it is an error that may pass.
    pub(crate) fn told(error: StoreError, count: u32) -> StoreError {
        let tried = |source| -> BoxError { Box::new(Self { count, source }) };
        match error {
            error if count < 2 => error,
            StoreError::Unavailable { backend, source } => StoreError::Unavailable {
                backend,
                source: tried(source),
            },
            StoreError::OutcomeUnknown {
                backend,
                stream,
                source,
            } => StoreError::OutcomeUnknown {
                backend,
                stream,
                source: tried(source),
            },
            error => error,
        }
    }

    /// How many attempts the error tells of.
    pub(crate) fn of(error: &StoreError) -> Option<u32> {
        match error {
            StoreError::Unavailable { source, .. } | StoreError::OutcomeUnknown { source, .. } => {
                source.downcast_ref::<Self>().map(|attempts| attempts.count)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it was tried {} times", self.count)
    }
}

impl std::error::Error for Attempts {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
