//! Writes: where EventStoreDB is laxer than the engine, the difference is made
//! up here.

use super::{engine::Engine, envelope};
use plumberd::{
    event::NewEvent,
    store::{AppendOutcome, EventStore, IdempotencyReason, ReadOptions, StoreError},
    stream::{ExpectedRevision, Position, Revision, StreamName},
};

/// Where an append left its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Appended {
    /// The last revision; none of a stream that still has no event.
    pub(super) revision: Option<Revision>,
    /// The position of the last event that was written, if any was.
    pub(super) position: Option<Position>,
}

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum Refused {
    /// The stream is not as expected.
    WrongExpectedVersion { actual: Option<Revision> },
    /// The stream has a tombstone.
    StreamDeleted,
    /// The append is larger than the server takes.
    TooLarge,
    /// Everything else.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { actual, .. } => Self::WrongExpectedVersion { actual },
            StoreError::StreamDeleted { .. } => Self::StreamDeleted,
            StoreError::LimitExceeded { .. } => Self::TooLarge,
            other => Self::Store(other),
        }
    }
}

impl Engine {
    /// Appends as EventStoreDB does.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the events may or may not be written, never
    /// a part of them.
    pub(super) async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<Appended, Refused> {
        if events.is_empty() {
            return self.append_nothing(stream, expected).await;
        }
        let outcome = match self.append_lax(stream, expected, events).await {
            Ok(outcome) => outcome,
            // A deleted stream is said to be where it was left.
            Err(StoreError::Idempotency { .. } | StoreError::Conflict { actual: None, .. }) => {
                let info = self.store.stream_info(stream).await?;
                return Err(Refused::WrongExpectedVersion {
                    actual: info.last_revision,
                });
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Appended {
            revision: Some(outcome.revision()),
            position: Some(outcome.position()),
        })
    }

    /// An append of no events only tells whether the stream is as expected.
    async fn append_nothing(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<Appended, Refused> {
        let info = self.store.stream_info(stream).await?;
        if info.tombstoned {
            return Err(Refused::StreamDeleted);
        }
        let head = info.head();
        let met = match expected {
            ExpectedRevision::Any => true,
            ExpectedRevision::NoStream => head.is_none(),
            ExpectedRevision::StreamExists => head.is_some(),
            ExpectedRevision::Exact(_) => {
                info.last_revision.map(ExpectedRevision::Exact) == Some(expected)
            }
        };
        if !met {
            return Err(Refused::WrongExpectedVersion { actual: head });
        }
        Ok(Appended {
            revision: head,
            position: None,
        })
    }

    async fn append_lax(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        let first = self.append_revived(stream, expected, events.clone()).await;
        let Err(StoreError::Idempotency { reason, .. }) = first else {
            return first;
        };
        match reason {
            IdempotencyReason::OtherStream
            | IdempotencyReason::OtherHead
            | IdempotencyReason::OtherTail => {}
            _ => return first,
        }
        // Some id may be another stream's. What this stream does not know under
        // its own id gets one that is derived, the same one each time, so that
        // a repetition is recognised.
        let mut renamed = Vec::with_capacity(events.len());
        for event in events {
            let known = self.store.find_event(stream, event.id()).await?.is_some();
            renamed.push(if known {
                event
            } else {
                envelope::wrap(&event, stream)
            });
        }
        self.append_revived(stream, expected, renamed).await
    }

    /// A soft-deleted stream may be written by who expects its last revision,
    /// and may not by who expects it to exist.
    async fn append_revived(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        let again = match expected {
            ExpectedRevision::Exact(_) | ExpectedRevision::StreamExists => events.clone(),
            ExpectedRevision::Any | ExpectedRevision::NoStream => Vec::new(),
        };
        let first = self.store.append(stream, expected, events).await;
        let Err(StoreError::Conflict { actual: None, .. }) = first else {
            return first;
        };
        let info = self.store.stream_info(stream).await?;
        match expected {
            ExpectedRevision::Exact(last) if info.deleted && info.last_revision == Some(last) => {
                self.store
                    .append(stream, ExpectedRevision::NoStream, again)
                    .await
            }
            ExpectedRevision::StreamExists if info.deleted => Err(StoreError::StreamDeleted {
                stream: stream.clone(),
            }),
            _ => first,
        }
    }

    /// Soft-deletes a stream; the position is that of the mark.
    pub(super) async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<Option<Position>, StoreError> {
        let first = self.store.delete(stream, expected).await;
        if let Err(StoreError::Conflict { .. }) = first {
            self.check_deleted(stream, expected).await?;
        }
        first?;
        self.newest_of(&stream.metadata_stream()).await
    }

    /// Deletes a stream for ever; the position is that of the tombstone.
    pub(super) async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<Option<Position>, StoreError> {
        let first = self.store.tombstone(stream, expected).await;
        if let Err(StoreError::Conflict { .. }) = first {
            self.check_deleted(stream, expected).await?;
        }
        first?;
        self.newest_of(stream).await
    }

    /// Who expects a soft-deleted stream to exist is told that it is deleted.
    async fn check_deleted(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        if expected == ExpectedRevision::StreamExists
            && self.store.stream_info(stream).await?.deleted
        {
            return Err(StoreError::StreamDeleted {
                stream: stream.clone(),
            });
        }
        Ok(())
    }

    async fn newest_of(&self, stream: &StreamName) -> Result<Option<Position>, StoreError> {
        let filter = plumberd::store::Filter::new()
            .with_system_events()
            .stream(stream.clone());
        let newest = ReadOptions::backwards().limit(1);
        let event = self.store.read_all(newest, filter).next_event().await?;
        Ok(event.map(|event| event.position))
    }
}
