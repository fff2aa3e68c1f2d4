use super::{Conventions, Plumber, StateError, plumber::named_by_convention};
use crate::{
    aggregate::{Aggregate, AggregateNames, Row},
    event::{EventInfo, EventType, NewEvent, RecordedEvent},
    repository::Repository,
    store::{
        AppendOutcome, EventStore, EventStream, Filter, Limits, Location, Page, ReadOptions,
        StoreError, StreamInfo, SubscribeFrom, Subscription,
    },
    stream::{ExpectedRevision, InvalidStreamName, Position, Revision, StreamName, TenantId},
};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use std::sync::Arc;
use uuid::Uuid;

impl Plumber {
    /// The aggregates of kind `A` as the conventions name their streams,
    /// snapshots and events, with what the enrichers add.
    ///
    /// [`Conventions`] knows an aggregate by an [`EventInfo`] with the name of
    /// its category. What a repository gives has the names that the types
    /// have, as [`Repository::history`]; the store has those of the
    /// conventions.
    ///
    /// Two things are the aggregate's own. The ids of its events follow from
    /// its commands, so that a repeated command is done once. And a handler
    /// that takes the metadata sees on the decision what the context says;
    /// what enrichers add, it sees when the event is loaded: do not build
    /// state of that.
    ///
    /// # Errors
    ///
    /// [`StateError::EventType`] when the conventions name no event type, and
    /// [`StateError::OneName`] when they give two types of event one name.
    pub fn repository<A: Aggregate>(&self) -> Result<Repository<A>, StateError> {
        let kind = EventInfo::new(A::CATEGORY);
        let mut events: Vec<(&'static EventInfo, EventType)> = Vec::new();
        let types = A::HANDLERS.rows().iter().flat_map(Row::types);
        let mut renamed = false;
        for info in types {
            for named in info.each_name() {
                let name = EventType::new(self.conventions.event_name(&named))?;
                if let Some((first, _)) = events.iter().find(|(_, stored)| *stored == name) {
                    return Err(StateError::OneName {
                        name,
                        first: first.name,
                        second: info.name,
                    });
                }
                renamed |= name != named.name;
                events.push((info, name));
            }
        }
        let names = Names {
            snapshot: EventType::new(self.conventions.snapshot_name(&kind))?,
            conventions: Arc::clone(&self.conventions),
            kind,
        };
        let names = Arc::new(names);
        let store = ConventionStore {
            store: Arc::clone(&self.store),
            renamed,
            events: events.into(),
            names: Arc::clone(&names),
        };
        let repository = Repository::new(Arc::new(store)).with_retry(self.retry());
        Ok(repository.with_names(names))
    }
}

/// What the conventions call one kind of aggregate.
#[derive(Debug)]
struct Names {
    conventions: Arc<dyn Conventions>,
    kind: EventInfo,
    snapshot: EventType,
}

impl AggregateNames for Names {
    fn stream(&self, id: &str) -> Result<StreamName, InvalidStreamName> {
        let category = self.conventions.category(&self.kind);
        self.conventions.stream(&category, Some(id))
    }

    fn snapshot_stream(&self, stream: &StreamName) -> Option<StreamName> {
        self.conventions.snapshot_stream(&self.kind, stream)
    }

    fn snapshot_event(&self) -> &str {
        self.snapshot.as_str()
    }
}

/// A store in which the events of one kind of aggregate have the names and the
/// metadata of the conventions, and outside it those of their types.
#[derive(Debug, Clone)]
struct ConventionStore {
    store: Arc<dyn EventStore>,
    events: Arc<[(&'static EventInfo, EventType)]>,
    /// Whether a name is not that of its type.
    renamed: bool,
    names: Arc<Names>,
}

impl ConventionStore {
    fn by_convention(&self, event: NewEvent) -> Result<NewEvent, StateError> {
        let conventions = &*self.names.conventions;
        let known = self
            .events
            .iter()
            .find(|(info, _)| *event.event_type() == info.name);
        match known {
            Some((info, name)) => named_by_convention(conventions, event, info, name),
            None if *event.event_type() == self.names.snapshot => {
                named_by_convention(conventions, event, &self.names.kind, &self.names.snapshot)
            }
            None => Ok(event),
        }
    }

    /// With the names of the types.
    fn by_type(&self, events: EventStream) -> EventStream {
        if !self.renamed {
            return events;
        }
        let known = Arc::clone(&self.events);
        let named_as_types = move |page: Page| -> Page {
            let as_type = |event: &RecordedEvent| {
                let mut event = event.clone();
                let stored = &event.event_type;
                if let Some((info, _)) = known.iter().find(|(_, name)| name == stored)
                    && let Ok(name) = EventType::from_static(info.name)
                {
                    event.event_type = name;
                }
                event
            };
            page.iter().map(as_type).collect::<Vec<_>>().into()
        };
        let pages = stream::unfold(Some(events), |events| async {
            let mut events = events?;
            match events.next_page().await {
                Ok(Some(page)) => Some((Ok(page), Some(events))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        EventStream::from_pages(pages.map(move |page| page.map(&named_as_types)))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl EventStore for ConventionStore {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<AppendOutcome, StoreError> {
        let events: Result<_, _> = events
            .into_iter()
            .map(|event| self.by_convention(event))
            .collect();
        let events = events.map_err(|error| StoreError::Backend {
            backend: "a convention",
            source: error.into(),
        })?;
        self.store.append(stream, expected, events).await
    }

    fn read_stream(&self, stream: &StreamName, options: ReadOptions<Revision>) -> EventStream {
        self.by_type(self.store.read_stream(stream, options))
    }

    fn read_all(&self, options: ReadOptions<Position>, filter: Filter) -> EventStream {
        self.by_type(self.store.read_all(options, filter))
    }

    async fn subscribe_stream(
        &self,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        self.store.subscribe_stream(stream, from).await
    }

    async fn subscribe_all(
        &self,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        self.store.subscribe_all(from, filter).await
    }

    async fn stream_info(&self, stream: &StreamName) -> Result<StreamInfo, StoreError> {
        self.store.stream_info(stream).await
    }

    async fn find_event(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        self.store.find_event(stream, id).await
    }

    async fn find_any_event(
        &self,
        stream: &StreamName,
        ids: &[Uuid],
    ) -> Result<Option<(Uuid, Location)>, StoreError> {
        self.store.find_any_event(stream, ids).await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.store.delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<(), StoreError> {
        self.store.tombstone(stream, expected).await
    }

    fn for_tenant(&self, tenant: &TenantId) -> Result<Arc<dyn EventStore>, StoreError> {
        let store = self.store.for_tenant(tenant)?;
        Ok(Arc::new(Self {
            store,
            ..self.clone()
        }))
    }

    fn limits(&self) -> Limits {
        self.store.limits()
    }
}
