//! What the server knows of a stream, also when it shows none of its events.

use super::{
    Shared,
    client::Line,
    convert::resolved,
    failure::{CallError, Failure},
    reading::{Reading, Request, read_backwards},
};
use crate::{
    store::{Direction, StoreError, StreamInfo, toolkit::rules::StreamState},
    stream::{Position, Revision, StreamMetadata, StreamName},
};
use bytes::Bytes;
use eventstore::{AppendToStreamOptions, CurrentRevision, EventData, StreamPosition};
use std::sync::Arc;
use tokio::time::Instant;

/// The last revision a writer can expect that no stream has: an append that
/// expects it is refused, and the refusal says where the stream is.
pub(super) const NEVER: u64 = i64::MAX.unsigned_abs() - 1;

impl Shared {
    pub(super) async fn stream_info(
        self: &Arc<Self>,
        stream: &StreamName,
        ends: Instant,
    ) -> Result<StreamInfo, StoreError> {
        let (last, metadata) = tokio::join!(
            self.last_visible(stream, ends),
            self.metadata_of(stream, ends)
        );
        let last = match last {
            Err(error) if error.failure() == Failure::Deleted => {
                return Ok(StreamInfo {
                    tombstoned: true,
                    ..StreamInfo::default()
                });
            }
            last => last.map_err(CallError::into_store_error)?,
        };
        let Some(metadata) = metadata? else {
            // Only metadata can hide events.
            return Ok(StreamInfo {
                last_revision: last,
                ..StreamInfo::default()
            });
        };
        let last_revision = match last {
            Some(last) => Some(last),
            None => match self.last_hidden(stream, ends).await {
                // Only who may write can find it out.
                Err(error) if error.failure() == Failure::Denied => None,
                Err(error) if error.failure() == Failure::Deleted => {
                    return Ok(StreamInfo {
                        tombstoned: true,
                        ..StreamInfo::default()
                    });
                }
                hidden => hidden.map_err(CallError::into_store_error)?,
            },
        };
        Ok(StreamInfo {
            last_revision,
            deleted: last.is_none() && metadata.is_deleted(),
            tombstoned: false,
            metadata,
        })
    }

    /// The revision of the last event that a read shows.
    pub(super) async fn last_visible(
        &self,
        stream: &StreamName,
        ends: Instant,
    ) -> Result<Option<Revision>, CallError> {
        let request = Request::new(stream).backwards_from(u64::MAX, 1);
        let read = read_backwards(&self.connection, request, ends).await?;
        let last = read.first().and_then(|read| read.event.as_ref());
        Ok(last.map(|event| Revision::new(event.revision)))
    }

    async fn metadata_of(
        &self,
        stream: &StreamName,
        ends: Instant,
    ) -> Result<Option<StreamMetadata>, StoreError> {
        if stream.metadata_of().is_some() {
            return Ok(None);
        }
        let request = Request::new(&stream.metadata_stream()).backwards_from(u64::MAX, 1);
        let read = match read_backwards(&self.connection, request, ends).await {
            // The stream has a tombstone; its metadata are gone with it.
            Err(error) if error.failure() == Failure::Deleted => return Ok(None),
            read => read.map_err(CallError::into_store_error)?,
        };
        let Some(event) = read.into_iter().next() else {
            return Ok(None);
        };
        StreamMetadata::from_json(&resolved(event)?.data)
            .map(Some)
            .map_err(|source| StoreError::InvalidStreamMetadata {
                stream: stream.clone(),
                source,
            })
    }

    /// The last revision of a stream that shows no event.
    async fn last_hidden(
        &self,
        stream: &StreamName,
        ends: Instant,
    ) -> Result<Option<Revision>, CallError> {
        let mut options = AppendToStreamOptions::default()
            .expected_revision(eventstore::ExpectedRevision::Exact(NEVER));
        if let Some(credentials) = self.connection.credentials() {
            options = options.authenticated(credentials);
        }
        let name = stream.as_str().to_owned();
        let probe = EventData::binary("Probe", Bytes::new()).id(crate::event::new_event_id());
        let refused = self
            .connection
            .call_until(ends, |client| async move {
                client.append_to_stream(name, &options, probe).await
            })
            .await;
        match refused {
            Err(CallError::Client(eventstore::Error::WrongExpectedVersion { current, .. })) => {
                Ok(match current {
                    CurrentRevision::Current(last) => Some(Revision::new(last)),
                    CurrentRevision::NoStream => None,
                })
            }
            Err(error) => Err(error),
            // A stream of so many events there is none.
            Ok(written) => Ok(Some(Revision::new(written.next_expected_version))),
        }
    }

    /// The position of the newest event of all.
    pub(super) async fn newest_position(
        &self,
        ends: Instant,
    ) -> Result<Option<Position>, StoreError> {
        let position = async {
            let mut reading = Reading::of_all(
                &self.connection,
                Line::Calls,
                StreamPosition::End,
                Direction::Backwards,
                1,
                false,
                ends,
            )
            .await?;
            let items = reading.next(&self.connection, ends).await?;
            let newest = items.events.into_iter().next().and_then(|read| read.event);
            Ok(newest.map(|event| Position::new(event.position.commit)))
        };
        position.await.map_err(CallError::into_store_error)
    }
}

/// What is known of a stream, as the rules take it.
pub(super) fn state(info: &StreamInfo) -> StreamState {
    StreamState {
        last: info.last_revision,
        deleted: info.deleted,
        tombstoned: info.tombstoned,
    }
}
