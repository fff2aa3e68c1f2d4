//! Refusals exactly as an EventStoreDB server words them: clients compare
//! messages and read trailers.

use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};

/// Nobody says who calls, or falsely.
pub(super) fn unauthenticated() -> Status {
    Status::unauthenticated("")
}

/// The caller is known, and may not.
pub(super) fn access_denied() -> Status {
    Status::with_metadata(
        Code::PermissionDenied,
        "Access Denied",
        exception("access-denied"),
    )
}

/// There is no such user.
pub(super) fn user_not_found(login: &str) -> Status {
    let mut trailers = exception("user-not-found");
    insert(&mut trailers, "login-name", login);
    Status::with_metadata(
        Code::NotFound,
        format!("User '{login}' is not found."),
        trailers,
    )
}

/// There is such a user already.
pub(super) fn user_conflict(login: &str) -> Status {
    let mut trailers = exception("user-conflict");
    insert(&mut trailers, "login-name", login);
    Status::with_metadata(Code::FailedPrecondition, "Conflict.", trailers)
}

fn exception(kind: &'static str) -> MetadataMap {
    let mut trailers = MetadataMap::new();
    trailers.insert("exception", MetadataValue::from_static(kind));
    trailers
}

/// A name that no header can carry is left out: it is in the message.
fn insert(trailers: &mut MetadataMap, key: &'static str, value: &str) {
    if let Ok(value) = MetadataValue::try_from(value) {
        trailers.insert(key, value);
    }
}
