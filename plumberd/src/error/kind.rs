use std::fmt;

/// What an error is to the caller, whichever part of plumberd it comes from.
///
/// Each is something that a caller answers in a way of its own;
/// [how to map them to HTTP](crate::error) takes a line a kind. The error
/// itself says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was given cannot be used: an id, a name, an event, a setting, a
    /// URL. Nothing was done; correct it.
    Invalid,
    /// The aggregate, or the handler of a command, said no. Nothing was
    /// written; the error is the application's own.
    Rejected,
    /// What was asked for is not there, or was deleted for ever.
    NotFound,
    /// What was to be new is there already: an aggregate, a group, an id that
    /// another command or event has.
    AlreadyExists,
    /// Another writer was first. Nothing was written: read again, decide again.
    Conflict,
    /// The other side wants to know who is asking, or does not believe it.
    Unauthenticated,
    /// Who is asking is known, and may not do this.
    Forbidden,
    /// Not now. Nothing was written; the same call may succeed later.
    Unavailable,
    /// It may have been done or not. The same call again tells, and does it
    /// once: the same events, or the same command with its id.
    OutcomeUnknown,
    /// What was used has ended: a store that was closed, a subscription, a
    /// root. Open, subscribe or load again.
    Closed,
    /// The store, or this build of plumberd, cannot do this at all.
    Unsupported,
    /// What is stored cannot be read: it is damaged, or another program's, or
    /// this program lacks what reads it.
    Unreadable,
    /// Something failed that none of the others says; the sources say what.
    Internal,
}

impl ErrorKind {
    /// Whether the same call may succeed later with nothing else changed:
    /// [`Unavailable`](Self::Unavailable) and
    /// [`OutcomeUnknown`](Self::OutcomeUnknown).
    ///
    /// The `is_transient` of an error says the same, and says it of a
    /// [`Conflict`](Self::Conflict) too where the call reads again by itself.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Unavailable | Self::OutcomeUnknown => true,
            Self::Invalid
            | Self::Rejected
            | Self::NotFound
            | Self::AlreadyExists
            | Self::Conflict
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::Closed
            | Self::Unsupported
            | Self::Unreadable
            | Self::Internal => false,
        }
    }

    /// Its name in words, as for a log or a metric: `not found`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Rejected => "rejected",
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::Conflict => "conflict",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
            Self::OutcomeUnknown => "outcome unknown",
            Self::Closed => "closed",
            Self::Unsupported => "unsupported",
            Self::Unreadable => "unreadable",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Gives error types that are of one kind, whatever happened, their `kind`.
macro_rules! always {
    ($kind:ident: $($error:ty),+ $(,)?) => {$(
        impl $error {
            #[doc = concat!(
                "What this error is to the caller: always [`ErrorKind::", stringify!($kind),
                "`](crate::ErrorKind::", stringify!($kind), ")."
            )]
            pub const fn kind(&self) -> $crate::error::ErrorKind {
                $crate::error::ErrorKind::$kind
            }
        }
    )+};
}

pub(crate) use always;
