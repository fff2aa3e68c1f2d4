use super::{
    Memory,
    order::Wanted,
    state::{Owner, State},
    stream::index,
};
use crate::{
    clock::Clock,
    event::RecordedEvent,
    store::{
        EventStream, Filter, Page, StoreError,
        toolkit::{
            follow::PAGE_EVENTS,
            rules::{self, ReadWindow, Tenants},
        },
    },
    stream::StreamName,
};

impl Memory {
    /// The pages of a stream, each read when it is asked for.
    pub(super) fn stream_pages(&self, name: &StreamName, mut window: ReadWindow) -> EventStream {
        let (store, name) = (self.clone(), name.clone());
        pages(move || {
            window.bounds()?;
            let page = store.stream_page(&name, &mut window);
            if page.is_err() {
                window.finish();
            }
            Some(page)
        })
    }

    fn stream_page(&self, name: &StreamName, window: &mut ReadWindow) -> Result<Page, StoreError> {
        let state = self.state();
        let Some(stream) = state.stream(&self.owner, name) else {
            window.finish();
            return Ok(Page::default());
        };
        if stream.is_tombstoned() {
            return Err(StoreError::StreamDeleted {
                stream: name.clone(),
            });
        }
        let page = stream.page(window, &self.clock)?;
        if window.resolves_links() && stream.has_links() {
            let resolved = page
                .iter()
                .map(|event| state.resolve(event.clone(), &self.clock));
            return Ok(resolved.collect::<Vec<_>>().into());
        }
        Ok(page)
    }

    /// The pages of the global order, each read when it is asked for.
    pub(super) fn all_pages(
        &self,
        mut window: ReadWindow,
        filter: Filter,
        tenants: Tenants,
    ) -> EventStream {
        let store = self.clone();
        let next = move || {
            let bounds = window.bounds()?;
            Some(store.all_page(bounds, &mut window, &filter, &tenants))
        };
        EventStream::from_pages(futures_util::stream::unfold(next, |mut next| async move {
            let page = next()?;
            if page.is_empty() {
                // A filter that nothing passes must not keep the others waiting.
                tokio::task::yield_now().await;
            }
            Some((Ok(page), next))
        }))
    }

    fn all_page(
        &self,
        bounds: (u64, u64),
        window: &mut ReadWindow,
        filter: &Filter,
        tenants: &Tenants,
    ) -> Page {
        let state = self.state();
        let most = window.page(PAGE_EVENTS);
        let wanted = Wanted {
            filter,
            tenants,
            deletions: false,
        };
        let found = state.find_events(bounds, window.direction(), wanted, most);
        if found.more {
            window.advance(found.considered, found.events.len());
        } else {
            window.finish();
        }
        let mut events = found.events;
        if window.resolves_links() {
            events = events
                .into_iter()
                .map(|event| state.resolve(event, &self.clock))
                .collect();
        }
        events.into()
    }
}

fn pages(next: impl FnMut() -> Option<Result<Page, StoreError>> + Send + 'static) -> EventStream {
    EventStream::from_pages(futures_util::stream::iter(std::iter::from_fn(next)))
}

impl State {
    /// The visible event that `event` points to, if it is a link to one.
    pub(super) fn resolve(&self, event: RecordedEvent, clock: &Clock) -> RecordedEvent {
        if !rules::is_link(&event) {
            return event;
        }
        let target = rules::link_target(&event.data).and_then(|(revision, name)| {
            let stream = self.stream(&Owner(event.tenant.clone()), &name)?;
            let (first, last) = stream.visible(clock)?;
            let at = index(revision.as_u64());
            let visible = !stream.is_tombstoned() && (first..=last).contains(&at);
            visible.then(|| stream.event(at).clone())
        });
        rules::resolve_link(event, target)
    }
}
