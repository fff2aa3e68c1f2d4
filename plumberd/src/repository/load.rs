use super::{
    Repository, RepositoryError, Root, Truncated,
    first::Search,
    loaded::{EventRef, Loaded, Until},
};
use crate::{
    aggregate::Aggregate,
    event::RecordedEvent,
    store::{ReadFrom, ReadOptions, StoreError},
    stream::{Revision, StreamMetadata, StreamName},
};
use chrono::{DateTime, Utc};

/// A moment in the life of an aggregate, for [`Repository::load_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointInTime {
    /// After the event with this revision.
    Revision(Revision),
    /// After the last event that the store had recorded by then.
    Time(DateTime<Utc>),
}

impl From<Revision> for PointInTime {
    fn from(revision: Revision) -> Self {
        Self::Revision(revision)
    }
}

impl From<DateTime<Utc>> for PointInTime {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(time)
    }
}

impl<A: Aggregate> Repository<A> {
    /// Loads the aggregate `id`.
    ///
    /// # Errors
    ///
    /// * [`RepositoryError::NotFound`] when it has no events.
    /// * [`RepositoryError::Apply`] or [`RepositoryError::Gap`] when its
    ///   events do not make a state.
    /// * [`RepositoryError::Id`] or [`RepositoryError::Store`].
    pub async fn load(&self, id: A::Id) -> Result<Root<A>, RepositoryError> {
        let stream = self.stream(&id)?;
        let loaded = self.read(&stream, Until::Head, None).await?;
        if loaded.last.is_none() {
            self.hidden_head(&stream).await?;
        }
        found(id, stream, loaded)
    }

    /// Loads the aggregate `id`, or begins a new one when it has no events.
    ///
    /// # Errors
    ///
    /// As [`Repository::load`], but for `NotFound`.
    pub async fn load_or_default(&self, id: A::Id) -> Result<Root<A>, RepositoryError> {
        let stream = self.stream(&id)?;
        let mut loaded = self.read(&stream, Until::Head, None).await?;
        if loaded.last.is_none() {
            // Truncated or aged away, its events still count.
            loaded.hidden_head = self.hidden_head(&stream).await?;
        }
        Ok(Root::of(id, loaded))
    }

    /// Loads the aggregate `id` as it was at a [`Revision`] or at a time.
    ///
    /// Times are the store's, not the writers'. Saving a root that is not the
    /// latest is a conflict.
    ///
    /// # Errors
    ///
    /// As [`Repository::load`]; `NotFound` when it had no events by then, and
    /// [`RepositoryError::NoSuchRevision`] when it never came so far.
    pub async fn load_at(
        &self,
        id: A::Id,
        point: impl Into<PointInTime>,
    ) -> Result<Root<A>, RepositoryError> {
        let stream = self.stream(&id)?;
        let point = point.into();
        let until = match point {
            PointInTime::Revision(revision) => Until::Revision(revision),
            PointInTime::Time(time) => Until::Time(time),
        };
        let root = found(id, stream.clone(), self.read(&stream, until, None).await?)?;
        match (point, root.revision()) {
            (PointInTime::Revision(asked), Some(last)) if last < asked => {
                Err(RepositoryError::NoSuchRevision {
                    stream,
                    asked,
                    last,
                })
            }
            _ => Ok(root),
        }
    }

    /// Builds the state; again, when the stream was changed under the read.
    pub(super) async fn read(
        &self,
        stream: &StreamName,
        until: Until,
        mut search: Option<&mut Search>,
    ) -> Result<Loaded<A>, RepositoryError> {
        let mut again = 8;
        loop {
            match self.read_once(stream, until, search.as_deref_mut()).await {
                Err(RepositoryError::Store {
                    source: StoreError::ChangedWhileRead { .. },
                }) if again > 0 => again -= 1,
                read => return read,
            }
        }
    }

    /// Builds the state: from what is cached, else from a snapshot, else from
    /// the first event.
    async fn read_once(
        &self,
        stream: &StreamName,
        until: Until,
        mut search: Option<&mut Search>,
    ) -> Result<Loaded<A>, RepositoryError> {
        if let (Until::Head, Some(cache)) = (until, &self.cache)
            && let Some(cached) = cache.get(stream)
        {
            let read_on = self.read_on(stream, cached, until, search.as_deref_mut());
            if let Some(loaded) = read_on.await? {
                cache.put(stream, &loaded);
                return Ok(loaded);
            }
            cache.remove(stream);
        }
        let loaded = self.read_uncached(stream, until, search).await?;
        if let (Until::Head, Some(cache), Some(_)) = (until, &self.cache, loaded.last) {
            cache.put(stream, &loaded);
        }
        Ok(loaded)
    }

