use super::{
    super::{
        BACKEND,
        failure::{CallError, Failure},
    },
    Source,
};
use crate::{error::ErrorKind, store::StoreError, stream::StreamName};

/// Why something with a persistent subscription failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PersistentError {
    /// There is no such group; or there was one, and it was deleted. Create it.
    #[error("there is no group `{group}` on {origin}")]
    DoesNotExist {
        /// What the group reads.
        origin: Source,
        /// The group.
        group: String,
    },

    /// There is a group of this name already. Update it, or go on with it.
    #[error("there is a group `{group}` on {origin} already")]
    AlreadyExists {
        /// What the group reads.
        origin: Source,
        /// The group.
        group: String,
    },

    /// The group has as many consumers as its settings let it. Subscribe when
    /// another has gone, or raise
    /// [`max_subscribers`](super::PersistentSettings::with_max_subscribers).
    #[error("the group `{group}` on {origin} has as many consumers as it may")]
    Full {
        /// What the group reads.
        origin: Source,
        /// The group.
        group: String,
    },

    /// The server let go of this consumer: the group was updated, or the
    /// consumer answered [`Nack::Stop`](super::Nack::Stop). Subscribe again.
    #[error("the group `{group}` on {origin} dropped this consumer")]
    Dropped {
        /// What the group reads.
        origin: Source,
        /// The group.
        group: String,
    },

    /// The user may not do this, or is none.
    #[error("the user may not use the group `{group}` on {origin}")]
    AccessDenied {
        /// What the group reads.
        origin: Source,
        /// The group.
        group: String,
        /// Which of the two: [`ErrorKind::Forbidden`], or
        /// [`ErrorKind::Unauthenticated`].
        kind: ErrorKind,
    },

    /// A setting cannot be used; nothing was sent. Correct it.
    #[error("the setting `{setting}` cannot be used: {reason}")]
    InvalidSettings {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },

    /// The subscription has ended, and said why before.
    #[error("the subscription has ended")]
    Ended,

    /// The server, or the connection, failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PersistentError {
    /// Whether the same call may work later, without a change to it.
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::DoesNotExist { .. } => ErrorKind::NotFound,
            Self::AlreadyExists { .. } => ErrorKind::AlreadyExists,
            Self::Full { .. } => ErrorKind::Unavailable,
            Self::Dropped { .. } | Self::Ended => ErrorKind::Closed,
            Self::AccessDenied { kind, .. } => *kind,
            Self::InvalidSettings { .. } => ErrorKind::Invalid,
            Self::Store(error) => error.kind(),
        }
    }
}

/// A group, as calls and errors name it.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) source: Source,
    pub(super) name: String,
}

impl Group {
    pub(super) fn new(source: &Source, name: &str) -> Result<Self, PersistentError> {
        if name.is_empty() {
            return Err(invalid("group", "it is empty"));
        }
        Ok(Self {
            source: source.clone(),
            name: name.to_owned(),
        })
    }

    /// The stream that the server keeps for this purpose.
    pub(super) fn stream_of(&self, purpose: &str) -> String {
        let source = match &self.source {
            Source::Stream(stream) => stream.as_str(),
            Source::All => "$all",
        };
        format!("$persistentsubscription-{source}::{}-{purpose}", self.name)
    }

    /// Refuses a group whose place no stream could be kept for; the server
    /// would do so in words that sound as if it were away.
    pub(super) fn check_new(&self) -> Result<(), PersistentError> {
        match StreamName::raw(self.stream_of("checkpoint")) {
            Ok(_) => Ok(()),
            Err(error) => {
                let reason = error.reason();
                let reason = format!("the stream that is to keep its place would be {reason}");
                Err(invalid("group", reason))
            }
        }
    }

    /// What a failed call says about this group.
    pub(super) fn error(&self, error: CallError) -> PersistentError {
        let (origin, group) = (self.source.clone(), self.name.clone());
        match (error.failure(), &error) {
            (Failure::NotFound, _) => PersistentError::DoesNotExist { origin, group },
            (Failure::Exists, _) => PersistentError::AlreadyExists { origin, group },
            // The one precondition that the service has.
            (Failure::Conflict, _) => PersistentError::Full { origin, group },
            (Failure::Denied, _) => PersistentError::AccessDenied {
                origin,
                group,
                kind: ErrorKind::Forbidden,
            },
            (Failure::Unauthenticated, _) => PersistentError::AccessDenied {
                origin,
                group,
                kind: ErrorKind::Unauthenticated,
            },
            (_, CallError::Client(eventstore::Error::IllegalStateError(_))) => {
                PersistentError::Dropped { origin, group }
            }
            (Failure::Deleted, _) => match origin {
                Source::Stream(stream) => StoreError::StreamDeleted { stream }.into(),
                Source::All => error.into_store_error().into(),
            },
            (Failure::Unsupported, _) => StoreError::Unsupported {
                backend: BACKEND,
                what: format!("do this with a persistent subscription to {origin}"),
            }
            .into(),
            _ => error.into_store_error().into(),
        }
    }
}

pub(super) fn invalid(setting: &'static str, reason: impl Into<String>) -> PersistentError {
    PersistentError::InvalidSettings {
        setting,
        reason: reason.into(),
    }
}
