use super::{BACKEND, EventStoreV1, LIMITS, error::unsupported};
use crate::{
    event::NewEvent,
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, ReadOptions, StoreError,
        StreamInfo, SubscribeFrom, Subscription,
        toolkit::rules::{self, ReadWindow, Tenants},
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use async_trait::async_trait;
use std::sync::Arc;
use uuid::Uuid;

impl EventStoreV1 {
    /// Whose events a read through `filter` yields.
    fn reader(&self, filter: &Filter) -> Result<TenantId, StoreError> {
        match rules::check_tenants(self.tenant.as_ref(), filter)? {
            Tenants::Of(Some(tenant)) => Ok(tenant),
            Tenants::Of(None) => self.tenant().cloned(),
            Tenants::Every => Err(unsupported("read the events of every tenant at once")),
        }
    }
}

#[async_trait]
impl EventStore for EventStoreV1 {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        self.append_batch(stream, expected, &events, &LIMITS).await
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        let tenant = self
            .tenant()
            .cloned()
            .and_then(|tenant| rules::check_readable(BACKEND, stream).map(|()| tenant));
        match tenant {
            Err(error) => EventStream::failed(error),
            Ok(tenant) => {
                let window = ReadWindow::of_stream(&options);
                self.clone().stream_pages(tenant, stream.clone(), window)
            }
        }
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        match self.reader(&filter) {
            Err(error) => EventStream::failed(error),
            Ok(tenant) => {
                let window = ReadWindow::of_all(&options);
                self.clone().all_pages(tenant, filter, window)
            }
        }
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        rules::check_readable(BACKEND, stream)?;
        let tenant = self.tenant()?.clone();
        self.follow_stream(tenant, stream.clone(), from).await
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        let tenant = self.reader(&filter)?;
        self.follow_all(tenant, from, filter).await
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        let head = self.stream_head(self.tenant()?, stream).await?;
        Ok(StreamInfo {
            last_revision: head.nonce.checked_sub(1).map(Revision::new),
            ..StreamInfo::default()
        })
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        let found = self.find_any_event(stream, &[id]).await?;
        Ok(found.map(|(_, location)| location))
    }

    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        let (found, _) = self.find(self.tenant()?, stream, ids, 1, None).await?;
        let found = ids.iter().find_map(|id| found.get_key_value(id));
        Ok(found.map(|(id, location)| (*id, *location)))
    }

    async fn delete(
        &self,
        stream: &StreamName,
        _expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.tenant()?;
        Err(unsupported(format!("delete the stream `{stream}`")))
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        _expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.tenant()?;
        Err(unsupported(format!(
            "delete the stream `{stream}` for ever"
        )))
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        if self.tenant.is_some() {
            return Err(unsupported(format!(
                "give one tenant a handle of the tenant `{tenant}`"
            )));
        }
        Ok(Arc::new(self.of(tenant.clone())))
    }

    fn limits(&self) -> Limits {
        LIMITS
    }
}
