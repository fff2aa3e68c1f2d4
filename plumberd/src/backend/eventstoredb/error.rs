use super::{BACKEND, InvalidSetting, check::check_host};
use crate::{BoxError, error::ErrorKind, store::StoreError};
use std::{path::PathBuf, time::Duration};

/// Why an EventStoreDB store could not be opened.
///
/// [`EventStoreDbError::is_transient`] says whether the same may work later.
/// None of them shows a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventStoreDbError {
    /// A setting cannot be used. Correct it.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),

    /// A certificate or key cannot be used. Correct the file, or the option.
    #[error("the file `{}` of the option `{option}` cannot be used", path.display())]
    CertificateFile {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },

    /// The operating system's certificates cannot be loaded. Correct
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR`, or name a `tlsCAFile`.
    #[error("the certificates of the operating system, or of `SSL_CERT_FILE`, cannot be used")]
    SystemCertificates {
        /// What is wrong with them.
        source: BoxError,
    },

    /// The process has a default provider of rustls, and the client crate
    /// panics when it cannot install its own. Open the first EventStoreDB
    /// store before anything installs a default, and let that go on when it
    /// fails; or install none, and give every configuration its provider.
    #[error(
        "a default `CryptoProvider` of rustls is installed already; the first EventStoreDB store \
         of a process must be opened before, because its client installs its own"
    )]
    ProviderInstalled,

    /// This program is built without its log's warnings, by a feature of the
    /// `tracing` crate such as `release_max_level_error`. That a subscription
    /// was ended can be told only from one: the client crate would ask for its
    /// next message for ever, and take a processor. Build it with
    /// `max_level_warn` or more.
    #[error("a feature of `tracing` leaves warnings out of this program, which subscriptions need")]
    WarningsLeftOut,

    /// The client crate could not be started.
    #[error("the EventStoreDB client could not be started")]
    Client {
        /// Why not.
        source: BoxError,
    },

    /// No server listens there, or the name is not known. Correct the address, or
    /// start the server.
    #[error("there is no connection to {address}")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// What the operating system says.
        source: BoxError,
    },

    /// There was no answer in time; a connection may have been accepted.
    #[error("{address} did not answer within {deadline:?}")]
    TimedOut {
        /// Who was asked.
        address: String,
        /// How long.
        deadline: Duration,
    },

    /// The server speaks TLS, and the settings say `tls=false`.
    #[error("{address} speaks TLS, and the option `tls` is `false`")]
    TlsExpected {
        /// Who was asked.
        address: String,
    },

    /// The server does not speak TLS, and the settings do not say `tls=false`.
    #[error("{address} does not speak TLS; for a server without TLS the option is `tls=false`")]
    TlsNotSpoken {
        /// Who was asked.
        address: String,
    },

    /// The server's certificate is not to be trusted: its signer is not among
    /// the certificates of `tlsCAFile` or the operating system, or it is not
    /// valid now.
    #[error("the certificate of {address} is not trusted; `tlsCAFile` names who is")]
    Untrusted {
        /// Who was asked.
        address: String,
        /// What is wrong with the certificate.
        source: BoxError,
    },

    /// The server's certificate is for other names.
    #[error("the certificate of {address} is for another name")]
    WrongName {
        /// Who was asked.
        address: String,
        /// The names it is for, where they are known.
        source: BoxError,
    },

    /// The server wants a certificate of the client, or another one. Set
    /// `userCertFile` and `userKeyFile`.
    #[error("{address} refuses the client's certificate, or the lack of one")]
    UserCertificateRefused {
        /// Who was asked.
        address: String,
        /// What the server says.
        source: BoxError,
    },

    /// TLS failed otherwise.
    #[error("TLS with {address} failed")]
    Tls {
        /// Who was asked.
        address: String,
        /// What went wrong.
        source: BoxError,
    },

    /// What listens there does not speak HTTP/2. Correct the port.
    #[error("what listens at {address} does not answer as EventStoreDB does")]
    NotEventStoreDb {
        /// Who was asked.
        address: String,
    },

    /// The server refuses the user or the password.
    #[error("{address} refuses the user `{user}` or the password")]
    CredentialsRefused {
        /// Who was asked.
        address: String,
        /// The user.
        user: String,
    },

    /// The server answers only users, and the settings name none.
    #[error("{address} wants a user and a password, and none are set")]
    CredentialsMissing {
        /// Who was asked.
        address: String,
    },

    /// The server answered, and not as it should.
    #[error("{address} cannot be used")]
    Refused {
        /// Who was asked.
        address: String,
        /// What it said.
        source: BoxError,
    },
}

impl EventStoreDbError {
    /// Whether the same settings may work later, without a change to them: the
    /// server is not there, does not answer, or answers that it cannot now.
    pub fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    /// What this is to the caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Setting(error) => error.kind(),
            Self::CertificateFile { .. }
            | Self::SystemCertificates { .. }
            | Self::TlsExpected { .. }
            | Self::TlsNotSpoken { .. }
            | Self::Untrusted { .. }
            | Self::WrongName { .. }
            | Self::NotEventStoreDb { .. } => ErrorKind::Invalid,
            Self::ProviderInstalled | Self::WarningsLeftOut => ErrorKind::Unsupported,
            Self::Client { .. } | Self::Tls { .. } => ErrorKind::Internal,
            Self::Unreachable { .. } | Self::TimedOut { .. } => ErrorKind::Unavailable,
            Self::UserCertificateRefused { .. }
            | Self::CredentialsRefused { .. }
            | Self::CredentialsMissing { .. } => ErrorKind::Unauthenticated,
            Self::Refused { source, .. } => match source.downcast_ref().map(CallError::failure) {
                Some(Failure::Lost | Failure::Exhausted) => ErrorKind::Unavailable,
                _ => ErrorKind::Internal,
            },
        }
    }
}

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
            Self::Setup(_) | Self::Unauthenticated => false,
        }
    }

    /// Whether there was no connection to send anything through.
    pub(super) fn never_left(&self) -> bool {
        use eventstore::Error;

        matches!(
            self,
            Self::Setup(_) | Self::Client(Error::ConnectionClosed | Error::GrpcConnectionError(_))
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
