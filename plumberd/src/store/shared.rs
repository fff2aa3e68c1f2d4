use super::{
    AppendOutcome, EventStore, EventStream, Filter, Limits, Location, ReadOptions, StoreError,
    StreamInfo, SubscribeFrom, Subscription,
};
use crate::{
    event::NewEvent,
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use uuid::Uuid;

/// A shared store is a store, so that `Arc<dyn EventStore>` fits wherever an
/// `impl EventStore` is asked for.
#[async_trait]
impl<S: EventStore + ?Sized> EventStore for Arc<S> {
    // The store's own future: another around it would cost a box.
    fn append<'life0, 'life1, 'async_trait>(
        &'life0 self,
        stream: &'life1 StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> BoxFuture<'async_trait, Result<AppendOutcome, StoreError>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        (**self).append(stream, expected, events)
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        (**self).read_stream(stream, options)
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        (**self).read_all(options, filter)
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        (**self).subscribe_stream(stream, from).await
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        (**self).subscribe_all(from, filter).await
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        (**self).stream_info(stream).await
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        (**self).find_event(stream, id).await
    }

    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        (**self).find_any_event(stream, ids).await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        (**self).delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        (**self).tombstone(stream, expected).await
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        (**self).for_tenant(tenant)
    }

    fn limits(&self) -> Limits {
        (**self).limits()
    }
}
