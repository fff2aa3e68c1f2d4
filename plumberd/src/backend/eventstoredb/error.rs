use super::{
    InvalidSetting,
    failure::{CallError, Failure},
};
use crate::{BoxError, error::ErrorKind};
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

    /// There is no Tokio runtime around the call, or one without a timer.
    #[error(
        "an EventStoreDB store needs a Tokio runtime with a timer and I/O; connect within one, built with `enable_all`"
    )]
    NoRuntime,

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
            Self::NoRuntime | Self::Client { .. } | Self::Tls { .. } => ErrorKind::Internal,
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
