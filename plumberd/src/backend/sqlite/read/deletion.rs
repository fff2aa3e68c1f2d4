//! What was deleted, as subscriptions tell it.

use super::{event::PageBuffer, session::Session};
use crate::{
    backend::sqlite::{error::store_error, number::to_sql},
    event::RecordedEvent,
    store::{StoreError, StreamDeleted, toolkit::rules},
    stream::{Position, Revision, StreamName, TenantId},
};

impl Session<'_> {
    /// What the event says was deleted.
    pub(super) fn deletion(
        &mut self,
        event: &RecordedEvent,
    ) -> Result<Option<StreamDeleted>, StoreError> {
        rules::stream_deleted(event, || {
            let Some(before) = event.revision.as_u64().checked_sub(1) else {
                return Ok(None);
            };
            let (tenant, at) = (event.tenant.as_ref(), Revision::new(before));
            let before = self.event_at(tenant, &event.stream, at)?;
            Ok(before.as_ref().and_then(rules::truncated_before))
        })
    }

    /// What the metadata of the stream, and its tombstone, say was deleted
    /// after the position `after`.
    pub(super) fn deletions(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
        after: u64,
    ) -> Result<Vec<StreamDeleted>, StoreError> {
        let mut deleted = Vec::new();
        for event in self.events_after(tenant, &stream.metadata_stream(), after)? {
            deleted.extend(self.deletion(&event)?);
        }
        let tombstone = self.event_at(tenant, stream, Revision::MAX)?;
        if let Some(tombstone) = tombstone.filter(|at| at.position > Position::new(after)) {
            deleted.extend(self.deletion(&tombstone)?);
        }
        Ok(deleted)
    }

    /// The last revision ever written to the stream.
    pub(super) fn last(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
    ) -> Result<Option<Revision>, StoreError> {
        match self.find(tenant, stream)? {
            Some(found) => self.last_revision(found.key),
            None => Ok(None),
        }
    }

    /// The position of the event, hidden or not; 0 when there is none.
    pub(in super::super) fn position_at(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
        revision: Revision,
    ) -> Result<u64, StoreError> {
        let event = self.event_at(tenant, stream, revision)?;
        Ok(event.map_or(0, |event| event.position.as_u64()))
    }

    fn event_at(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
        revision: Revision,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let Some(found) = self.find(tenant, stream)? else {
            return Ok(None);
        };
        self.stored_at(&found, revision)
    }

    /// The events of a stream of metadata: mostly there are none.
    fn events_after(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
        after: u64,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let Some(found) = self.find(tenant, stream)? else {
            return Ok(Vec::new());
        };
        let mut page = PageBuffer::default();
        let mut rows = self
            .after_position
            .query((found.key, to_sql(after)))
            .map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            page.push(row)?;
        }
        drop(rows);
        page.into_events(&mut self.kinds, &mut self.streams, self.unchecked)
    }
}
