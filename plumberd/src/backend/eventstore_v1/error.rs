use super::{BACKEND, detail::ConflictDetail};
use crate::{BoxError, error::ErrorKind, store::StoreError};
use std::{path::PathBuf, time::Duration};
use tonic::{Code, Status};

/// Why an `eventstore.v1` store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventStoreV1Error {
    /// A setting cannot be kept.
    #[error("{reason}")]
    Config {
        /// Which, and why.
        reason: String,
    },
    /// A file with certificates or a key cannot be used.
    #[error("{what} in `{}` cannot be used", path.display())]
    File {
        /// What was to be in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: BoxError,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls {
        /// Why not.
        source: BoxError,
    },
    /// There is no Tokio runtime around the call, or one without a timer or I/O.
    #[error(
        "an `eventstore.v1` store needs a Tokio runtime with a timer and I/O; connect within one, built with `enable_all`"
    )]
    NoRuntime,
    /// No server answered.
    #[error("no `eventstore.v1` server answered at {address}")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// What went wrong.
        source: BoxError,
    },
}

impl EventStoreV1Error {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Config { .. } | Self::File { .. } | Self::Tls { .. } => ErrorKind::Invalid,
            Self::NoRuntime => ErrorKind::Internal,
            Self::Unreachable { .. } => ErrorKind::Unavailable,
        }
    }

    /// Whether the same settings may work later, without a change to them.
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }
}

/// Why no connection was made: nothing of a call has reached the server.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotConnected {
    #[error("a connection to {address} cannot be made")]
    Io {
        address: String,
        source: std::io::Error,
    },
    #[error("no connection to {address} was made within {after:?}")]
    TimedOut { address: String, after: Duration },
    #[error(
        "no connection to {address} can be made in a Tokio runtime without I/O; build it with `enable_all`"
    )]
    NoIo { address: String },
    #[error("the connection has ended")]
    Ended { source: tonic::transport::Error },
}

/// Why one call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// The server, or the transport, says so.
    #[error(transparent)]
    Status(Box<Status>),
    /// Nothing came within the time a call may take.
    #[error("there was no answer within {0:?}")]
    TimedOut(Duration),
    /// What came is not the protocol.
    #[error("the answer cannot be read")]
    Unreadable,
    /// There is no Tokio runtime around the call, or one without a timer.
    #[error("there is no Tokio runtime with a timer")]
    NoRuntime,
}

/// What can be done about a [`CallError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The stream is not as expected; or, without a detail, an id or a number
    /// is taken.
    Aborted(Option<ConflictDetail>),
    /// The idempotency key is known, with another request.
    KeyKnown,
    /// There was no connection: the server has not heard of the call.
    NotSent,
    /// Nothing can be sent from there.
    NoRuntime,
    /// The connection, or the server for now. Whether the call was carried out
    /// is unknown.
    Lost,
    /// The server cannot take it now, and says so itself; it has done nothing.
    Busy,
    /// The server failed while it did it. Whether an append was carried out is
    /// unknown: servers say the same when their commit fails.
    Failed,
    /// The server wants credentials, or others; it has done nothing.
    Unauthenticated,
    /// The credentials are good, and not for this; it has done nothing.
    Forbidden,
    /// The server has no such call.
    Unsupported,
    /// Anything else the server answered.
    Refused,
}

impl CallError {
    /// What can be done about it, by the code and never by the text.
    pub(super) fn failure(&self) -> Failure {
        let status = match self {
            Self::TimedOut(_) | Self::Unreadable => return Failure::Lost,
            Self::NoRuntime => return Failure::NoRuntime,
            Self::Status(status) => status,
        };
        let local = std::error::Error::source(status);
        if local.is_some_and(never_connected) {
            return Failure::NotSent;
        }
        // A status that comes from nowhere else is the server's own. What the
        // transport says comes under the codes of servers, and none of them
        // tells what the server has done: an `ENHANCE_YOUR_CALM` of HTTP/2 is a
        // `ResourceExhausted`.
        if local.is_some() {
            return match status.code() {
                // `INADEQUATE_SECURITY`, which does not pass.
                Code::PermissionDenied => Failure::Failed,
                _ => Failure::Lost,
            };
        }
        match status.code() {
            Code::Aborted => Failure::Aborted(ConflictDetail::decode(status.details())),
            Code::AlreadyExists => Failure::KeyKnown,
            Code::Unimplemented => Failure::Unsupported,
            Code::Unauthenticated => Failure::Unauthenticated,
            Code::PermissionDenied => Failure::Forbidden,
            Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded => Failure::Lost,
            Code::ResourceExhausted => Failure::Busy,
            // An answer that is larger than was asked for is `OutOfRange`.
            Code::Unknown | Code::Internal | Code::DataLoss | Code::OutOfRange | Code::Ok => {
                Failure::Failed
            }
            Code::InvalidArgument | Code::NotFound | Code::FailedPrecondition => Failure::Refused,
        }
    }

    /// Whether a call that changes nothing is worth being made again.
    pub(super) fn is_passing(&self) -> bool {
        matches!(
            self.failure(),
            Failure::Lost | Failure::NotSent | Failure::Busy
        )
    }

    /// The error of a call that changes nothing.
    pub(super) fn into_read_error(self) -> StoreError {
        match self.failure() {
            Failure::Lost | Failure::NotSent | Failure::Busy | Failure::Aborted(_) => {
                self.into_unavailable()
            }
            Failure::NoRuntime => no_runtime(),
            Failure::Unsupported => StoreError::Unsupported {
                backend: BACKEND,
                what: "answer this call, which is newer than it".into(),
            },
            Failure::Unauthenticated
            | Failure::Forbidden
            | Failure::KeyKnown
            | Failure::Failed
            | Failure::Refused => self.into_refusal(),
        }
    }

    pub(super) fn into_unavailable(self) -> StoreError {
        StoreError::Unavailable {
            backend: BACKEND,
            source: self.into(),
        }
    }

    /// The error of a call that the server has not carried out, and will not.
    pub(super) fn into_refusal(self) -> StoreError {
        let backend = BACKEND;
        match self.failure() {
            Failure::Unauthenticated => StoreError::Unauthenticated {
                backend,
                source: self.into(),
            },
            Failure::Forbidden => StoreError::Forbidden {
                backend,
                source: self.into(),
            },
            _ => StoreError::Backend {
                backend,
                source: self.into(),
            },
        }
    }
}

fn never_connected(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(<dyn std::error::Error>::is::<NotConnected>)
}

pub(super) fn no_runtime() -> StoreError {
    StoreError::NoRuntime {
        what: "an `eventstore.v1` store",
    }
}

pub(super) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt {
        backend: BACKEND,
        what: what.into(),
    }
}

pub(super) fn unsupported(what: impl Into<String>) -> StoreError {
    StoreError::Unsupported {
        backend: BACKEND,
        what: what.into(),
    }
}
