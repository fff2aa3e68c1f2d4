use super::{
    Plumber, StateError,
    model::stored_as,
    plumber::{info_of, named_by_convention},
};
use crate::{
    context::MessageContext,
    event::{EncodeError, Event, EventInfo, EventType, NewEvent, RecordedEvent},
    store::{
        AppendOutcome, EventStore, IdempotencyReason, ReadOptions, Repeated, StoreError, repeated,
    },
    stream::{ExpectedRevision, Revision, StreamName},
};
use std::fmt;
use uuid::Uuid;

/// A state as it was read, with the version to hand back when it is written.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StateOf<S> {
    /// The state.
    pub state: S,
    /// The number of its event in the stream, from 0.
    pub version: i64,
    /// The event it was in.
    pub event: RecordedEvent,
}

/// States: a stream of whole values, of which the last one counts.
///
/// A state is a type with `#[derive(Event)]`, stored as `{State}SnapShotted`.
impl Plumber {
    /// Appends `state` to the stream of the state `id`.
    ///
    /// `version` is what it follows, as in .NET: `None` (or below -1) whatever
    /// is there, -1 nothing, `n` the version that was read. The version of what
    /// was written is the revision of the outcome.
    ///
    /// The id of the event follows from `id` and `version`, so the same state
    /// appended again after a time-out is written once. Another state at the
    /// same version is a conflict, where .NET drops it in silence. Where the id
    /// is taken in another stream, as by another type's state of the same `id`,
    /// it is the UUID of version 5 of the stream's name in the namespace of
    /// that id; where a deleted state has left that behind as well, that of the
    /// revision in the namespace of the latter.
    ///
    /// # Errors
    ///
    /// [`StateError`]; [`StateError::is_conflict`] when another writer was
    /// first.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the state may or may not be written; with a
    /// version, appending it again is safe and tells.
    pub async fn append_state<S: Event>(
        &self,
        state: &S,
        id: impl fmt::Display + Send,
        version: Option<i64>,
    ) -> Result<AppendOutcome, StateError> {
        let (info, id) = (info_of(state)?, id.to_string());
        let stream = self.state_stream::<S>(&id)?;
        let version = version.filter(|version| *version >= -1);
        let expected = match version.map(u64::try_from) {
            None => ExpectedRevision::Any,
            Some(Err(_)) => ExpectedRevision::NoStream,
            Some(Ok(version)) => ExpectedRevision::Exact(Revision::new(version)),
        };
        let event_id = self.conventions.state_event_id(&id, version);
        let write = async |event_id| {
            let event = self.state_event(event_id, state, info)?;
            self.append_state_event(&stream, expected, event).await
        };
        // Nothing in the id says which type of state it is, so another state of
        // the same thing may have it. A store that knows the ids of one stream
        // only says that of the first attempt, and afterwards what stands in the
        // way.
        match write(event_id).await {
            Err(error) if is_taken(&error) => {}
            written => return written,
        }
        let of_stream = Uuid::new_v5(&event_id, stream.as_str().as_bytes());
        let refused = match write(of_stream).await {
            Err(error) if is_taken(&error) => error,
            written => return written,
        };
        if expected != ExpectedRevision::NoStream {
            return Err(refused);
        }
        // A state that was deleted leaves its ids behind.
        let there = self.store.stream_info(&stream).await?;
        let place = match there.head() {
            Some(head) => head,
            None => there.last_revision.map_or(Revision::FIRST, Revision::next),
        };
        write(Uuid::new_v5(&of_stream, place.to_string().as_bytes())).await
    }

    fn state_event<S: Event>(
        &self,
        event_id: Uuid,
        state: &S,
        info: &EventInfo,
    ) -> Result<NewEvent, StateError> {
        let encoded = NewEvent::encode_as_it_is(state, event_id, &MessageContext::current())?;
        let name = EventType::new(self.conventions.snapshot_name(info))?;
        named_by_convention(&*self.conventions, encoded, info, &name)
    }

    async fn append_state_event(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        event: NewEvent,
    ) -> Result<AppendOutcome, StateError> {
        let event = [event];
        let outcome = self.append(stream, expected, &event).await?;
        if outcome.is_already_applied() {
            match repeated(&*self.store, stream, &outcome, &event).await? {
                Repeated::Same => {}
                // The id says only that this version was written.
                Repeated::Other(_) | Repeated::Hidden => {
                    let actual = self.store.stream_info(stream).await?.head();
                    return Err(StateError::Store(StoreError::Conflict {
                        stream: stream.clone(),
                        expected,
                        actual,
                    }));
                }
            }
        }
        Ok(outcome)
    }

    /// The state `id` as it was last written; `None` when it never was, or was
    /// deleted.
    ///
    /// # Errors
    ///
    /// [`StateError`]; [`StateError::Decode`] when the last event of the stream
    /// is another type's, or of another shape.
    pub async fn get_state<S: Event>(
        &self,
        id: impl fmt::Display + Send,
    ) -> Result<Option<StateOf<S>>, StateError> {
        let stream = self.state_stream::<S>(&id.to_string())?;
        let mut last = self
            .store
            .read_stream(&stream, ReadOptions::backwards().limit(1));
        let event = match last.next_event().await {
            Ok(Some(event)) => event,
            Ok(None) | Err(StoreError::StreamDeleted { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let decode_error = |source| StateError::Decode {
            stream: stream.clone(),
            source,
        };
        let name = event.event_type.as_str();
        let name_of = |info: &EventInfo| self.conventions.snapshot_name(info);
        let index = stored_as(S::TYPES, name, name_of);
        let state = event.decode_found(index).map_err(decode_error)?;
        let version = i64::try_from(event.revision.as_u64()).unwrap_or(i64::MAX);
        Ok(Some(StateOf {
            state,
            version,
            event,
        }))
    }

    /// The stream of the state `id`.
    ///
    /// # Errors
    ///
    /// [`StateError::Stream`] when the conventions and the id make no name.
    pub fn state_stream<S: Event>(&self, id: &str) -> Result<StreamName, StateError> {
        // One of several forms is in the stream of the first, as they are one state.
        let info = S::TYPES.first().ok_or_else(|| {
            EncodeError::new(super::friendly_name::<S>(), "it has no stored type")
        })?;
        let category = self.conventions.category(info);
        Ok(self.conventions.stream(&category, Some(id))?)
    }
}

/// Whether something else has the id, or may have it.
fn is_taken(error: &StateError) -> bool {
    matches!(
        error,
        StateError::Store(
            StoreError::Conflict { .. }
                | StoreError::Idempotency {
                    reason: IdempotencyReason::OtherStream,
                    ..
                }
        )
    )
}
