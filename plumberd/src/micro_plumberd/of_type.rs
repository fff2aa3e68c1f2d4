use super::{Plumber, StateError};
use crate::{
    event::{Event, RecordedEvent},
    store::{EventStore, EventStream, Filter, Page, ReadOptions, StoreError},
};
use futures_util::{StreamExt, stream};

impl Plumber {
    /// Every event that is stored under a name of `E`, of all streams, in the
    /// global order; every event there is, where `E` has a variant `#[event(other)]`.
    ///
    /// [`Plumber::decode`] decodes them. Where the store has an index of the type (`$et-…` on EventStoreDB) it is
    /// read; else everything is, through a filter. An index may lag behind the
    /// last appends.
    ///
    /// # Errors
    ///
    /// [`StateError::EventType`] when the conventions name no event type; else
    /// the stream yields what the store reports.
    pub async fn read_events_of_type<E: Event>(&self) -> Result<EventStream, StateError> {
        if E::OTHER.is_some() {
            let filter = Filter::new().events::<E>()?;
            return Ok(self.store.read_all(ReadOptions::forwards(), filter));
        }
        let names = self.event_types::<E>()?;
        // Of several indices the order would have to be made again.
        if let [name] = &*names
            && let Some(indexed) = self.index_of(name.as_str()).await?
        {
            return Ok(indexed);
        }
        if names.is_empty() {
            return Ok(EventStream::from_pages(stream::empty()));
        }
        let filter = names.into_iter().fold(Filter::new(), Filter::event_type);
        Ok(self.store.read_all(ReadOptions::forwards(), filter))
    }

    /// The store's own index of the type, when it has one with something in it.
    async fn index_of(&self, name: &str) -> Result<Option<EventStream>, StateError> {
        let Some(index) = self.conventions.type_stream(name) else {
            return Ok(None);
        };
        let mut events = self
            .store
            .read_stream(&index, ReadOptions::forwards().resolve_links());
        let first = match events.next_page().await {
            Ok(Some(first)) => first,
            Ok(None) | Err(StoreError::Unsupported { .. } | StoreError::StreamDeleted { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let first = stream::iter([Ok(without_dead_links(&first))]);
        Ok(Some(EventStream::from_pages(first.chain(pages(events)))))
    }
}

/// Without links to events that are gone: there is nothing of the type there.
fn without_dead_links(page: &[RecordedEvent]) -> Page {
    let alive = page.iter().filter(|event| !event.is_unresolved_link());
    alive.cloned().collect::<Vec<_>>().into()
}

/// The rest of a read, page by page.
fn pages(events: EventStream) -> impl futures_core::Stream<Item = Result<Page, StoreError>> {
    stream::unfold(Some(events), |events| async {
        let mut events = events?;
        match events.next_page().await {
            Ok(Some(page)) => Some((Ok(without_dead_links(&page)), Some(events))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
}
