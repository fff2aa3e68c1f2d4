use crate::esdb::{
    engine::Engine,
    persistent::{item::Item, kept},
};
use chrono::SecondsFormat;
use plumberd::{
    event::RecordedEvent,
    store::{EventStore, EventStoreExt, ReadFrom, ReadOptions, StoreError},
    stream::{ExpectedRevision, Revision, StreamName},
};
use serde_json::json;

/// The parked events of a group: links in a stream of its own.
#[derive(Debug)]
pub(super) struct Parking {
    stream: StreamName,
    /// What is being replayed: the next revision, and where to stop.
    replay: Option<(u64, u64)>,
}

impl Parking {
    pub(super) const fn new(stream: StreamName) -> Self {
        Self {
            stream,
            replay: None,
        }
    }

    pub(super) async fn park(
        &self,
        engine: &Engine,
        item: &Item,
        reason: &str,
    ) -> Result<(), StoreError> {
        let added = engine.clock.now();
        let metadata = json!({
            "added": added.to_rfc3339_opts(SecondsFormat::Micros, true),
            "reason": reason,
            "subscriptionEventNumber": item.original().revision.as_u64(),
        });
        let link = kept::link(item.link_data(), &metadata);
        engine
            .store
            .append(&self.stream, ExpectedRevision::Any, vec![link])
            .await
            .map(drop)
    }

    /// How many are parked.
    pub(super) async fn count(&self, engine: &Engine) -> Result<u64, StoreError> {
        let (first, end) = self.range(engine).await?;
        Ok(end.saturating_sub(first))
    }

    /// Begins to replay what is parked now, before `stop_at` if there is one.
    pub(super) async fn begin_replay(
        &mut self,
        engine: &Engine,
        stop_at: Option<u64>,
    ) -> Result<(), StoreError> {
        let (first, end) = self.range(engine).await?;
        let end = stop_at.map_or(end, |stop_at| end.min(stop_at));
        if first < end {
            self.replay = Some((first, end));
        }
        Ok(())
    }

    pub(super) const fn is_replaying(&self) -> bool {
        self.replay.is_some()
    }

    /// The next events to replay, in order; none when that is over.
    pub(super) async fn next(
        &self,
        engine: &Engine,
        limit: usize,
    ) -> Result<Option<Vec<RecordedEvent>>, StoreError> {
        let Some((next, end)) = self.replay else {
            return Ok(None);
        };
        let wanted = u64::try_from(limit).unwrap_or(u64::MAX).min(end - next);
        let options = ReadOptions::forwards()
            .from(ReadFrom::At(Revision::new(next)))
            .limit(wanted);
        let read = engine.read_stream(&self.stream, options);
        let mut links = read.collect_all().await?;
        links.retain(|link| link.revision.as_u64() < end);
        Ok(Some(links))
    }

    /// Those up to `last` are on their way, and parked no more; without one
    /// there are none any more.
    ///
    /// When that cannot be kept, they go out once all the same; they may be
    /// replayed again.
    pub(super) async fn replayed(
        &mut self,
        engine: &Engine,
        last: Option<Revision>,
    ) -> Result<(), StoreError> {
        let Some((_, end)) = self.replay else {
            return Ok(());
        };
        let after = last.map_or(end, |last| last.as_u64() + 1);
        self.replay = (after < end).then_some((after, end));
        engine
            .store
            .truncate_before(&self.stream, Revision::new(after))
            .await
            .map(drop)
    }

    /// The first revision that is parked, and the one after the last.
    async fn range(&self, engine: &Engine) -> Result<(u64, u64), StoreError> {
        let info = engine.stream_info(&self.stream).await?;
        let Some(last) = info.head() else {
            return Ok((0, 0));
        };
        let first = info.metadata.truncate_before.map_or(0, Revision::as_u64);
        Ok((first, last.as_u64() + 1))
    }
}
