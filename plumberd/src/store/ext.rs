use super::{EventStore, ReadOptions, StoreError};
use crate::{
    event::{EventType, NewEvent, RecordedEvent, new_event_id},
    stream::{ExpectedRevision, Revision, StreamMetadata, StreamName},
};
use async_trait::async_trait;

/// What can be done with every [`EventStore`] by way of its methods.
#[async_trait]
pub trait EventStoreExt: EventStore {
    /// The metadata of `stream`, and the revision to expect when it is set;
    /// the default and `NoStream` when none was written.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the read; [`StoreError::InvalidStreamMetadata`] when
    /// what is stored is not metadata.
    async fn stream_metadata(
        &self,
        stream: &StreamName,
    ) -> Result<(StreamMetadata, ExpectedRevision), StoreError> {
        let last = self
            .read_stream(&stream.metadata_stream(), ReadOptions::backwards().limit(1))
            .next_event()
            .await?;
        let Some(event) = last else {
            return Ok((StreamMetadata::default(), ExpectedRevision::NoStream));
        };
        let metadata = StreamMetadata::from_json(&event.data).map_err(|source| {
            StoreError::InvalidStreamMetadata {
                stream: stream.clone(),
                source,
            }
        })?;
        Ok((metadata, ExpectedRevision::Exact(event.revision)))
    }

    /// Replaces the metadata of `stream`.
    ///
    /// # Errors
    ///
    /// * [`StoreError::InvalidStreamMetadata`] when a value is out of range.
    /// * [`StoreError::Conflict`] when the metadata was changed meanwhile.
    /// * [`StoreError`] of the append.
    async fn set_stream_metadata(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        metadata: &StreamMetadata,
    ) -> Result<Revision, StoreError> {
        let json = metadata
            .to_json()
            .map_err(|source| StoreError::InvalidStreamMetadata {
                stream: stream.clone(),
                source,
            })?;
        let event = NewEvent::new(
            new_event_id(),
            system_type(StreamMetadata::EVENT_TYPE),
            json,
        );
        self.append(&stream.metadata_stream(), expected, vec![event])
            .await
            .map(|outcome| outcome.revision())
    }

    /// Hides the events of `stream` before `revision`, keeping the rest of the
    /// metadata; tried again when another writer changes it meanwhile.
    ///
    /// It only ever hides more: what is hidden already stays so, and a deleted
    /// stream stays deleted. [`EventStoreExt::set_stream_metadata`] shows
    /// events again. Subscriptions tell it as
    /// [`StreamDeleted`](super::StreamDeleted).
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the read and the append.
    async fn truncate_before(
        &self,
        stream: &StreamName,
        revision: Revision,
    ) -> Result<(), StoreError> {
        loop {
            let (mut metadata, expected) = self.stream_metadata(stream).await?;
            if metadata.truncate_before.is_some_and(|at| at >= revision) {
                return Ok(());
            }
            metadata.truncate_before = Some(revision);
            match self.set_stream_metadata(stream, expected, &metadata).await {
                Err(StoreError::Conflict { .. }) => {}
                other => return other.map(drop),
            }
        }
    }

    /// Appends a link to `event` to `stream`: a read that resolves links
    /// yields the event there.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the append.
    async fn append_link(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        event: &RecordedEvent,
    ) -> Result<Revision, StoreError> {
        let target = format!("{}@{}", event.revision, event.stream);
        let link = NewEvent::new(new_event_id(), system_type(RecordedEvent::LINK), target)
            .with_raw_metadata(crate::event::RawMetadata::default());
        self.append(stream, expected, vec![link])
            .await
            .map(|outcome| outcome.revision())
    }

    /// Whether `stream` has visible events.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the read; a tombstoned stream has none.
    async fn has_events(&self, stream: &StreamName) -> Result<bool, StoreError> {
        let mut last = self.read_stream(stream, ReadOptions::backwards().limit(1));
        match last.next_event().await {
            Ok(event) => Ok(event.is_some()),
            Err(StoreError::StreamDeleted { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl<S: EventStore + ?Sized> EventStoreExt for S {}

fn system_type(name: &'static str) -> EventType {
    EventType::from_static(name).unwrap_or_else(|_| unreachable!("`{name}` is a valid type"))
}
