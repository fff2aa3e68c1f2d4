//! What the service refuses, worded as an EventStoreDB server does.

use super::{super::status, target::GroupKey};
use tonic::{Code, Status};

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
    let GroupKey { source, group } = key;
    status::refusal(
        Code::FailedPrecondition,
        format!("Maximum subscriptions reached for subscription group {group} on stream {source}."),
        "maximum-subscribers-reached",
        &[("stream-name", source.as_str()), ("group-name", group)],
    )
}

/// The group cannot be as it is asked for.
pub(super) fn failed(key: &GroupKey, reason: &str) -> Status {
    let GroupKey { source, group } = key;
    status::refusal(
        Code::Internal,
        format!("Subscription group {group} on stream {source} failed: '{reason}'"),
        "persistent-subscription-failed",
        &[
            ("stream-name", source.as_str()),
            ("group-name", group),
            ("reason", reason),
        ],
    )
}

fn about(key: &GroupKey, code: Code, what: &str, exception: &'static str) -> Status {
    let GroupKey { source, group } = key;
    status::refusal(
        code,
        format!("Subscription group {group} on stream {source} {what}"),
        exception,
        &[("stream-name", source.as_str()), ("group-name", group)],
    )
}
