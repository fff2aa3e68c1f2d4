use super::SnapshotPolicy;
use crate::{
    aggregate::{Aggregate, AggregateNames},
    codec::{Codec, CodecError, Json},
    context::MessageContext,
    event::{EventType, EventValue, Metadata, NewEvent, RecordedEvent, Shape, new_event_id},
    store::{EventStore, ReadOptions, StoreError},
    stream::{ExpectedRevision, Revision, StreamName},
};
use chrono::{DateTime, Utc};
use std::{fmt, sync::Arc};
use uuid::Uuid;

/// The snapshots of one kind of aggregate: how they are written, read, and
/// when they may be used.
pub struct Snapshots<A> {
    policy: SnapshotPolicy,
    fingerprint: Uuid,
    event_type: String,
    names: Option<Arc<dyn AggregateNames>>,
    /// Whether a field of the state is left out of its stored form: what is
    /// loaded from a snapshot would not be what a replay gives.
    incomplete: bool,
    encode: fn(&A) -> Result<Vec<u8>, CodecError>,
    decode: fn(&[u8]) -> Result<A, CodecError>,
}

/// A snapshot that may be used.
#[derive(Debug)]
pub struct Snapshot<A> {
    /// The state.
    pub state: A,
    /// The revision of the last event in it.
    pub revision: Revision,
    /// The id of that event.
    pub event_id: Uuid,
    /// When it was taken.
    pub taken_at: DateTime<Utc>,
}

/// The metadata keys of a snapshot, besides the standard ones.
const REVISION: &str = "SnapshotVersion";
const FINGERPRINT: &str = "Fingerprint";
const EVENT_ID: &str = "EventId";

impl<A: Aggregate + EventValue> Snapshots<A> {
    /// Snapshots by this policy.
    pub fn new(policy: SnapshotPolicy) -> Self {
        let shape = Shape::of::<A>();
        let incomplete = shape.has_skipped();
        if incomplete {
            tracing::warn!(
                category = A::CATEGORY,
                "no snapshots are taken: a field of the state is skipped"
            );
        }
        let fold = format!("{shape} fold {}", policy.version());
        Self {
            fingerprint: Uuid::new_v5(&shape.fingerprint(), fold.as_bytes()),
            event_type: format!("{}SnapShotted", A::CATEGORY),
            names: None,
            policy,
            incomplete,
            encode: |state| {
                let mut json = Vec::new();
                Json::encode(state, &mut json)?;
                Ok(json)
            },
            decode: Json::decode,
        }
    }
}

impl<A: Aggregate> Snapshots<A> {
    /// With these names in place of the aggregate's own.
    pub(crate) fn with_names(mut self, names: Option<Arc<dyn AggregateNames>>) -> Self {
        if let Some(names) = &names {
            names.snapshot_event().clone_into(&mut self.event_type);
        }
        self.names = names;
        self
    }

    /// `{Category}Snapshot-{id}`, as .NET names it.
    fn stream(&self, stream: &StreamName) -> Option<StreamName> {
        match &self.names {
            Some(names) => names.snapshot_stream(stream),
            None => StreamName::new(format!("{}Snapshot", A::CATEGORY), stream.id()?).ok(),
        }
    }

    /// Whether a snapshot is due, see [`SnapshotPolicy::is_due`].
    pub fn is_due(
        &self,
        revision: Revision,
        now: DateTime<Utc>,
        last: Option<(Revision, DateTime<Utc>)>,
    ) -> bool {
        !self.incomplete && self.policy.is_due(revision, now, last)
    }