    async fn read_uncached(
        &self,
        stream: &StreamName,
        until: Until,
        mut search: Option<&mut Search>,
    ) -> Result<Loaded<A>, RepositoryError> {
        if let Some(snapshots) = &self.snapshots
            && let Some(snapshot) = Box::pin(snapshots.load(&*self.store, stream)).await?
            && until.admits(&snapshot)
        {
            let read_on = self.read_on(stream, snapshot.into(), until, search.as_deref_mut());
            if let Some(loaded) = read_on.await? {
                return Ok(loaded);
            }
            tracing::warn!(
                %stream,
                "snapshot passed over, replaying in full: its last event is not in the stream"
            );
        }
        let beginning = Loaded::default();
        let loaded = self.fold(stream, beginning, Begin::Start, until, search);
        Ok(loaded.await?.unwrap_or_default())
    }

    /// Refuses to fold a stream whose first events are hidden: the state would
    /// be a default one at a later revision.
    ///
    /// After a soft delete a stream begins later and is whole.
    async fn expect_whole(
        &self,
        stream: &StreamName,
        first: Option<&RecordedEvent>,
    ) -> Result<(), RepositoryError> {
        let Some(first) = first.map(|event| event.revision) else {
            return Ok(());
        };
        if first == Revision::FIRST || self.truncated == Truncated::Folded {
            return Ok(());
        }
        if Box::pin(self.began_anew(stream, |anew| anew == first)).await? {
            return Ok(());
        }
        Err(RepositoryError::Truncated {
            stream: stream.clone(),
            first: Some(first),
        })
    }

    /// Whether the stream began anew, after a delete, at a revision of which
    /// `is_asked` holds. Its metadata tells: everything was hidden once, and
    /// then what is before that revision.
    pub(super) async fn began_anew(
        &self,
        stream: &StreamName,
        is_asked: impl Fn(Revision) -> bool + Send,
    ) -> Result<bool, StoreError> {
        let mut changes = self
            .store
            .read_stream(&stream.metadata_stream(), ReadOptions::backwards());
        let mut revived = false;
        while let Some(change) = changes.next_event().await? {
            let before = StreamMetadata::from_json(&change.data)
                .ok()
                .and_then(|metadata| metadata.truncate_before);
            if revived && before == Some(Revision::MAX) {
                return Ok(true);
            }
            revived = before.is_some_and(|anew| anew != Revision::MAX && is_asked(anew));
        }
        Ok(false)
    }

    /// Where the stream is while none of its events can be seen; refuses when
    /// that is not for a delete.
    pub(super) async fn hidden_head(
        &self,
        stream: &StreamName,
    ) -> Result<Option<Revision>, RepositoryError> {
        match self.store.stream_info(stream).await?.head() {
            Some(_) if self.truncated == Truncated::Refused => Err(RepositoryError::Truncated {
                stream: stream.clone(),
                first: None,
            }),
            head => Ok(head),
        }
    }

    /// Applies what follows `base`; `None` when its last event is not in the
    /// stream any more, as after a delete: then `base` is from before the delete.
    pub(super) async fn read_on(
        &self,
        stream: &StreamName,
        base: Loaded<A>,
        until: Until,
        search: Option<&mut Search>,
    ) -> Result<Option<Loaded<A>>, RepositoryError> {
        let Some(last) = base.last else {
            return Ok(None);
        };
        self.fold(stream, base, Begin::With(last), until, search)
            .await
    }

    /// Applies events to `loaded`; `None` when the stream does not begin as
    /// said.
    async fn fold(
        &self,
        stream: &StreamName,
        mut loaded: Loaded<A>,
        begin: Begin,
        until: Until,
        mut search: Option<&mut Search>,
    ) -> Result<Option<Loaded<A>>, RepositoryError> {
        let from = match begin {
            Begin::With(last) => ReadFrom::At(last.revision),
            Begin::Start => ReadFrom::Start,
        };
        let mut pages = self
            .store
            .read_stream(stream, ReadOptions::forwards().from(from));
        let mut begin = Some(begin);
        while let Some(page) = pages.next_page().await? {
            let mut events = &page[..];
            if let Some(search) = &mut search {
                let is_first = |event: &RecordedEvent| event.revision == Revision::FIRST;
                search.complete |= events.first().is_some_and(is_first);
                search.look_at(events);
            }
            match begin.take() {
                Some(Begin::With(known)) => match events {
                    [first, rest @ ..] if EventRef::of(first) == known => events = rest,
                    _ => return Ok(None),
                },
                Some(Begin::Start) => self.expect_whole(stream, events.first()).await?,
                None => {}
            }
            let belonging = until.of(events);
            loaded.apply(stream, belonging)?;
            if belonging.len() < events.len() {
                break;
            }
        }
        let is_there = !matches!(begin, Some(Begin::With(_)));
        Ok(is_there.then_some(loaded))
    }
}

/// How a fold begins.
#[derive(Debug, Clone, Copy)]
enum Begin {
    /// With this event, which the state has already.
    With(EventRef),
    /// With the first event of its life.
    Start,
}

fn found<A: Aggregate>(
    id: A::Id,
    stream: StreamName,
    loaded: Loaded<A>,
) -> Result<Root<A>, RepositoryError> {
    match loaded.last {
        Some(_) => Ok(Root::of(id, loaded)),
        None => Err(RepositoryError::NotFound { stream }),
    }
}
