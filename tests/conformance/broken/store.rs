use async_trait::async_trait;
use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, Stream},
};
use plumberd::{
    backend::memory::Memory,
    event::{NewEvent, RecordedEvent},
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, Page, ReadOptions,
        StoreError, StreamInfo, SubscribeFrom, Subscription, SubscriptionMessage,
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use std::{fmt, sync::Arc};
use uuid::Uuid;

/// The store behind a broken one.
pub type Inner = Arc<dyn EventStore>;

type Answer<T> = BoxFuture<'static, Result<T, StoreError>>;
type Hook<F> = Option<Box<F>>;
type Append = dyn Fn(Inner, StreamName, ExpectedRevision, Vec<NewEvent>) -> Answer<AppendOutcome>
    + Send
    + Sync;
type Read = dyn Fn(Inner, StreamName, ReadOptions<Revision>) -> EventStream + Send + Sync;
type ReadAll = dyn Fn(Inner, ReadOptions<Position>, Filter) -> EventStream + Send + Sync;
type Follow =
    dyn Fn(Inner, StreamName, SubscribeFrom<Revision>) -> Answer<Subscription> + Send + Sync;
type FollowAll =
    dyn Fn(Inner, SubscribeFrom<Position>, Filter) -> Answer<Subscription> + Send + Sync;
type Info = dyn Fn(StreamInfo) -> StreamInfo + Send + Sync;
type Find = dyn Fn(Inner, StreamName, Uuid) -> Answer<Option<Location>> + Send + Sync;
type End = dyn Fn(Inner, StreamName, ExpectedRevision) -> Answer<()> + Send + Sync;
type Tenant = dyn Fn(Inner, TenantId) -> Result<Inner, StoreError> + Send + Sync;

/// A memory store with some methods replaced by ones that break a rule.
#[derive(Clone)]
pub struct Broken {
    inner: Inner,
    hooks: Arc<Hooks>,
}

#[derive(Default)]
struct Hooks {
    append: Hook<Append>,
    read: Hook<Read>,
    read_all: Hook<ReadAll>,
    follow: Hook<Follow>,
    follow_all: Hook<FollowAll>,
    info: Hook<Info>,
    find: Hook<Find>,
    delete: Hook<End>,
    tombstone: Hook<End>,
    tenant: Hook<Tenant>,
    limits: Option<Limits>,
}

impl Broken {
    pub fn new() -> Self {
        Self::over(Memory::new())
    }

    pub fn over(store: impl EventStore) -> Self {
        Self {
            inner: Arc::new(store),
            hooks: Arc::default(),
        }
    }

    fn with(mut self, set: impl FnOnce(&mut Hooks)) -> Self {
        set(Arc::get_mut(&mut self.hooks).expect("a store is broken before it is shared"));
        self
    }

    pub fn append<F, R>(self, hook: F) -> Self
    where
        F: Fn(Inner, StreamName, ExpectedRevision, Vec<NewEvent>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<AppendOutcome, StoreError>> + Send + 'static,
    {
        let hook =
            move |inner, stream, expected, events| hook(inner, stream, expected, events).boxed();
        self.with(|hooks| hooks.append = Some(Box::new(hook)))
    }

    pub fn read<F>(self, hook: F) -> Self
    where
        F: Fn(Inner, StreamName, ReadOptions<Revision>) -> EventStream + Send + Sync + 'static,
    {
        self.with(|hooks| hooks.read = Some(Box::new(hook)))
    }

    pub fn read_all<F>(self, hook: F) -> Self
    where
        F: Fn(Inner, ReadOptions<Position>, Filter) -> EventStream + Send + Sync + 'static,
    {
        self.with(|hooks| hooks.read_all = Some(Box::new(hook)))
    }

    pub fn follow<F, R>(self, hook: F) -> Self
    where
        F: Fn(Inner, StreamName, SubscribeFrom<Revision>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Subscription, StoreError>> + Send + 'static,
    {
        let hook = move |inner, stream, from| hook(inner, stream, from).boxed();
        self.with(|hooks| hooks.follow = Some(Box::new(hook)))
    }

    pub fn follow_all<F, R>(self, hook: F) -> Self
    where
        F: Fn(Inner, SubscribeFrom<Position>, Filter) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Subscription, StoreError>> + Send + 'static,
    {
        let hook = move |inner, from, filter| hook(inner, from, filter).boxed();
        self.with(|hooks| hooks.follow_all = Some(Box::new(hook)))
    }

    pub fn info(self, hook: impl Fn(StreamInfo) -> StreamInfo + Send + Sync + 'static) -> Self {
        self.with(|hooks| hooks.info = Some(Box::new(hook)))
    }

    pub fn find<F, R>(self, hook: F) -> Self
    where
        F: Fn(Inner, StreamName, Uuid) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Location>, StoreError>> + Send + 'static,
    {
        let hook = move |inner, stream, id| hook(inner, stream, id).boxed();
        self.with(|hooks| hooks.find = Some(Box::new(hook)))
    }

    pub fn delete<F, R>(self, hook: F) -> Self
    where
        F: Fn(Inner, StreamName, ExpectedRevision) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let hook = move |inner, stream, expected| hook(inner, stream, expected).boxed();
        self.with(|hooks| hooks.delete = Some(Box::new(hook)))
    }

    pub fn tombstone<F, R>(self, hook: F) -> Self
    where
        F: Fn(Inner, StreamName, ExpectedRevision) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let hook = move |inner, stream, expected| hook(inner, stream, expected).boxed();
        self.with(|hooks| hooks.tombstone = Some(Box::new(hook)))
    }

    pub fn tenant<F>(self, hook: F) -> Self
    where
        F: Fn(Inner, TenantId) -> Result<Inner, StoreError> + Send + Sync + 'static,
    {
        self.with(|hooks| hooks.tenant = Some(Box::new(hook)))
    }

    pub fn limits(self, limits: Limits) -> Self {
        self.with(|hooks| hooks.limits = Some(limits))
    }

    /// Changes every event that is read from a stream, or leaves it out.
    pub fn each_read<F>(self, change: F) -> Self
    where
        F: Fn(RecordedEvent) -> Option<RecordedEvent> + Clone + Send + Sync + 'static,
    {
        self.read(move |inner, stream, options| {
            each(inner.read_stream(&stream, options), change.clone())
        })
    }

    /// Changes the events that are read of everything, or leaves some out.
    pub fn each_read_all<F>(self, change: F) -> Self
    where
        F: Fn(RecordedEvent) -> Option<RecordedEvent> + Clone + Send + Sync + 'static,
    {
        self.read_all(move |inner, options, filter| {
            each(inner.read_all(options, filter), change.clone())
        })
    }

    /// Turns every message of every subscription into others.
    pub fn each_message<F>(self, change: F) -> Self
    where
        F: Fn(SubscriptionMessage) -> Vec<SubscriptionMessage> + Clone + Send + Sync + 'static,
    {
        let of_all = change.clone();
        self.follow(move |inner, stream, from| {
            let change = change.clone();
            async move {
                Ok(messages(
                    inner.subscribe_stream(&stream, from).await?,
                    change,
                ))
            }
        })
        .follow_all(move |inner, from, filter| {
            let change = of_all.clone();
            async move { Ok(messages(inner.subscribe_all(from, filter).await?, change)) }
        })
    }
}

/// The events of a read, changed or left out one by one.
pub fn each<F>(read: EventStream, change: F) -> EventStream
where
    F: Fn(RecordedEvent) -> Option<RecordedEvent> + Send + 'static,
{
    EventStream::from_pages(pages(read).map(move |page| {
        let page = page?;
        Ok(Page::from(
            page.iter().cloned().filter_map(&change).collect::<Vec<_>>(),
        ))
    }))
}

/// All events of a read at once, changed together.
pub fn whole<F>(read: EventStream, change: F) -> EventStream
where
    F: FnOnce(Vec<RecordedEvent>) -> Result<Vec<RecordedEvent>, StoreError> + Send + 'static,
{
    EventStream::from_pages(stream::once(async move {
        let events = read.collect_all().await?;
        change(events).map(Page::from)
    }))
}

fn pages(read: EventStream) -> impl Stream<Item = Result<Page, StoreError>> + Send {
    stream::unfold(read, |mut read| async move {
        let page = read.next_page().await.transpose()?;
        Some((page, read))
    })
}

fn messages<F>(subscription: Subscription, change: F) -> Subscription
where
    F: Fn(SubscriptionMessage) -> Vec<SubscriptionMessage> + Send + 'static,
{
    Subscription::from_messages(subscription.flat_map(move |message| {
        stream::iter(match message {
            Ok(message) => change(message).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }))
}

#[async_trait]
impl EventStore for Broken {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        match &self.hooks.append {
            Some(hook) => hook(self.inner.clone(), stream.clone(), expected, events).await,
            None => self.inner.append(stream, expected, events).await,
        }
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        match &self.hooks.read {
            Some(hook) => hook(self.inner.clone(), stream.clone(), options),
            None => self.inner.read_stream(stream, options),
        }
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        match &self.hooks.read_all {
            Some(hook) => hook(self.inner.clone(), options, filter),
            None => self.inner.read_all(options, filter),
        }
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        match &self.hooks.follow {
            Some(hook) => hook(self.inner.clone(), stream.clone(), from).await,
            None => self.inner.subscribe_stream(stream, from).await,
        }
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        match &self.hooks.follow_all {
            Some(hook) => hook(self.inner.clone(), from, filter).await,
            None => self.inner.subscribe_all(from, filter).await,
        }
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        let info = self.inner.stream_info(stream).await?;
        Ok(match &self.hooks.info {
            Some(hook) => hook(info),
            None => info,
        })
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        match &self.hooks.find {
            Some(hook) => hook(self.inner.clone(), stream.clone(), id).await,
            None => self.inner.find_event(stream, id).await,
        }
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        match &self.hooks.delete {
            Some(hook) => hook(self.inner.clone(), stream.clone(), expected).await,
            None => self.inner.delete(stream, expected).await,
        }
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        match &self.hooks.tombstone {
            Some(hook) => hook(self.inner.clone(), stream.clone(), expected).await,
            None => self.inner.tombstone(stream, expected).await,
        }
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        match &self.hooks.tenant {
            Some(hook) => hook(self.inner.clone(), tenant.clone()),
            None => self.inner.for_tenant(tenant),
        }
    }

    fn limits(&self) -> Limits {
        self.hooks.limits.unwrap_or_else(|| self.inner.limits())
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broken").finish_non_exhaustive()
    }
}
