//! Refusals exactly as an EventStoreDB server words them: clients compare
//! messages and read trailers.

use super::projections::NotWritable;
use plumberd::{
    store::StoreError,
    stream::{ExpectedRevision, Revision},
};
use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};

/// A refusal with the name of its exception and what belongs to it as
/// trailers.
pub(super) fn refusal(
    code: Code,
    message: impl Into<String>,
    exception: &'static str,
    trailers: &[(&'static str, &str)],
) -> Status {
    let mut map = MetadataMap::new();
    map.insert("exception", MetadataValue::from_static(exception));
    for (key, value) in trailers {
        if let Ok(value) = MetadataValue::try_from(header_text(value)) {
            map.insert(*key, value);
        }
    }
    Status::with_metadata(code, message, map)
}

/// A header takes printable ASCII; everything else is percent-encoded.
fn header_text(text: &str) -> String {
    use std::fmt::Write as _;

    let mut header = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' => header.push(char::from(byte)),
            // Writing to a `String` cannot fail.
            _ => drop(write!(header, "%{byte:02X}")),
        }
    }
    header
}

/// The request cannot be meant.
pub(super) fn invalid(message: impl Into<String>) -> Status {
    Status::invalid_argument(message)
}

/// A part of the request is missing, or of a kind that this server does not
/// know.
pub(super) fn missing(what: &str) -> Status {
    invalid(format!("'{what}' is missing or unknown"))
}

/// The server stops; the call may be tried again, elsewhere or later.
pub(super) fn not_ready() -> Status {
    Status::unavailable("Server Is Not Ready")
}

/// The stream has a tombstone.
pub(super) fn stream_deleted(stream: &str) -> Status {
    refusal(
        Code::FailedPrecondition,
        format!("Event stream '{stream}' is deleted."),
        "stream-deleted",
        &[("stream-name", stream)],
    )
}

/// A delete or a tombstone that expected another stream; both are called
/// "Delete".
pub(super) fn wrong_expected_version(
    stream: &str,
    expected: ExpectedRevision,
    actual: Option<Revision>,
) -> Status {
    let expected = expected_number(expected);
    let actual = actual.map_or_else(|| "-1".to_owned(), |revision| revision.to_string());
    refusal(
        Code::FailedPrecondition,
        format!(
            "Delete failed due to WrongExpectedVersion. Stream: {stream}, \
             Expected version: {expected}, Actual version: {actual}"
        ),
        "wrong-expected-version",
        &[
            ("stream-name", stream),
            ("expected-version", &expected),
            ("actual-version", &actual),
        ],
    )
}

fn expected_number(expected: ExpectedRevision) -> String {
    match expected {
        ExpectedRevision::NoStream => "-1".into(),
        ExpectedRevision::Any => "-2".into(),
        ExpectedRevision::StreamExists => "-4".into(),
        ExpectedRevision::Exact(revision) => revision.to_string(),
    }
}

/// The append is larger than `limit` bytes.
pub(super) fn append_too_large(limit: usize) -> Status {
    let limit = limit.to_string();
    refusal(
        Code::InvalidArgument,
        format!("Maximum Append Size of {limit} Exceeded."),
        "maximum-append-size-exceeded",
        &[("maximum-append-size", &limit)],
    )
}

/// A proposed event without one of the entries it needs.
pub(super) fn missing_metadata_property(property: &str) -> Status {
    refusal(
        Code::InvalidArgument,
        format!("Required Metadata Property '{property}' is missing"),
        "missing-required-metadata-property",
        &[("required-metadata-properties", "type,content-type")],
    )
}

/// The caller gives no user, or a false one.
pub(super) fn unauthenticated() -> Status {
    Status::unauthenticated("")
}

/// The caller is known, and may not.
pub(super) fn access_denied() -> Status {
    refusal(
        Code::PermissionDenied,
        "Access Denied",
        "access-denied",
        &[],
    )
}

/// There is no such user.
pub(super) fn user_not_found(login: &str) -> Status {
    refusal(
        Code::NotFound,
        format!("User '{login}' is not found."),
        "user-not-found",
        &[("login-name", login)],
    )
}

/// There is such a user already.
pub(super) fn user_conflict(login: &str) -> Status {
    refusal(
        Code::FailedPrecondition,
        "Conflict.",
        "user-conflict",
        &[("login-name", login)],
    )
}

/// What the store answered, where it is nothing that the protocol has a word
/// of its own for.
pub(super) fn of_store(error: &StoreError) -> Status {
    match error {
        StoreError::StreamDeleted { stream } => stream_deleted(stream.as_str()),
        StoreError::Closed { .. }
        | StoreError::Unavailable { .. }
        | StoreError::OutcomeUnknown { .. } => not_ready(),
        StoreError::Backend { source, .. } if source.is::<NotWritable>() => access_denied(),
        StoreError::Unsupported { .. }
        | StoreError::InvalidStreamMetadata { .. }
        | StoreError::LimitExceeded { .. } => invalid(text(error)),
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "the store failed");
            Status::unknown("Exception was thrown by handler.")
        }
    }
}

/// The error with its causes.
fn text(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
