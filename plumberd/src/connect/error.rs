use crate::{BoxError, error::ErrorKind};

/// Why [`connect`](super::connect) has no store to give.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL cannot be read.
    #[error("the store URL is wrong: {reason}")]
    InvalidUrl {
        /// What is wrong with it.
        reason: String,
    },

    /// The URL begins with a scheme that no store has.
    #[error("no store has the scheme `{scheme}:`; there are {known}")]
    UnknownScheme {
        /// The scheme.
        scheme: String,
        /// Those that there are.
        known: String,
    },

    /// The store was left out when plumberd was built.
    #[error(
        "`{scheme}:` needs the feature `{feature}` of plumberd: \
         `cargo add plumberd --features {feature}`"
    )]
    FeatureMissing {
        /// The scheme.
        scheme: &'static str,
        /// The feature.
        feature: &'static str,
    },

    /// This version of plumberd has no such backend.
    #[error("this version of plumberd has no backend for {backend}")]
    NotYet {
        /// The backend.
        backend: &'static str,
    },

    /// The store cannot be opened.
    #[error("the store cannot be opened")]
    Open {
        /// What that is to the caller.
        kind: ErrorKind,
        /// Why; a backend's own error.
        source: BoxError,
    },
}

impl ConnectError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidUrl { .. } | Self::UnknownScheme { .. } => ErrorKind::Invalid,
            Self::FeatureMissing { .. } | Self::NotYet { .. } => ErrorKind::Unsupported,
            Self::Open { kind, .. } => *kind,
        }
    }

    /// Whether the same call may succeed later with nothing else changed.
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }
}