    /// The last snapshot of the aggregate that lives in `stream`. One that may
    /// not be used is passed over with a warning: its state has another shape,
    /// or it cannot be read.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the read.
    pub async fn load(
        &self,
        store: &dyn EventStore,
        stream: &StreamName,
    ) -> Result<Option<Snapshot<A>>, StoreError> {
        let snapshots = match self.stream(stream) {
            Some(snapshots) if !self.incomplete => snapshots,
            _ => return Ok(None),
        };
        let last = store
            .read_stream(&snapshots, ReadOptions::backwards().limit(1))
            .next_event()
            .await;
        let event = match last {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(None),
            Err(error @ (StoreError::StreamDeleted { .. } | StoreError::Corrupt { .. })) => {
                tracing::warn!(stream = %snapshots, %error, "no snapshot can be read");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        match self.decode(&event) {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(error) => {
                tracing::warn!(stream = %snapshots, %error, "snapshot passed over, replaying in full");
                Ok(None)
            }
        }
    }

    fn decode(&self, event: &RecordedEvent) -> Result<Snapshot<A>, CodecError> {
        if event.event_type.as_str() != self.event_type {
            let found = &event.event_type;
            return Err(CodecError::new(format!(
                "`{found}` is not `{}`",
                self.event_type
            )));
        }
        let metadata = Metadata::from_json(event.metadata.as_bytes())?;
        let key = |name: &str| CodecError::new(format!("its metadata has no `{name}`"));
        let json = metadata.json();
        let fingerprint = json.get_str(FINGERPRINT).ok_or_else(|| key(FINGERPRINT))?;
        if fingerprint.parse() != Ok(self.fingerprint) {
            return Err(CodecError::new(
                "the state had another shape, or the fold another version",
            ));
        }
        let revision: u64 = json.get_as(REVISION)?.ok_or_else(|| key(REVISION))?;
        let event_id = json.get_str(EVENT_ID).ok_or_else(|| key(EVENT_ID))?;
        Ok(Snapshot {
            state: (self.decode)(&event.data)?,
            revision: Revision::new(revision),
            event_id: event_id.parse().map_err(|_| key(EVENT_ID))?,
            taken_at: event.recorded_at,
        })
    }

    /// Writes a snapshot of `state`, whose last event is `event_id` at
    /// `revision`.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when the state cannot be encoded or written. The aggregate
    /// loads without a snapshot too, so the caller warns and goes on.
    pub async fn save(
        &self,
        store: &dyn EventStore,
        stream: &StreamName,
        state: &A,
        revision: Revision,
        event_id: Uuid,
    ) -> Result<(), CodecError> {
        let Some(snapshots) = self.stream(stream) else {
            return Err(CodecError::new("the stream has no category and id"));
        };
        let event_type = EventType::new(self.event_type.as_str())
            .map_err(|error| CodecError::new(error.to_string()))?;
        let data = (self.encode)(state)?;
        let context = MessageContext::current()
            .with_header(REVISION, &revision.as_u64())?
            .with_header(FINGERPRINT, &self.fingerprint.to_string())?
            .with_header(EVENT_ID, &event_id.to_string())?;
        let snapshot = context.scope(async { NewEvent::new(new_event_id(), event_type, data) });
        store
            .append(&snapshots, ExpectedRevision::Any, vec![snapshot.await])
            .await
            .map_err(|error| CodecError::caused_by("the snapshot was not written", error))?;
        Ok(())
    }

    /// Deletes the snapshots of the aggregate that lives in `stream`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the delete; that there are none is not an error.
    pub async fn delete(
        &self,
        store: &dyn EventStore,
        stream: &StreamName,
    ) -> Result<(), StoreError> {
        let Some(snapshots) = self.stream(stream) else {
            return Ok(());
        };
        match store.delete(&snapshots, ExpectedRevision::Any).await {
            // There are none, or there never will be.
            Err(StoreError::Conflict { .. } | StoreError::StreamDeleted { .. }) => Ok(()),
            other => other,
        }
    }
}

impl<A> Clone for Snapshots<A> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            event_type: self.event_type.clone(),
            names: self.names.clone(),
            ..*self
        }
    }
}

impl<A> fmt::Debug for Snapshots<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots")
            .field("policy", &self.policy)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
