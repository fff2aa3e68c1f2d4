//! What the service refuses, worded as an EventStoreDB server does: clients
//! compare the messages, and read the trailers.

use super::target::GroupKey;
use plumberd::store::StoreError;
use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};

/// There is no such group.
pub(super) fn missing(key: &GroupKey) -> Status {
    about(
        key,
        Code::NotFound,
        "does not exist.",
        "persistent-subscription-does-not-exist",
    )
}

/// There is such a group already.
pub(super) fn exists(key: &GroupKey) -> Status {
    about(
        key,
        Code::AlreadyExists,
        "exists.",
        "persistent-subscription-exists",
    )
}

/// The group was changed, or told to let go of this consumer.
pub(super) fn dropped(key: &GroupKey) -> Status {
    about(
        key,
        Code::Cancelled,
        "was dropped.",
        "persistent-subscription-dropped",
    )
}

/// The group has as many consumers as it may.
pub(super) fn full(key: &GroupKey) -> Status {
    let message = format!(
        "Maximum subscriptions reached for subscription group {} on stream {}.",
        key.group, key.source
    );
    with_trailers(
        Code::FailedPrecondition,
        message,
        "maximum-subscribers-reached",
        key,
    )
}

/// The group cannot be as it is asked for.
pub(super) fn failed(key: &GroupKey, reason: &str) -> Status {
    let mut status = about(
        key,
        Code::Internal,
        &format!("failed: '{reason}'"),
        "persistent-subscription-failed",
    );
    insert(status.metadata_mut(), "reason", reason);
    status
}

/// The request lacks something, or has something it should not.
pub(super) fn invalid(what: &str) -> Status {
    Status::invalid_argument(what)
}

/// The server stops.
pub(super) fn stopping() -> Status {
    Status::unavailable("Server Is Not Ready")
}

/// The engine failed.
pub(super) fn of_engine(error: &StoreError) -> Status {
    tracing::warn!(error = %error, "the engine failed a persistent subscription");
    if error.is_transient() {
        Status::unavailable("Server Is Not Ready")
    } else {
        Status::unknown("Exception was thrown by handler.")
    }
}

fn about(key: &GroupKey, code: Code, what: &str, exception: &'static str) -> Status {
    let message = format!(
        "Subscription group {} on stream {} {what}",
        key.group, key.source
    );
    with_trailers(code, message, exception, key)
}

fn with_trailers(code: Code, message: String, exception: &'static str, key: &GroupKey) -> Status {
    let mut trailers = MetadataMap::new();
    trailers.insert("exception", MetadataValue::from_static(exception));
    insert(&mut trailers, "stream-name", key.source.as_str());
    insert(&mut trailers, "group-name", &key.group);
    Status::with_metadata(code, message, trailers)
}

/// A trailer is ASCII; a text that is not is in the message only.
fn insert(trailers: &mut MetadataMap, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        trailers.insert(name, value);
    }
}
