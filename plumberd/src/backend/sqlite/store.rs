use super::{
    Shared, Sqlite,
    append::{Change, Command},
    error::BACKEND,
    follow::Following,
    read::{AllRead, PageRead, Session, StreamRead, event_stream},
    watch::Watching,
};
use crate::{
    event::NewEvent,
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, ReadFrom, ReadOptions,
        StoreError, StreamInfo, SubscribeFrom, Subscription,
        toolkit::{
            follow,
            rules::{self, ReadWindow},
        },
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use async_trait::async_trait;
use std::{marker::PhantomData, sync::Arc};
use uuid::Uuid;

/// What keeps a store open while it is followed.
type Followed = (Arc<Shared>, Watching);

impl Sqlite {
    /// The tenant of this handle, where one is needed.
    fn tenant(&self) -> Result<Option<TenantId>, StoreError> {
        if self.tenant.is_none() && self.shared.config.tenants_only {
            return Err(StoreError::TenantRequired);
        }
        Ok(self.tenant.clone())
    }

    async fn write(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        change: Change,
    ) -> Result<Option<AppendOutcome>, StoreError> {
        let command = Command {
            tenant: self.tenant()?,
            stream: stream.clone(),
            expected,
            change,
        };
        self.shared.writer.write(command).await
    }

    fn stream_read(&self, stream: &StreamName) -> Result<StreamRead, StoreError> {
        Ok(StreamRead {
            tenant: self.tenant()?,
            stream: stream.clone(),
        })
    }

    fn all_read(&self, filter: Filter) -> Result<AllRead, StoreError> {
        let own = self.tenant()?;
        Ok(AllRead {
            tenants: rules::check_tenants(own.as_ref(), &filter)?,
            filter,
        })
    }

    fn following<R, C>(
        &self,
        watching: Watching,
        read: R,
        window: fn(Option<C>) -> ReadWindow,
        cursor: fn(u64) -> C,
        number: fn(C) -> u64,
    ) -> Following<R, C, Followed> {
        Following {
            read,
            readers: self.shared.readers.clone(),
            page_events: self.shared.config.page_events,
            told: 0,
            window,
            cursor,
            number,
            _open: (Arc::clone(&self.shared), watching),
            _cursor: PhantomData,
        }
    }
}

/// A closure that only forwards would not be general enough.
fn head_position(session: &mut Session<'_>) -> Result<Option<Position>, StoreError> {
    session.head()
}

fn options_after<P>(after: Option<P>) -> ReadOptions<P> {
    ReadOptions::forwards().from(after.map_or(ReadFrom::Start, ReadFrom::After))
}

#[async_trait]
impl EventStore for Sqlite {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        let metadata = rules::check_batch(stream, &events, &self.shared.config.limits)?;
        let outcome = self
            .write(stream, expected, Change::Append(events, metadata))
            .await?;
        outcome.ok_or_else(|| StoreError::EmptyAppend {
            stream: stream.clone(),
        })
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        let readable = rules::check_readable(BACKEND, stream);
        match self
            .stream_read(stream)
            .and_then(|read| readable.and(Ok(read)))
        {
            Err(error) => EventStream::failed(error),
            Ok(read) => event_stream(
                read,
                ReadWindow::of_stream(&options),
                self.shared.readers.clone(),
                self.shared.config.page_events,
                Arc::clone(&self.shared),
            ),
        }
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        match self.all_read(filter) {
            Err(error) => EventStream::failed(error),
            Ok(read) => event_stream(
                read,
                ReadWindow::of_all(&options),
                self.shared.readers.clone(),
                self.shared.config.page_events,
                Arc::clone(&self.shared),
            ),
        }
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        let read = self.stream_read(stream)?;
        rules::check_readable(BACKEND, stream)?;
        let watching = self.shared.watcher.watch();
        let listener = watching.listen();
        let of = read.clone();
        let begun = self
            .shared
            .readers
            .read(move |session| of.begin(session, from));
        let (after, told) = begun.await?;
        let mut following = self.following(
            watching,
            read,
            |after| ReadWindow::of_stream(&options_after(after).resolve_links()),
            Revision::new,
            Revision::as_u64,
        );
        following.told = told;
        Ok(follow::follow(following, after, listener))
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        let read = self.all_read(filter)?;
        let watching = self.shared.watcher.watch();
        let listener = watching.listen();
        let following = self.following(
            watching,
            read.clone(),
            |after| ReadWindow::of_all(&options_after(after)),
            Position::new,
            Position::as_u64,
        );
        let after = match from {
            SubscribeFrom::Start => None,
            SubscribeFrom::After(position) => {
                let readers = &self.shared.readers;
                readers
                    .read(move |session| read.check_reached(session, position.as_u64()))
                    .await?;
                Some(position)
            }
            SubscribeFrom::End => {
                let head = self.shared.readers.read(head_position);
                head.await?
            }
        };
        Ok(follow::follow(following, after, listener))
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        let read = self.stream_read(stream)?;
        self.shared
            .readers
            .read(move |session| session.info(read.tenant.as_ref(), &read.stream))
            .await
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        let read = self.stream_read(stream)?;
        self.shared
            .readers
            .read(move |session| session.locate(read.tenant.as_ref(), &read.stream, id))
            .await
    }

    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        let (read, ids) = (self.stream_read(stream)?, ids.to_vec());
        self.shared
            .readers
            .read(move |session| {
                for id in ids {
                    let found = session.locate(read.tenant.as_ref(), &read.stream, id)?;
                    if let Some(found) = found {
                        return Ok(Some((id, found)));
                    }
                }
                Ok(None)
            })
            .await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.write(stream, expected, Change::Delete).await.map(drop)
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.write(stream, expected, Change::Tombstone)
            .await
            .map(drop)
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        if self.tenant.is_some() {
            return Err(StoreError::Unsupported {
                backend: BACKEND,
                what: format!("give a tenant's handle to the tenant {tenant}"),
            });
        }
        Ok(Arc::new(Self {
            shared: Arc::clone(&self.shared),
            tenant: Some(tenant.clone()),
        }))
    }

    fn limits(&self) -> Limits {
        self.shared.config.limits
    }
}
