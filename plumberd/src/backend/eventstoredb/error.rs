use super::BACKEND;
use crate::{BoxError, store::StoreError};
use std::time::Duration;

/// Why an EventStoreDB store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventStoreDbError {
    /// No server answered.
    #[error("no EventStoreDB server answered at {address}")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// What went wrong.
        source: BoxError,
    },
}

/// Why one call to the server failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// The server, or the client crate, says so.
    #[error(transparent)]
    Client(eventstore::Error),
    /// Nothing came within the deadline.
    #[error("there was no answer within {0:?}")]
    TimedOut(Duration),
    /// The client crate panicked.
    #[error("the client panicked: {0}")]
    Panicked(String),
}

/// What can be done about a [`CallError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The stream is not as expected.
    Conflict,
    /// The stream has a tombstone, or, for a delete, is deleted already.
    Deleted,
    /// There is none.
    NotFound,
    /// There is one already.
    Exists,
    /// The user may not, or is none.
    Denied,
    /// The server cannot do this.
    Unsupported,
    /// The server refused what was sent.
    Refused,
    /// The connection, or the server for now: the same call may work later.
    /// Whether it was carried out is unknown.
    Lost,
    /// Anything else the server answered.
    Other,
}

impl CallError {
    /// What can be done about it, by the code and never by the text.
    pub(super) fn failure(&self) -> Failure {
        use eventstore::Error;

        match self {
            Self::TimedOut(_) | Self::Panicked(_) => Failure::Lost,
            Self::Client(error) => match error {
                Error::WrongExpectedVersion { .. } => Failure::Conflict,
                Error::ResourceDeleted => Failure::Deleted,
                Error::ResourceNotFound => Failure::NotFound,
                Error::ResourceAlreadyExists => Failure::Exists,
                Error::AccessDenied => Failure::Denied,
                Error::UnsupportedFeature => Failure::Unsupported,
                Error::ServerError(_)
                | Error::NotLeaderException(_)
                | Error::ConnectionClosed
                | Error::GrpcConnectionError(_)
                | Error::DeadlineExceeded => Failure::Lost,
                Error::Grpc { code, .. } => match *code as i32 {
                    1 | 4 | 10 | 14 => Failure::Lost,
                    3 | 11 => Failure::Refused,
                    6 | 9 => Failure::Conflict,
                    _ => Failure::Other,
                },
                _ => Failure::Other,
            },
        }
    }

    /// The error of a call that changes nothing.
    pub(super) fn into_store_error(self) -> StoreError {
        match self.failure() {
            Failure::Lost => StoreError::Unavailable {
                backend: BACKEND,
                source: self.into(),
            },
            _ => StoreError::Backend {
                backend: BACKEND,
                source: self.into(),
            },
        }
    }
}
