use super::{CommandId, InvalidCommandId};
use crate::{
    aggregate::{ApplyError, RaiseError},
    error::ErrorKind,
    store::{Attempts, StoreError},
    stream::{ExpectedRevision, InvalidStreamName, Revision, StreamName},
};

/// Why a [`Repository`](super::Repository) could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// There is no such aggregate.
    #[error("`{stream}` does not exist")]
    NotFound {
        /// Its stream.
        stream: StreamName,
    },

    /// There is such an aggregate already.
    #[error("`{stream}` exists already")]
    AlreadyExists {
        /// Its stream.
        stream: StreamName,
    },

    /// Other writers were first, each time; or the aggregate is not at the
    /// revision that was expected. Nothing was written.
    #[error("`{stream}` {}", changed(*expected, *actual, repeatable.then_some(*attempts)))]
    Conflict {
        /// Its stream.
        stream: StreamName,
        /// What the last attempt expected.
        expected: ExpectedRevision,
        /// Where the stream was.
        actual: Option<Revision>,
        /// How many attempts there were.
        attempts: u32,
        /// Whether to decide again on what is there now may help: not where
        /// the caller said which revision the aggregate must be at.
        repeatable: bool,
    },

    /// The command id is that of another command, which was carried out in this
    /// stream. Nothing was written. Give each command an id of its own, or name
    /// them with [`Execute::purpose`](super::Execute::purpose).
    #[error(
        "command {} is {} in `{stream}`, and cannot be {} too; {}",
        named(*command_id, given.as_deref()),
        first_command(stored.as_deref(), stored_types),
        other_command(asked.as_deref(), asked_types, stored_types),
        advice(asked.as_deref(), stored_types)
    )]
    CommandIdTaken {
        /// The stream.
        stream: StreamName,
        /// The id.
        command_id: CommandId,
        /// The text that the id was made of, or the first 100 characters of
        /// it; none where it was given as a UUID.
        given: Option<Box<str>>,
        /// The purpose, or the type, of the command that was carried out.
        stored: Option<Box<str>>,
        /// The purpose, or the type, of the one that was asked for.
        asked: Option<Box<str>>,
        /// What the first one stored, where nothing is known of its purpose and
        /// its events tell the two apart; else empty.
        stored_types: Box<[String]>,
        /// The types of events that the one that was asked for may store.
        asked_types: Box<[String]>,
    },

    /// The command was carried out before, and the aggregate was deleted since.
    /// Nothing was written now. Under a new id it is a new command.
    #[error(
        "command {} was carried out on `{stream}`, which was deleted since",
        named(*command_id, given.as_deref())
    )]
    DeletedSince {
        /// The stream.
        stream: StreamName,
        /// The id.
        command_id: CommandId,
        /// The text that the id was made of, or the first 100 characters of
        /// it; none where it was given as a UUID.
        given: Option<Box<str>>,
        /// The revision of the command's last event that was found.
        revision: Revision,
    },

    /// The command's id, or its purpose, cannot be one.
    #[error("the command has no identity")]
    CommandId {
        /// What is wrong with it.
        #[from]
        source: InvalidCommandId,
    },

    /// A decision, or an event sourcing handler, waits for another command on
    /// the aggregate that it is part of. Each would wait for the other, and the
    /// first be decided anew after the second. Put both into one decision, or
    /// run one after the other.
    #[error(
        "a decision on `{stream}` carries out another command on it; put both into one decision, \
         or run one after the other"
    )]
    Nested {
        /// Its stream.
        stream: StreamName,
    },

    /// The aggregate never was at this revision.
    #[error("`{stream}` has no revision {asked}")]
    NoSuchRevision {
        /// Its stream.
        stream: StreamName,
        /// What was asked for.
        asked: Revision,
        /// Its last revision.
        last: Revision,
    },

    /// The id makes no stream name.
    #[error("the id makes no stream name")]
    Id {
        /// What is wrong with it.
        #[from]
        source: InvalidStreamName,
    },

    /// A stored event cannot be applied.
    #[error("`{stream}` cannot be rebuilt from its events")]
    Apply {
        /// Its stream.
        stream: StreamName,
        /// What is wrong.
        source: ApplyError,
    },

    /// The store skipped an event: a state without it would be wrong.
    #[error("`{stream}` cannot be rebuilt: event {found} came where {expected} was due")]
    Gap {
        /// Its stream.
        stream: StreamName,
        /// The revision that was due.
        expected: Revision,
        /// The revision that came.
        found: Revision,
    },

    /// A decision failed half way when its events were raised, and the root is
    /// not what its stream will say. Load it again.
    #[error("`{stream}` was left half changed by a decision that failed; load it again")]
    HalfChanged {
        /// Its stream.
        stream: StreamName,
    },

    /// Events of the aggregate are hidden by truncation, `$maxCount` or
    /// `$maxAge`, so its state cannot be rebuilt. When what is left says all
    /// there is to know, use
    /// [`folding_truncated_streams`](super::Repository::folding_truncated_streams).
    #[error("`{stream}` cannot be rebuilt: its events before {} are hidden", before(*.first))]
    Truncated {
        /// Its stream.
        stream: StreamName,
        /// The first event that can be seen; none when all are hidden.
        first: Option<Revision>,
    },

    /// The store failed, or refused the events.
    #[error(transparent)]
    Store {
        /// How.
        #[from]
        source: StoreError,
    },
}

