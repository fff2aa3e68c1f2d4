use super::system;
use plumberd::{
    Store,
    backend::memory::Memory,
    clock::{Clock, ManualClock},
    event::{NewEvent, RecordedEvent},
    store::{EventStore, EventStream, Filter, Location, ReadFrom, ReadOptions, StoreError},
    stream::{ExpectedRevision, Position, Revision, StreamName},
};
use std::sync::Arc;
use tokio::sync::Mutex;
use uuid::Uuid;

/// The links of the server's own projections: a store beside the streams, which
/// is filled from them.
///
/// What it holds depends on the streams alone, so that revisions in it are the
/// same whenever it is filled.
#[derive(Debug, Clone)]
pub(super) struct Links {
    main: Store,
    /// Reads at the time of the server.
    pub(super) kept: Memory,
    filling: Arc<Mutex<Filling>>,
}

#[derive(Debug)]
struct Filling {
    /// Writes at the time of the event that is linked to.
    writer: Memory,
    time: ManualClock,
    /// Everything up to here is linked.
    after: Option<Position>,
}

impl Links {
    pub(super) fn new(main: Store, clock: Clock) -> Self {
        let kept = Memory::new()
            .with_projections()
            .with_limits(main.limits())
            .with_clock(clock);
        let (shown, time) = Clock::manual(chrono::DateTime::UNIX_EPOCH);
        let filling = Filling {
            writer: kept.clone().with_clock(shown),
            time,
            after: None,
        };
        Self {
            main,
            kept,
            filling: Arc::new(Mutex::new(filling)),
        }
    }

    /// Links everything that was committed before the call.
    ///
    /// # Errors
    ///
    /// Those of the store that is read.
    ///
    /// # Cancel safety
    ///
    /// The next call goes on where this one was: the ids of the links do not
    /// change, so none is written twice.
    pub(super) async fn catch_up(&self) -> Result<(), StoreError> {
        let mut filling = self.filling.lock().await;
        let from = filling.after.map_or(ReadFrom::Start, ReadFrom::After);
        let everything = Filter::new().with_system_events();
        let options = ReadOptions::forwards().from(from);
        let mut events = self.main.read_all(options, everything);
        while let Some(event) = events.next_event().await? {
            filling.take(&event).await?;
        }
        Ok(())
    }

    /// Where a link stands: its number, and the position of what it is for.
    pub(super) async fn find(
        &self,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        let Some(mut found) = self.kept.find_event(stream, id).await? else {
            return Ok(None);
        };
        let options = ReadOptions::forwards()
            .from(ReadFrom::At(found.revision))
            .limit(1);
        let link = self.read(stream, options).next_event().await?;
        if let Some(position) = link.as_ref().and_then(system::source_position) {
            found.position = position;
        }
        Ok(Some(found))
    }

    /// The links of a stream that this store fills, as they are.
    pub(super) fn read(
        &self,
        stream: &StreamName,
        mut options: ReadOptions<Revision>,
    ) -> EventStream {
        options.resolve_links = false;
        self.kept.read_stream(stream, options)
    }
}

impl Filling {
    async fn take(&mut self, event: &RecordedEvent) -> Result<(), StoreError> {
        if let Ok(later) = (event.recorded_at - self.time.now()).to_std() {
            self.time.advance(later);
        }
        for link in system::links_of(event) {
            self.append(&link.stream, link.event).await?;
        }
        if event
            .stream
            .metadata_of()
            .as_ref()
            .is_some_and(system::is_filled)
        {
            self.append(&event.stream, as_new(event)).await?;
        }
        self.after = Some(event.position);
        Ok(())
    }

    async fn append(&self, stream: &StreamName, event: NewEvent) -> Result<(), StoreError> {
        let appended = self
            .writer
            .append(stream, ExpectedRevision::Any, vec![event])
            .await;
        appended.map(drop)
    }
}

/// An event once more, as it was written.
fn as_new(event: &RecordedEvent) -> NewEvent {
    NewEvent::new(event.id, event.event_type.clone(), event.data.clone())
        .with_content_type(event.content_type.clone())
        .with_raw_metadata(event.metadata.clone())
}
