//! Deletes and tombstones. They are rare, so the stream is looked at first: the
//! server takes some that the contract refuses, and its refusals do not say
//! where the stream is.

use super::{
    BACKEND, Shared,
    convert::expected_revision,
    failure::{CallError, Failure},
    info,
};
use crate::{
    store::{
        StoreError,
        toolkit::rules::{self, Deletion, StreamState},
    },
    stream::{ExpectedRevision, StreamName},
};
use eventstore::{DeleteStreamOptions, TombstoneStreamOptions};
use std::sync::Arc;
use tokio::time::Instant;

impl Shared {
    pub(super) async fn delete(
        self: &Arc<Self>,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        let ends = self.connection.ends();
        let state = info::state(&self.stream_info(stream, ends).await?);
        match rules::check_delete(stream, expected, state)? {
            Deletion::AlreadyDeleted => return Ok(()),
            Deletion::Write => {}
        }
        let mut options =
            DeleteStreamOptions::default().expected_revision(expected_revision(expected));
        if let Some(credentials) = self.connection.credentials() {
            options = options.authenticated(credentials);
        }
        let name = stream.as_str().to_owned();
        let deleted = self
            .connection
            .call_until(ends, |client| async move {
                client.delete_stream(name, &options).await
            })
            .await;
        let Err(error) = deleted else { return Ok(()) };
        let state = self.state_after(stream, error, ends).await?;
        // Another program may have deleted it meanwhile.
        match rules::check_delete(stream, expected, state)? {
            Deletion::AlreadyDeleted => Ok(()),
            Deletion::Write => Err(conflict(stream, expected, state)),
        }
    }

    pub(super) async fn tombstone(
        self: &Arc<Self>,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        let ends = self.connection.ends();
        let state = info::state(&self.stream_info(stream, ends).await?);
        rules::check_tombstone(stream, expected, state)?;
        let mut options =
            TombstoneStreamOptions::default().expected_revision(expected_revision(expected));
        if let Some(credentials) = self.connection.credentials() {
            options = options.authenticated(credentials);
        }
        let name = stream.as_str().to_owned();
        let deleted = self
            .connection
            .call_until(ends, |client| async move {
                client.tombstone_stream(name, &options).await
            })
            .await;
        let Err(error) = deleted else { return Ok(()) };
        let state = self.state_after(stream, error, ends).await?;
        rules::check_tombstone(stream, expected, state)?;
        Err(conflict(stream, expected, state))
    }

    /// The state of a stream that the server did not delete, when it was for
    /// its state.
    async fn state_after(
        self: &Arc<Self>,
        stream: &StreamName,
        error: CallError,
        ends: Instant,
    ) -> Result<StreamState, StoreError> {
        match error.failure() {
            Failure::Conflict | Failure::Deleted => {
                Ok(info::state(&self.stream_info(stream, ends).await?))
            }
            _ if error.leaves_open() && !error.never_left() => Err(StoreError::OutcomeUnknown {
                backend: BACKEND,
                stream: stream.clone(),
                source: error.into(),
            }),
            _ => Err(error.into_store_error()),
        }
    }
}

fn conflict(stream: &StreamName, expected: ExpectedRevision, state: StreamState) -> StoreError {
    StoreError::Conflict {
        stream: stream.clone(),
        expected,
        actual: state.head(),
    }
}
