//! Whether there is anything where a subscription is to go on.

use super::{
    super::{BACKEND, Shared, failure::CallError, failure::Failure},
    target::Target,
};
use crate::{
    store::{StoreError, toolkit::rules},
    stream::{Position, Revision, StreamName},
};
use std::sync::Arc;
use tokio::time::Instant;

impl Shared {
    /// Fails when the store, or the stream, ends before `after`: the server
    /// would say that everything was sent, and be silent.
    ///
    /// From a node that may lag the failure passes, and says so.
    pub(super) async fn check_reached(
        self: &Arc<Self>,
        target: &Target,
        after: u64,
        ends: Instant,
    ) -> Result<(), StoreError> {
        let checked = match target {
            Target::All { .. } => {
                let newest = self.newest_position(ends).await?;
                rules::check_reached(BACKEND, None, after, newest.map(Position::as_u64))
            }
            Target::Stream(stream) => self.check_revision(stream, after, ends).await,
        };
        match checked {
            Err(error @ StoreError::NotReached { .. }) if self.connection.may_lag() => {
                Err(StoreError::Unavailable {
                    backend: BACKEND,
                    source: Lagging(error).into(),
                })
            }
            checked => checked,
        }
    }

    async fn check_revision(
        self: &Arc<Self>,
        stream: &StreamName,
        after: u64,
        ends: Instant,
    ) -> Result<(), StoreError> {
        match self.last_visible(stream, ends).await {
            Ok(Some(last)) if last.as_u64() >= after => return Ok(()),
            // The subscription says so itself.
            Err(error) if error.failure() == Failure::Deleted => return Ok(()),
            other => other.map_err(CallError::into_store_error)?,
        };
        let info = self.stream_info(stream, ends).await?;
        let hides = info.deleted || info.metadata.truncate_before.is_some();
        if info.tombstoned || (info.last_revision.is_none() && hides) {
            // The server tells how far it went only to a user who may write to it.
            return Ok(());
        }
        let last = info.last_revision.map(Revision::as_u64);
        rules::check_reached(BACKEND, Some(stream), after, last)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the node that was asked may lag behind the leader")]
struct Lagging(#[source] StoreError);
