use crate::{
    codec::CodecError, command::InvalidHandlers, error::ErrorKind, store::StoreError,
    stream::InvalidStreamName,
};

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The handlers cannot be used.
    #[error(transparent)]
    Handlers(#[from] InvalidHandlers),

    /// The server's name makes no stream name.
    #[error("the server's name makes no stream name")]
    Name(#[from] InvalidStreamName),

    /// What is stored as its checkpoint is none, or hidden by the stream's
    /// metadata, as by a `$maxAge`. It would begin at the wrong place: look at
    /// the stream, and delete it to begin anew, while no server of the name
    /// runs.
    #[error("`{stream}` holds no checkpoint")]
    Checkpoint {
        /// The stream.
        stream: crate::stream::StreamName,
        /// What is wrong.
        source: CodecError,
    },

    /// Another server of the same name was started later, and goes on where
    /// this one was. It is no failure: nothing is left to do here.
    #[error("another server of the same name has taken over")]
    Replaced,

    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// The server's task was ended from outside: the runtime it was started in
    /// has ended. What it had not answered the next server of the name does.
    #[error("the server was ended, with the runtime it was started in")]
    Ended,
}

impl ServerError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Handlers(error) => error.kind(),
            Self::Name(error) => error.kind(),
            Self::Checkpoint { .. } => ErrorKind::Unreadable,
            Self::Replaced | Self::Ended => ErrorKind::Closed,
            Self::Store(error) => error.kind(),
        }
    }
}
