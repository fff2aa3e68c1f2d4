use super::super::engine::Engine;
use plumberd::{
    event::RecordedEvent,
    store::{EventStore, ReadFrom, ReadOptions, StoreError},
    stream::{Revision, StreamName},
};
use uuid::Uuid;

/// An event on its way to a consumer.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// What was read: the event, or the link to it.
    pub(super) original: RecordedEvent,
    pub(super) target: Target,
    /// Where it stands in what the group reads; none for a parked event that
    /// is replayed.
    pub(super) place: Option<u64>,
    /// How often it was sent again.
    pub(super) retries: u32,
}

/// What the original leads to.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Itself,
    Event(RecordedEvent),
    /// The event of the link is gone.
    Gone,
}

impl Item {
    pub(super) async fn new(
        engine: &Engine,
        original: RecordedEvent,
        place: Option<u64>,
        resolve_links: bool,
    ) -> Result<Self, StoreError> {
        let target = if resolve_links && original.is_unresolved_link() {
            match linked(engine, &original).await? {
                Some(event) => Target::Event(event),
                None => Target::Gone,
            }
        } else {
            Target::Itself
        };
        Ok(Self {
            original,
            target,
            place,
            retries: 0,
        })
    }

    /// What a consumer calls it by.
    pub(super) const fn id(&self) -> Uuid {
        self.original.id
    }

    /// The stream of the event, whatever led to it.
    pub(super) fn stream(&self) -> &StreamName {
        match &self.target {
            Target::Event(event) => &event.stream,
            Target::Itself | Target::Gone => &self.original.stream,
        }
    }

    /// The data of a link to the event.
    pub(super) fn link_data(&self) -> bytes::Bytes {
        let event = match &self.target {
            Target::Event(event) => event,
            Target::Itself => &self.original,
            Target::Gone => return self.original.data.clone(),
        };
        format!("{}@{}", event.revision, event.stream).into()
    }
}

/// The event that `link` points to, if it can be seen.
async fn linked(
    engine: &Engine,
    link: &RecordedEvent,
) -> Result<Option<RecordedEvent>, StoreError> {
    let parsed = std::str::from_utf8(&link.data)
        .ok()
        .and_then(|text| text.split_once('@'))
        .and_then(|(revision, stream)| {
            Some((revision.parse().ok()?, StreamName::raw(stream).ok()?))
        });
    let Some((revision, stream)) = parsed else {
        return Ok(None);
    };
    let revision = Revision::new(revision);
    let options = ReadOptions::forwards()
        .from(ReadFrom::At(revision))
        .limit(1);
    match engine
        .store
        .read_stream(&stream, options)
        .next_event()
        .await
    {
        Ok(event) => Ok(event.filter(|event| event.revision == revision)),
        Err(StoreError::StreamDeleted { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
