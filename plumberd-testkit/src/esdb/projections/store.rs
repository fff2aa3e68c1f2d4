use super::{
    links::Links,
    system::{is_filled, source_position},
};
use async_trait::async_trait;
use futures_util::stream;
use plumberd::{
    Store,
    clock::Clock,
    event::{NewEvent, RecordedEvent},
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, Page, ReadFrom,
        ReadOptions, StoreError, StreamInfo, SubscribeFrom, Subscription,
        follow::{FollowPage, PAGE_EVENTS, PageSource, Signal, follow},
        rules,
    },
    stream::{ExpectedRevision, Position, Revision, StreamName, TenantId},
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// How soon a subscriber hears of a commit whose writer did not stay to tell.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The streams of clients, and beside them those that the server's own
/// projections fill: who reads one of these sees every commit before the read.
#[derive(Debug, Clone)]
pub(in crate::esdb) struct Projected {
    main: Store,
    links: Links,
    committed: Signal,
}

/// Tells of a commit also when its caller went away.
struct Telling<'a>(&'a Signal);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.notify();
    }
}

impl Projected {
    pub(in crate::esdb) fn new(main: Store, clock: Clock) -> Self {
        Self {
            links: Links::new(main.clone(), clock),
            main,
            committed: Signal::new(),
        }
    }

    /// What a reader sees of a page of links.
    async fn shown(
        &self,
        page: &[RecordedEvent],
        resolve_links: bool,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut shown = Vec::with_capacity(page.len());
        for link in page {
            let mut link = link.clone();
            // Positions are those of the streams' own order.
            if let Some(position) = source_position(&link) {
                link.position = position;
            }
            shown.push(if resolve_links {
                let target = self.target_of(&link).await?;
                rules::resolve_link(link, target)
            } else {
                link
            });
        }
        Ok(shown)
    }

    async fn target_of(&self, link: &RecordedEvent) -> Result<Option<RecordedEvent>, StoreError> {
        let Some((revision, stream)) = rules::link_target(&link.data) else {
            return Ok(None);
        };
        let options = ReadOptions::forwards()
            .from(ReadFrom::At(revision))
            .limit(1);
        match self.main.read_stream(&stream, options).next_event().await {
            Ok(found) => Ok(found.filter(|event| event.revision == revision)),
            Err(StoreError::StreamDeleted { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_links(&self, name: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        let reading = Reading {
            store: self.clone(),
            name: name.clone(),
            options,
            links: None,
        };
        EventStream::from_pages(stream::try_unfold(reading, |mut reading| async move {
            let page = reading.next_page().await?;
            Ok(page.map(|page| (page, reading)))
        }))
    }
}

/// A read of a stream of links.
struct Reading {
    store: Projected,
    name: StreamName,
    options: ReadOptions<Revision>,
    links: Option<EventStream>,
}

impl Reading {
    async fn next_page(&mut self) -> Result<Option<Page>, StoreError> {
        let links = if let Some(links) = &mut self.links {
            links
        } else {
            self.store.links.catch_up().await?;
            let links = self.store.links.read(&self.name, self.options);
            self.links.insert(links)
        };
        let Some(page) = links.next_page().await? else {
            return Ok(None);
        };
        let shown = self.store.shown(&page, self.options.resolve_links).await?;
        Ok(Some(shown.into()))
    }
}

/// A stream of links, to be followed.
struct Following {
    store: Projected,
    name: StreamName,
}

impl PageSource for Following {
    type Cursor = Revision;

    async fn read_page(
        &mut self,
        after: Option<Revision>,
    ) -> Result<FollowPage<Revision>, StoreError> {
        self.store.links.catch_up().await?;
        let from = after.map_or(ReadFrom::Start, ReadFrom::After);
        let options = ReadOptions::forwards().from(from).limit(PAGE_EVENTS as u64);
        let page = self.store.links.read(&self.name, options);
        let page = page.collect_all().await?;
        let events = self.store.shown(&page, true).await?;
        Ok(if events.len() == PAGE_EVENTS {
            FollowPage::followed(events, after)
        } else {
            FollowPage::last(events, after)
        })
    }
}

/// A client may not write a stream that the server's own projections fill.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is filled by projections of the server")]
pub(in crate::esdb) struct NotWritable(StreamName);

fn check_writable(stream: &StreamName) -> Result<(), StoreError> {
    if !is_filled(stream) {
        return Ok(());
    }
    Err(StoreError::Backend {
        backend: "the server",
        source: NotWritable(stream.clone()).into(),
    })
}

#[async_trait]
impl EventStore for Projected {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        check_writable(stream)?;
        let _telling = Telling(&self.committed);
        self.main.append(stream, expected, events).await
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        if is_filled(stream) {
            self.read_links(stream, options)
        } else {
            self.main.read_stream(stream, options)
        }
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        self.main.read_all(options, filter)
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        if !is_filled(stream) {
            return self.main.subscribe_stream(stream, from).await;
        }
        let listener = self.committed.listen().or_every(LOOK_AGAIN);
        let after = match from {
            SubscribeFrom::Start => None,
            SubscribeFrom::After(revision) => Some(revision),
            SubscribeFrom::End => self.stream_info(stream).await?.last_revision,
        };
        let following = Following {
            store: self.clone(),
            name: stream.clone(),
        };
        Ok(follow(following, after, listener))
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        self.main.subscribe_all(from, filter).await
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        if !is_filled(stream) {
            return self.main.stream_info(stream).await;
        }
        self.links.catch_up().await?;
        self.links.kept.stream_info(stream).await
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        if !is_filled(stream) {
            return self.main.find_event(stream, id).await;
        }
        self.links.catch_up().await?;
        self.links.find(stream, id).await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        check_writable(stream)?;
        let _telling = Telling(&self.committed);
        self.main.delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        check_writable(stream)?;
        let _telling = Telling(&self.committed);
        self.main.tombstone(stream, expected).await
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        self.main.for_tenant(tenant)
    }

    fn limits(&self) -> Limits {
        self.main.limits()
    }
}
