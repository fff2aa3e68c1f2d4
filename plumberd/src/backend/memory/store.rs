use super::{
    BACKEND, Memory,
    follow::{AllSource, StreamSource},
    state::Owner,
    stream::{StoredStream, index},
};
use crate::{
    event::NewEvent,
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, ReadOptions, StoreError,
        StreamInfo, SubscribeFrom, Subscription,
        toolkit::{
            follow::follow,
            rules::{self, ReadWindow},
        },
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use async_trait::async_trait;
use std::sync::Arc;
use uuid::Uuid;

#[async_trait]
impl EventStore for Memory {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        self.check_tenant()?;
        let metadata = rules::check_batch(stream, &events, &self.limits)?;
        let now = self.clock.now();
        let outcome =
            self.state_mut()
                .append(&self.owner, stream, expected, events, metadata, now)?;
        if !outcome.is_already_applied() {
            self.shared.committed.notify();
        }
        Ok(outcome)
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        match self.check_readable(stream) {
            Ok(()) => self.stream_pages(stream, ReadWindow::of_stream(&options)),
            Err(error) => EventStream::failed(error),
        }
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        let tenants = self
            .check_tenant()
            .and_then(|()| rules::check_tenants(self.owner.0.as_ref(), &filter));
        match tenants {
            Ok(tenants) => self.all_pages(ReadWindow::of_all(&options), filter, tenants),
            Err(error) => EventStream::failed(error),
        }
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        self.check_readable(stream)?;
        let listener = self.shared.committed.listen();
        let (after, told) = {
            let state = self.state();
            let found = state.stream(&self.owner, stream);
            if found.is_some_and(StoredStream::is_tombstoned) {
                return Err(StoreError::StreamDeleted {
                    stream: stream.clone(),
                });
            }
            let last = found.and_then(StoredStream::last);
            match from {
                SubscribeFrom::Start => (None, 0),
                SubscribeFrom::After(revision) => {
                    let end = last.map(Revision::as_u64);
                    rules::check_reached(BACKEND, Some(stream), revision.as_u64(), end)?;
                    let there = found.map(|found| found.event(index(revision.as_u64())));
                    let told = there.map_or(0, |event| event.position.as_u64());
                    (Some(revision), told)
                }
                SubscribeFrom::End => (last, state.head()),
            }
        };
        let source = StreamSource {
            store: self.clone(),
            name: stream.clone(),
            told,
        };
        Ok(follow(source, after, listener))
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        self.check_tenant()?;
        let tenants = rules::check_tenants(self.owner.0.as_ref(), &filter)?;
        let listener = self.shared.committed.listen();
        let after = match from {
            SubscribeFrom::Start => None,
            SubscribeFrom::After(position) => {
                let end = Some(self.state().head()).filter(|head| *head > 0);
                rules::check_reached(BACKEND, None, position.as_u64(), end)?;
                Some(position)
            }
            SubscribeFrom::End => Some(Position::new(self.state().head())),
        };
        let source = AllSource {
            store: self.clone(),
            filter,
            tenants,
        };
        Ok(follow(source, after, listener))
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        self.check_tenant()?;
        let state = self.state();
        let found = state.stream(&self.owner, stream);
        Ok(found.map(StoredStream::info).unwrap_or_default())
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        self.check_tenant()?;
        let state = self.state();
        let found = state.event_by_id(&self.owner, id);
        Ok(found.and_then(|(of, location)| (of.name == *stream).then_some(location)))
    }

    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        self.check_tenant()?;
        let state = self.state();
        Ok(ids.iter().find_map(|id| {
            let (of, location) = state.event_by_id(&self.owner, *id)?;
            (of.name == *stream).then_some((*id, location))
        }))
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.check_tenant()?;
        let now = self.clock.now();
        self.state_mut()
            .delete(&self.owner, stream, expected, now)?;
        self.shared.committed.notify();
        Ok(())
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.check_tenant()?;
        let now = self.clock.now();
        self.state_mut()
            .tombstone(&self.owner, stream, expected, now)?;
        self.shared.committed.notify();
        Ok(())
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        if self.owner.0.is_some() {
            return Err(StoreError::Unsupported {
                backend: BACKEND,
                what: format!("give one tenant a handle of the tenant `{tenant}`"),
            });
        }
        Ok(Arc::new(Self {
            owner: Owner(Some(tenant.clone())),
            ..self.clone()
        }))
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}