fn changed(expected: ExpectedRevision, actual: Option<Revision>, attempts: Option<u32>) -> String {
    let expected = match expected {
        ExpectedRevision::Any => "in any state".to_owned(),
        ExpectedRevision::NoStream => "not to exist".to_owned(),
        ExpectedRevision::StreamExists => "to exist".to_owned(),
        ExpectedRevision::Exact(revision) => format!("at revision {revision}"),
    };
    let actual = actual.map_or_else(
        || "does not exist".to_owned(),
        |revision| format!("is at revision {revision}"),
    );
    match attempts {
        Some(attempts) => format!(
            "was changed by others: it was expected {expected} and {actual} (attempts: {attempts})"
        ),
        None => format!("was expected {expected} and {actual}"),
    }
}

/// The command by what its caller called it.
fn named(id: CommandId, given: Option<&str>) -> String {
    given.map_or_else(|| id.to_string(), |given| format!("`{given}` ({id})"))
}

fn first_command(purpose: Option<&str>, types: &[String]) -> String {
    match types {
        [] => command(purpose),
        types => format!(
            "{} (it stored {})",
            command(purpose),
            quoted(types, " and ")
        ),
    }
}

fn other_command(purpose: Option<&str>, types: &[String], first: &[String]) -> String {
    match (first, types) {
        ([], _) => command(purpose),
        (_, []) => format!("{} (it stores nothing)", command(purpose)),
        (_, types) => format!("{} (it stores {})", command(purpose), quoted(types, " or ")),
    }
}

fn command(purpose: Option<&str>) -> String {
    purpose.map_or_else(
        || "a command without a purpose".to_owned(),
        |purpose| format!("`{purpose}`"),
    )
}

fn quoted(types: &[String], separator: &str) -> String {
    let quoted: Vec<_> = types.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(separator)
}

const fn advice(purpose: Option<&str>, types: &[String]) -> &'static str {
    if purpose.is_none() && !types.is_empty() {
        "name them with `.purpose(…)`, or give each command an id of its own"
    } else {
        "give each command an id of its own"
    }
}

fn before(first: Option<Revision>) -> String {
    first.map_or_else(
        || "the next one".to_owned(),
        |first| format!("revision {first}"),
    )
}

impl RepositoryError {
    /// What this is to the caller.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } | Self::NoSuchRevision { .. } | Self::DeletedSince { .. } => {
                ErrorKind::NotFound
            }
            Self::AlreadyExists { .. } | Self::CommandIdTaken { .. } => ErrorKind::AlreadyExists,
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Id { source } => source.kind(),
            Self::CommandId { source } => source.kind(),
            Self::Nested { .. } => ErrorKind::Invalid,
            Self::Apply { source, .. } => source.kind(),
            Self::Gap { .. } | Self::Truncated { .. } => ErrorKind::Unreadable,
            Self::HalfChanged { .. } => ErrorKind::Closed,
            Self::Store { source } => source.kind(),
        }
    }

    /// Whether the same call may succeed later with nothing else changed. After
    /// a [`Conflict`](Self::Conflict) too, if the aggregate is loaded again; not
    /// where the call said which revision it must be at.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Conflict { repeatable, .. } => *repeatable,
            other => other.kind().is_transient(),
        }
    }

    /// How often it was tried, where the error tells.
    pub fn attempts(&self) -> Option<u32> {
        match self {
            Self::Conflict { attempts, .. } => Some(*attempts),
            Self::Store { source } => Attempts::of(source),
            _ => None,
        }
    }
}

/// Why a decision on a [`Root`](super::Root) came to nothing.
///
/// `E` is the aggregate's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecideError<E> {
    /// The aggregate refused.
    #[error(transparent)]
    Rejected(E),

    /// It decided on events that cannot be raised.
    #[error("the events of the decision cannot be raised")]
    Raise(#[from] RaiseError),
}

impl<E> DecideError<E> {
    /// What this is to the caller; the aggregate's own error is
    /// [`ErrorKind::Rejected`].
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected(_) => ErrorKind::Rejected,
            Self::Raise(error) => error.kind(),
        }
    }

    /// The aggregate's own error, when that is what it is.
    pub fn rejection(self) -> Option<E> {
        match self {
            Self::Rejected(error) => Some(error),
            Self::Raise(_) => None,
        }
    }
}

/// Why a command on a [`Repository`](super::Repository) came to nothing.
///
/// `E` is the aggregate's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<E> {
    /// The aggregate refused. Nothing was written.
    #[error(transparent)]
    Rejected(E),

    /// It decided on events that cannot be raised. Nothing was written.
    #[error("the events of the decision cannot be raised")]
    Raise(#[source] RaiseError),

    /// It could not be loaded, or the events not be written.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl<E> ExecuteError<E> {
    /// What this is to the caller; the aggregate's own error is
    /// [`ErrorKind::Rejected`].
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected(_) => ErrorKind::Rejected,
            Self::Raise(error) => error.kind(),
            Self::Repository(error) => error.kind(),
        }
    }

    /// The aggregate's own error, when that is what it is.
    pub fn rejection(self) -> Option<E> {
        match self {
            Self::Rejected(error) => Some(error),
            Self::Raise(_) | Self::Repository(_) => None,
        }
    }

    /// Whether the same call may succeed later with nothing else changed.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Repository(error) => error.is_transient(),
            Self::Rejected(_) | Self::Raise(_) => false,
        }
    }
}

impl<E> From<DecideError<E>> for ExecuteError<E> {
    fn from(error: DecideError<E>) -> Self {
        match error {
            DecideError::Rejected(error) => Self::Rejected(error),
            DecideError::Raise(error) => Self::Raise(error),
        }
    }
}

impl<E> From<StoreError> for ExecuteError<E> {
    fn from(source: StoreError) -> Self {
        Self::Repository(source.into())
    }
}
