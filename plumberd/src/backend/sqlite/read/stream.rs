use super::{
    event::PageBuffer,
    pages::{PageRead, ReadPage},
    session::Session,
};
use crate::{
    backend::sqlite::{
        error::{BACKEND, corrupt, store_error},
        number::to_sql,
    },
    event::RecordedEvent,
    store::{
        Direction, StoreError, SubscribeFrom,
        toolkit::rules::{self, ReadWindow},
    },
    stream::{Position, Revision, StreamName, TenantId},
};
use chrono::DateTime;

/// A read of one stream.
#[derive(Debug, Clone)]
pub(in super::super) struct StreamRead {
    pub(in super::super) tenant: Option<TenantId>,
    pub(in super::super) stream: StreamName,
}

impl StreamRead {
    /// The revision after which a subscription begins, and the position after
    /// which it tells what is deleted.
    pub(in super::super) fn begin(
        &self,
        session: &mut Session<'_>,
        from: SubscribeFrom<Revision>,
    ) -> Result<(Option<Revision>, u64), StoreError> {
        session.in_snapshot(|session| {
            let tenant = self.tenant.as_ref();
            if let Some(found) = session.find(tenant, &self.stream)? {
                found.check_readable(&self.stream)?;
            }
            Ok(match from {
                SubscribeFrom::Start => (None, 0),
                SubscribeFrom::After(after) => {
                    self.check_reached(session, after.as_u64())?;
                    let told = session.position_at(tenant, &self.stream, after)?;
                    (Some(after), told)
                }
                SubscribeFrom::End => {
                    let head = session.head()?.map_or(0, Position::as_u64);
                    (session.last(tenant, &self.stream)?, head)
                }
            })
        })
    }

    fn read(
        &self,
        session: &mut Session<'_>,
        window: &ReadWindow,
        most: usize,
    ) -> Result<ReadPage, StoreError> {
        let tenant = self.tenant.as_ref();
        let Some((low, high)) = window.bounds() else {
            return Ok(ReadPage::end());
        };
        let Some(found) = session.find(tenant, &self.stream)? else {
            return Ok(ReadPage::end());
        };
        found.check_readable(&self.stream)?;
        let visible = session.visibility(&found)?;
        let low = low.max(visible.first_revision().as_u64());
        let after = visible.recorded_after();
        let statement = match window.direction() {
            Direction::Forwards => &mut session.forwards,
            Direction::Backwards => &mut session.backwards,
        };
        let mut rows = statement
            .query((
                found.key,
                to_sql(low),
                to_sql(high),
                after.map_or(i64::MIN, |after: DateTime<_>| after.timestamp_micros()),
            ))
            .map_err(store_error)?;
        let mut page = PageBuffer::default();
        while !page.is_full(most) {
            match rows.next().map_err(store_error)? {
                Some(row) => page.push(row)?,
                None => break,
            }
        }
        let mut more = page.is_full(most);
        drop(rows);
        let bounds = (to_sql(low), to_sql(high));
        page.check_revisions(found.key, window.direction(), bounds)?;
        // Events that are too old are at the beginning.
        if window.direction() == Direction::Forwards
            && after.is_none()
            && page.first_revision().is_some_and(|first| first != bounds.0)
        {
            return Err(corrupt(format!(
                "revision {low} of `{}` is not there, and later ones are",
                self.stream
            )));
        }
        let ends_with = match window.direction() {
            Direction::Forwards if more => None,
            Direction::Forwards => page
                .last_revision()
                .or(after.is_none().then_some(bounds.0 - 1)),
            Direction::Backwards => page.first_revision(),
        };
        if let Some(last) = ends_with.filter(|last| *last < bounds.1) {
            session.check_end(found.key, last)?;
        }
        let mut events =
            page.into_events(&mut session.kinds, &mut session.streams, session.unchecked)?;
        let next = events.first().map(|event| event.revision);
        rules::check_resumed(&self.stream, window, next, || {
            session.last_revision(found.key)
        })?;
        if window.resolves_links() {
            let left_out;
            (events, left_out) = session.resolve(events)?;
            more |= left_out;
        }
        let looked_at = events.last().map(|event| event.read_revision().as_u64());
        Ok(ReadPage {
            events,
            deleted: Vec::new(),
            told: 0,
            looked_at,
            passed_over: 0,
            more,
        })
    }
}

impl PageRead for StreamRead {
    fn page(
        &self,
        session: &mut Session<'_>,
        window: &ReadWindow,
        most: usize,
    ) -> Result<ReadPage, StoreError> {
        session.in_snapshot(|session| self.read(session, window, most))
    }

    fn follow(
        &self,
        session: &mut Session<'_>,
        window: &ReadWindow,
        most: usize,
        told: u64,
    ) -> Result<ReadPage, StoreError> {
        session.in_snapshot(|session| {
            let tombstoned = match self.read(session, window, most) {
                Err(error @ StoreError::StreamDeleted { .. }) => Err(error),
                page => Ok(page?),
            };
            let deleted = session.deletions(self.tenant.as_ref(), &self.stream, told)?;
            let mut page = match (tombstoned, deleted.last()) {
                (Ok(page), _) => page,
                (Err(error), None) => return Err(error),
                // Told first; the next page is the error.
                (Err(_), Some(_)) => ReadPage {
                    more: true,
                    ..ReadPage::end()
                },
            };
            let last = page.events.last().map(RecordedEvent::read_position);
            page.deleted = deleted;
            if let (true, Some(last)) = (page.more, last) {
                page.deleted.retain(|deleted| deleted.position < last);
            }
            let told = page.deleted.last().map(|deleted| deleted.position);
            page.told = told.max(last).map_or(0, Position::as_u64);
            Ok(page)
        })
    }

    fn check_reached(&self, session: &mut Session<'_>, after: u64) -> Result<(), StoreError> {
        let last = session.last(self.tenant.as_ref(), &self.stream)?;
        let last = last.map(Revision::as_u64);
        rules::check_reached(BACKEND, Some(&self.stream), after, last)
    }
}
