use crate::{
    codec::CodecError, command::InvalidHandlers, store::StoreError, stream::InvalidStreamName,
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

    /// What is stored as its checkpoint is none. It would begin at the wrong
    /// place: look at the stream, and delete it to begin anew.
    #[error("`{stream}` holds no checkpoint")]
    Checkpoint {
        /// The stream.
        stream: crate::stream::StreamName,
        /// What is wrong.
        source: CodecError,
    },

    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// The server's task was ended from outside.
    #[error("the server was ended")]
    Ended,
}
