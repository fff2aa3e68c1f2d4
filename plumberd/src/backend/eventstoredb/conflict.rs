//! What a conflict was: the server says neither where the stream is, nor
//! whether it was the stream's state or an id.

use super::{Shared, find::Depth, info};
use crate::{
    event::NewEvent,
    store::{
        AppendOutcome, StoreError,
        toolkit::rules::{self, Admission, StreamState},
    },
    stream::{ExpectedRevision, StreamName},
};
use std::sync::Arc;
use tokio::time::Instant;

impl Shared {
    /// Decides an append that the server did not take, by the events it has:
    /// the newest, and all after the expected revision. All of them are looked
    /// at only when the stream is as expected, or holds a part of the batch.
    pub(super) async fn decide_conflict(
        self: &Arc<Self>,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: &[NewEvent],
        ends: Instant,
    ) -> Result<AppendOutcome, StoreError> {
        let depth = match expected {
            ExpectedRevision::Exact(revision) => Depth::DownTo(revision.next()),
            _ => Depth::Newest,
        };
        let found = self.locate(stream, events, depth, ends).await?;
        // A tombstone is an error of the look above already.
        let state = match found.head {
            Some(last) => StreamState {
                last: Some(last),
                ..StreamState::default()
            },
            None => info::state(&self.stream_info(stream, ends).await?),
        };
        let partly = found.any() && !found.all();
        let admitted = rules::admit(stream, expected, events, state, &found.stored());
        let refused_by_id = match &admitted {
            Ok(Admission::Write(_)) => true,
            _ => partly,
        };
        if !refused_by_id || found.complete {
            return conclude(stream, expected, state, admitted);
        }
        let found = self.locate(stream, events, Depth::Everything, ends).await?;
        let admitted = rules::admit(stream, expected, events, state, &found.stored());
        conclude(stream, expected, state, admitted)
    }
}

fn conclude(
    stream: &StreamName,
    expected: ExpectedRevision,
    state: StreamState,
    admitted: Result<Admission, StoreError>,
) -> Result<AppendOutcome, StoreError> {
    match admitted? {
        Admission::AlreadyApplied(outcome) => Ok(outcome),
        // It came to be as expected after the server had looked.
        Admission::Write(_) => Err(StoreError::Conflict {
            stream: stream.clone(),
            expected,
            actual: state.head(),
        }),
    }
}
