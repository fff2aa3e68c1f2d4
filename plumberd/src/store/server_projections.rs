use super::{EventStore, StoreError};
use crate::{BoxError, error::ErrorKind};
use async_trait::async_trait;
use std::fmt;

/// The projections that a store's server runs, where it runs any.
///
/// They are programs of the server, which write links beside the events.
/// Names are the server's; every call but [`ServerProjections::status`]
/// changes what the server runs.
#[async_trait]
pub trait ServerProjections: fmt::Debug + Send + Sync {
    /// The streams that these projections read and write.
    fn streams(&self) -> &dyn EventStore;

    /// Creates a projection that runs on, at once, and may not write.
    ///
    /// # Errors
    ///
    /// [`ServerProjectionError::Exists`], and what every call may fail with.
    async fn create(&self, name: &str, query: &str) -> Result<(), ServerProjectionError>;

    /// Replaces the text of a projection; `emit` says whether it may write.
    ///
    /// # Errors
    ///
    /// [`ServerProjectionError::NotFound`], and what every call may fail with.
    async fn update(
        &self,
        name: &str,
        query: &str,
        emit: bool,
    ) -> Result<(), ServerProjectionError>;

    /// Lets a projection run, from where it stopped.
    ///
    /// # Errors
    ///
    /// [`ServerProjectionError::NotFound`], and what every call may fail with.
    async fn enable(&self, name: &str) -> Result<(), ServerProjectionError>;

    /// Stops a projection; it remembers how far it has come.
    ///
    /// # Errors
    ///
    /// [`ServerProjectionError::NotFound`], and what every call may fail with.
    async fn disable(&self, name: &str) -> Result<(), ServerProjectionError>;

    /// Removes a projection; what it wrote stays. A server may ask that it is
    /// disabled before.
    ///
    /// # Errors
    ///
    /// [`ServerProjectionError::NotFound`], and what every call may fail with.
    async fn delete(&self, name: &str) -> Result<(), ServerProjectionError>;

    /// How a projection is; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// What every call may fail with.
    async fn status(
        &self,
        name: &str,
    ) -> Result<Option<ServerProjectionStatus>, ServerProjectionError>;
}

/// How a projection is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerProjectionStatus {
    /// Its name.
    pub name: String,
    /// What it does.
    pub state: ServerProjectionState,
    /// The state in the server's own words.
    pub text: String,
    /// Why it is in this state, in the server's own words; empty when there is
    /// nothing to say.
    pub reason: String,
    /// How much of the events it has seen, in percent; negative when the
    /// server does not know.
    pub progress: f32,
}

impl ServerProjectionStatus {
    /// The status of the projection `name`, with nothing more to say.
    pub fn new(
        name: impl Into<String>,
        state: ServerProjectionState,
        text: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            state,
            text: text.into(),
            reason: String::new(),
            progress: -1.0,
        }
    }
}

/// What a projection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerProjectionState {
    /// It follows the events.
    Running,
    /// It was stopped.
    Stopped,
    /// It failed, and stands still.
    Faulted,
    /// It is on its way from one of these to another.
    Changing,
}

/// Why a server did not do what was asked about a projection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerProjectionError {
    /// There is none of that name.
    #[error("there is no projection `{name}`")]
    NotFound {
        /// The name.
        name: String,
    },
    /// There is one of that name.
    #[error("there is a projection `{name}` already")]
    Exists {
        /// The name.
        name: String,
    },
    /// The user may not.
    #[error("{backend} denies access to its projections")]
    Denied {
        /// The backend.
        backend: &'static str,
    },
    /// The server cannot do this: it runs no projections, or not this one.
    #[error("{backend} cannot run this projection")]
    Unsupported {
        /// The backend.
        backend: &'static str,
        /// What it answered.
        source: BoxError,
    },
    /// There was no answer in time; the server may have done it all the same.
    #[error("{backend} did not answer in time about a projection")]
    Deadline {
        /// The backend.
        backend: &'static str,
        /// What went wrong.
        source: BoxError,
    },
    /// The backend could not be reached, or lost the connection; it may have
    /// done it all the same.
    #[error("{backend} is unavailable")]
    Unavailable {
        /// The backend.
        backend: &'static str,
        /// What went wrong.
        source: BoxError,
    },
    /// The backend answered, and the answer was a failure.
    #[error("{backend} failed")]
    Backend {
        /// The backend.
        backend: &'static str,
        /// What went wrong.
        source: BoxError,
    },
    /// The streams of the projection could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ServerProjectionError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Exists { .. } => ErrorKind::AlreadyExists,
            Self::Denied { .. } => ErrorKind::Forbidden,
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            // A lost connection does not say what was done before.
            Self::Deadline { .. } | Self::Unavailable { .. } => ErrorKind::OutcomeUnknown,
            Self::Backend { .. } => ErrorKind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    /// Whether the same call may succeed later with nothing else changed.
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }
}
