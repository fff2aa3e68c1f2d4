//! Why a call failed, and what can be done about it.

use super::{BACKEND, EventStoreDbError, check::check_host, runtime::NoRuntime};
use crate::store::StoreError;
use std::time::Duration;

/// Why one call to the server failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// The server, or the client crate, says so.
    #[error(transparent)]
    Client(eventstore::Error),
    /// The server knows no such user, or wants one.
    #[error("the server wants a user and a password, or refuses those it was given")]
    Unauthenticated,
    /// Nothing came within the deadline.
    #[error("there was no answer within {0:?}")]
    TimedOut(Duration),
    /// The client crate panicked.
    #[error("the client panicked: {0}")]
    Panicked(String),
    /// No client could be made; nothing was sent.
    #[error(transparent)]
    Setup(EventStoreDbError),
    /// Nothing can be sent from there.
    #[error(transparent)]
    NoRuntime(NoRuntime),
}

/// The error of a read, or of an append, that was not begun: of streams the
/// server never says so that there is none. A node that is no leader and does
/// not say who is, or whose answer was cut, is not a stream without events.
pub(super) fn not_begun(error: eventstore::Error) -> eventstore::Error {
    match error {
        eventstore::Error::ResourceNotFound => eventstore::Error::ServerError(
            "the node does not serve the call, and names no other".to_owned(),
        ),
        error => error,
    }
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
    /// The server wants a user, or does not believe that it is this one.
    Unauthenticated,
    /// The user may not. Of [`CallError::Client`] before it was
    /// [told apart](super::connection::Connection::told_apart): or is none.
    Denied,
    /// The server cannot do this.
    Unsupported,
    /// The server refused what was sent.
    Refused,
    /// The connection, or the server for now: the same call may work later.
    /// Whether it was carried out is unknown.
    Lost,
    /// The server has none of something left for now, or HTTP/2 said
    /// `ENHANCE_YOUR_CALM`, which the client crate takes for the same. Whether
    /// the call was carried out is unknown.
    Exhausted,
    /// The answer is larger than the client crate takes, or the server says
    /// `OutOfRange` itself. Whether the call was carried out is unknown, and
    /// the same call gets the same answer.
    Unreadable,
    /// Nothing can be sent from there.
    NoRuntime,
    /// Anything else the server answered.
    Other,
}

impl CallError {
    /// What can be done about it, by the code and never by the text.
    pub(super) fn failure(&self) -> Failure {
        use eventstore::Error;

        match self {
            Self::TimedOut(_) | Self::Panicked(_) | Self::Setup(_) => Failure::Lost,
            Self::Unauthenticated => Failure::Unauthenticated,
            Self::NoRuntime(_) => Failure::NoRuntime,
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
                    // As the client crate takes them where they end a call.
                    8 => Failure::Exhausted,
                    1 | 2 | 4 | 10 | 13 | 14 | 15 => Failure::Lost,
                    3 => Failure::Refused,
                    0 | 11 => Failure::Unreadable,
                    6 | 9 => Failure::Conflict,
                    _ => Failure::Other,
                },
                _ => Failure::Other,
            },
        }
    }

    /// Whether a call that failed so may have been carried out.
    pub(super) fn leaves_open(&self) -> bool {
        matches!(
            self.failure(),
            Failure::Lost | Failure::Exhausted | Failure::Unreadable
        )
    }

    /// Whether a client that failed so fails for ever: its task is dead, or
    /// its connection does not answer.
    pub(super) fn ends_client(&self) -> bool {
        use eventstore::Error;

        match self {
            Self::TimedOut(_) | Self::Panicked(_) => true,
            Self::Client(error) => matches!(
                error,
                Error::ConnectionClosed | Error::GrpcConnectionError(_)
            ),
            Self::Setup(_) | Self::Unauthenticated | Self::NoRuntime(_) => false,
        }
    }

    /// Whether there was no connection to send anything through.
    pub(super) fn never_left(&self) -> bool {
        use eventstore::Error;

        matches!(
            self,
            Self::Setup(_)
                | Self::NoRuntime(_)
                | Self::Client(Error::ConnectionClosed | Error::GrpcConnectionError(_))
        )
    }

    /// Whether a read may go on with another request: a server that starts
    /// again is waited for, and one that keeps silent has had its time.
    pub(super) fn may_resume(&self) -> bool {
        self.failure() == Failure::Lost && !matches!(self, Self::TimedOut(_))
    }

    /// Whether the server, or what lies before it, is not available.
    pub(super) fn is_unavailable(&self) -> bool {
        matches!(self, Self::Client(eventstore::Error::ServerError(_)))
    }

    /// The node to ask instead, where the server named one that can be asked.
    pub(super) fn leader(&self) -> Option<(String, u16)> {
        let Self::Client(eventstore::Error::NotLeaderException(leader)) = self else {
            return None;
        };
        let port = u16::try_from(leader.port).ok().filter(|port| *port > 0)?;
        // Not every text can stand in a URI, and this one came from outside.
        check_host(&leader.host, false).ok()?;
        Some((leader.host.clone(), port))
    }

    /// The error of a call that changes nothing.
    pub(super) fn into_store_error(self) -> StoreError {
        let (backend, failure, source) = (BACKEND, self.failure(), self.into());
        match failure {
            Failure::Lost | Failure::Exhausted => StoreError::Unavailable { backend, source },
            Failure::Unauthenticated => StoreError::Unauthenticated { backend, source },
            Failure::NoRuntime => NoRuntime.into(),
            Failure::Denied => StoreError::Forbidden { backend, source },
            _ => StoreError::Backend { backend, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eventstore::Error;

    #[test]
    fn a_code_that_does_not_say_when_it_went_wrong_leaves_open_what_was_done() {
        for code in [1, 2, 4, 10, 13, 14, 15] {
            let of_batch = Error::Grpc {
                code: code.into(),
                message: "no more than that".to_owned(),
            };
            assert_eq!(CallError::Client(of_batch).failure(), Failure::Lost);
        }
        let exhausted = Error::Grpc {
            code: 8.into(),
            message: String::new(),
        };
        let exhausted = CallError::Client(exhausted);
        assert_eq!(exhausted.failure(), Failure::Exhausted);
        assert!(exhausted.into_store_error().is_transient());
        let refused = Error::Grpc {
            code: 3.into(),
            message: String::new(),
        };
        assert_eq!(CallError::Client(refused).failure(), Failure::Refused);
    }
}
