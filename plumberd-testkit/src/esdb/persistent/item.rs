use super::super::{engine::Engine, envelope, wire::Found};
use bytes::Bytes;
use plumberd::{event::RecordedEvent, store::StoreError, stream::StreamName};
use uuid::Uuid;

/// An event on its way to a consumer.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) found: Found,
    /// Where it stands in what the group reads; none for a parked event that
    /// is replayed.
    pub(super) place: Option<u64>,
    /// How often it was sent again.
    pub(super) retries: u32,
}

impl Item {
    pub(super) async fn new(
        engine: &Engine,
        event: RecordedEvent,
        place: Option<u64>,
        resolve_links: bool,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            found: engine.found(event, resolve_links).await?,
            place,
            retries: 0,
        })
    }

    /// What was read: the event, or the link to it.
    pub(super) const fn original(&self) -> &RecordedEvent {
        match &self.found {
            Found::Event(event) | Found::Link { link: event, .. } => event,
        }
    }

    /// The event, unless it is gone.
    const fn event(&self) -> Option<&RecordedEvent> {
        match &self.found {
            Found::Event(event) => Some(event),
            Found::Link { target, .. } => target.as_ref(),
        }
    }

    /// Parked events come first, then those of the source, each as they stand.
    pub(super) fn order(&self) -> (Option<u64>, u64) {
        (self.place, self.original().revision.as_u64())
    }

    /// What a consumer calls it by.
    pub(super) fn id(&self) -> Uuid {
        envelope::open(self.original()).0
    }

    /// The stream of the event, whatever led to it.
    pub(super) fn stream(&self) -> &StreamName {
        &self.event().unwrap_or(self.original()).stream
    }

    /// The data of a link to the event.
    pub(super) fn link_data(&self) -> Bytes {
        match self.event() {
            Some(event) => format!("{}@{}", event.revision, event.stream).into(),
            None => self.original().data.clone(),
        }
    }
}
