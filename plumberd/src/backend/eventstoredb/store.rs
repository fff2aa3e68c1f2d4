//! The port over the connection.

use super::{BACKEND, EventStoreDb, append, runtime};
use crate::{
    event::NewEvent,
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, ReadOptions, StoreError,
        StreamInfo, SubscribeFrom, Subscription,
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use async_trait::async_trait;
use std::sync::Arc;
use uuid::Uuid;

#[async_trait]
impl EventStore for EventStoreDb {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        runtime::check()?;
        self.shared.append(stream, expected, events).await
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        self.shared.read_stream(stream, options)
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        self.shared.read_all(options, filter)
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        runtime::check()?;
        let subscribed = self.shared.subscribe_stream(stream, from).await?;
        Ok(Subscription::from_messages(runtime::yields(subscribed)))
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        runtime::check()?;
        let subscribed = self.shared.subscribe_all(from, filter).await?;
        Ok(Subscription::from_messages(runtime::yields(subscribed)))
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        let ends = self.shared.connection.ends();
        runtime::check()?;
        self.shared.stream_info(stream, ends).await
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        runtime::check()?;
        let found = self.shared.find_any_event(stream, &[id]).await?;
        Ok(found.map(|(_, location)| location))
    }

    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        runtime::check()?;
        self.shared.find_any_event(stream, ids).await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        runtime::check()?;
        self.shared.delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        runtime::check()?;
        self.shared.tombstone(stream, expected).await
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        Err(StoreError::Unsupported {
            backend: BACKEND,
            what: format!("give the tenant `{tenant}` a handle, it has no tenants"),
        })
    }

    fn limits(&self) -> Limits {
        append::limits()
    }
}
