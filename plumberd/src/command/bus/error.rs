use crate::{
    codec::CodecError,
    command::{CommandFault, ValidationError},
    error::ErrorKind,
    event::EncodeError,
    store::StoreError,
};
use std::{fmt, time::Duration};
use uuid::Uuid;

/// A command that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done {
    /// The command's identity.
    pub command_id: Uuid,
    /// How long its handler took.
    pub duration: Duration,
}

/// Why a command could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// The command is wrong in itself, and was not sent.
    #[error(transparent)]
    Invalid(#[from] ValidationError),

    /// The command has no stored form, or is not JSON.
    #[error("the command cannot be written")]
    Encode(#[from] EncodeError),

    /// The id was used for another command, which is the one that is stored:
    /// for other content, or for another recipient. The key `Id` of a command
    /// is its identity, and of no other thing.
    #[error("the command id {command_id} was used for another command")]
    IdTaken {
        /// The id.
        command_id: Uuid,
    },

    /// The store refused, or cannot tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PostError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(error) => error.kind(),
            Self::Encode(error) => error.kind(),
            Self::IdTaken { .. } => ErrorKind::AlreadyExists,
            Self::Store(error) => error.kind(),
        }
    }

    /// Whether the same command, posted again under the same id, may come to
    /// something else.
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }
}

/// Why nothing came of a command; `F` is its
/// [`Command::Fault`](crate::command::Command::Fault).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError<F> {
    /// The command is wrong in itself, and was not sent.
    #[error(transparent)]
    Invalid(#[from] ValidationError),

    /// The handler failed, or found the command wrong (code 400).
    #[error("{message} (code {code})")]
    Failed {
        /// The command's identity.
        command_id: Uuid,
        /// 400, 500, or the handler's own.
        code: i32,
        /// What the handler said.
        message: String,
    },

    /// The handler refused with a fault.
    #[error("{0}")]
    Fault(Fault<F>),

    /// The handler refused with a fault that the command does not name.
    #[error("{message} (code {code}, fault `{fault}`)")]
    UnknownFault {
        /// The command's identity.
        command_id: Uuid,
        /// The handler's own.
        code: i32,
        /// What the handler said.
        message: String,
        /// The name of the fault.
        fault: String,
        /// Its data, as JSON.
        data: String,
    },

    /// No answer came in time. The command may be done later, or never; sent
    /// again under the same id in the same session, it is done once.
    #[error("no answer to the command after {after:?}")]
    TimedOut {
        /// The command's identity.
        command_id: Uuid,
        /// How long it was waited for.
        after: Duration,
    },

    /// What was answered cannot be read.
    #[error("the answer to the command cannot be read")]
    Answer {
        /// The command's identity.
        command_id: Uuid,
        /// What is wrong with it.
        source: CodecError,
    },

    /// The command has no stored form, or is not JSON.
    #[error("the command cannot be written")]
    Encode(#[from] EncodeError),

    /// The id was used for another command, which is the one that is stored:
    /// for other content, or for another recipient. The key `Id` of a command
    /// is its identity, and of no other thing.
    #[error("the command id {command_id} was used for another command")]
    IdTaken {
        /// The id.
        command_id: Uuid,
    },

    /// The store refused, or cannot be followed for answers.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<F> SendError<F> {
    /// What this is to the caller; what a handler answered is so
    /// [by its code](CommandFault::kind).
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(error) => error.kind(),
            Self::Failed { code, .. } | Self::UnknownFault { code, .. } => {
                CommandFault::kind_of(*code)
            }
            Self::Fault(fault) => fault.kind(),
            Self::TimedOut { .. } => ErrorKind::OutcomeUnknown,
            Self::Answer { .. } => ErrorKind::Unreadable,
            Self::Encode(error) => error.kind(),
            Self::IdTaken { .. } => ErrorKind::AlreadyExists,
            Self::Store(error) => error.kind(),
        }
    }

    /// The code of a failure: 400, 500 or the handler's own; `None` when no
    /// handler or check said anything.
    pub const fn code(&self) -> Option<i32> {
        match self {
            Self::Invalid(_) => Some(CommandFault::INVALID),
            Self::Failed { code, .. } | Self::UnknownFault { code, .. } => Some(*code),
            Self::Fault(fault) => Some(fault.code),
            Self::TimedOut { .. }
            | Self::Answer { .. }
            | Self::Encode(_)
            | Self::IdTaken { .. }
            | Self::Store(_) => None,
        }
    }

    /// Whether the same command, sent again under the same id, may come to
    /// something else.
    ///
    /// An answer never does: a failure with the code 500 is the outcome of that
    /// id for good, also when the handler failed for a reason that passes, as a
    /// store that was away. Send such a command again under a new id.
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }
}

impl<F> From<PostError> for SendError<F> {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Invalid(error) => Self::Invalid(error),
            PostError::Encode(error) => Self::Encode(error),
            PostError::IdTaken { command_id } => Self::IdTaken { command_id },
            PostError::Store(error) => Self::Store(error),
        }
    }
}

/// A refusal that a program can take apart.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Fault<T> {
    /// The command's identity.
    pub command_id: Uuid,
    /// The handler's own code.
    pub code: i32,
    /// What the handler said.
    pub message: String,
    /// The fault itself.
    pub data: T,
}

impl<T> Fault<T> {
    pub(super) const fn new(command_id: Uuid, code: i32, message: String, data: T) -> Self {
        Self {
            command_id,
            code,
            message,
            data,
        }
    }

    /// What this is to the caller, [by its code](CommandFault::kind).
    pub const fn kind(&self) -> ErrorKind {
        CommandFault::kind_of(self.code)
    }
}

impl<T> fmt::Display for Fault<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}
