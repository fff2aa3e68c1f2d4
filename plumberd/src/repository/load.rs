use super::{
    Repository, RepositoryError, Root,
    loaded::{Loaded, Place, Until},
};
use crate::{
    aggregate::Aggregate,
    store::{ReadFrom, ReadOptions},
    stream::{Revision, StreamName},
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
        let loaded = self.read(&stream, Until::Head).await?;
        found(id, stream, loaded)
    }

    /// Loads the aggregate `id`, or begins a new one when it has no events.
    ///
    /// # Errors
    ///
    /// As [`Repository::load`], but for `NotFound`.
    pub async fn load_or_default(&self, id: A::Id) -> Result<Root<A>, RepositoryError> {
        let stream = self.stream(&id)?;
        let loaded = self.read(&stream, Until::Head).await?;
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
        let root = found(id, stream.clone(), self.read(&stream, until).await?)?;
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

    /// Builds the state: from what is cached, else from a snapshot, else from
    /// the first event.
    pub(super) async fn read(
        &self,
        stream: &StreamName,
        until: Until,
    ) -> Result<Loaded<A>, RepositoryError> {
        if let (Until::Head, Some(cache)) = (until, &self.cache)
            && let Some(cached) = cache.get(stream)
        {
            if let Some(loaded) = self.read_on(stream, cached, until).await? {
                cache.put(stream, &loaded);
                return Ok(loaded);
            }
            cache.remove(stream);
        }
        let loaded = self.read_uncached(stream, until).await?;
        if let (Until::Head, Some(cache), Some(_)) = (until, &self.cache, loaded.last) {
            cache.put(stream, &loaded);
        }
        Ok(loaded)
    }

    async fn read_uncached(
        &self,
        stream: &StreamName,
        until: Until,
    ) -> Result<Loaded<A>, RepositoryError> {
        if let Some(snapshots) = &self.snapshots
            && let Some(snapshot) = snapshots.load(&*self.store, stream).await?
            && until.admits(&snapshot)
        {
            if let Some(loaded) = self.read_on(stream, snapshot.into(), until).await? {
                return Ok(loaded);
            }
            tracing::warn!(
                %stream,
                "snapshot passed over, replaying in full: its last event is not in the stream"
            );
        }
        let beginning = Loaded::default();
        let loaded = self
            .fold(stream, beginning, ReadFrom::Start, None, until)
            .await?;
        Ok(loaded.unwrap_or_default())
    }

    /// Applies what follows `base`; `None` when its last event is not in the
    /// stream any more, as after a delete: then `base` is of a former life.
    pub(super) async fn read_on(
        &self,
        stream: &StreamName,
        base: Loaded<A>,
        until: Until,
    ) -> Result<Option<Loaded<A>>, RepositoryError> {
        let Some(last) = base.last else {
            return Ok(None);
        };
        self.fold(stream, base, ReadFrom::At(last.revision), Some(last), until)
            .await
    }

    /// Applies the events from `from` on. When `known` is given, the first one
    /// must be it and is in the state already; `None` when it is another.
    async fn fold(
        &self,
        stream: &StreamName,
        mut loaded: Loaded<A>,
        from: ReadFrom<Revision>,
        mut known: Option<Place>,
        until: Until,
    ) -> Result<Option<Loaded<A>>, RepositoryError> {
        let options = ReadOptions::forwards().from(from);
        let mut pages = self.store.read_stream(stream, options);
        while let Some(page) = pages.next_page().await? {
            let mut events = &page[..];
            if let Some(known) = known.take() {
                match events {
                    [first, rest @ ..] if Place::of(first) == known => events = rest,
                    _ => return Ok(None),
                }
            }
            let belonging = until.of(events);
            loaded.apply(stream, belonging)?;
            if belonging.len() < events.len() {
                break;
            }
        }
        Ok(known.is_none().then_some(loaded))
    }
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
