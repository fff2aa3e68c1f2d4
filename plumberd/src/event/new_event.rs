use super::{
    ContentType, DecodeError, EncodeError, EncodedEvent, Event, EventType, Metadata, RawMetadata,
    RecordedEvent,
    chunk::{copy_data, copy_metadata},
    new_event_id,
    same::Typed,
    text::Length,
    type_name::friendly_name,
};
use crate::{
    context::MessageContext,
    json::{TooDeep, excess},
    stream::{Position, Revision, StreamName, TenantId},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::{cell::Cell, fmt};
use uuid::Uuid;

thread_local! {
    /// What events are encoded in before their size is known.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A buffer that has grown larger is not kept.
const MAX_BUFFER: usize = 64 * 1024;

/// An encoded event on its way into a store.
///
/// Cloning shares the data. Data and metadata that were encoded may be parts of memory
/// that other events have a part of, of at most 16 KiB, which lives as long as any of
/// them; copy what you keep for long. `Debug` says how long data and metadata are, and
/// not what is in them.
#[derive(Clone)]
pub struct NewEvent {
    id: Uuid,
    event_type: EventType,
    content_type: ContentType,
    data: Bytes,
    metadata: RawMetadata,
    revision: u32,
    /// Whether the event came with its id.
    own_id: bool,
    /// What the type that it was encoded from knows.
    typed: Option<Typed>,
}

impl NewEvent {
    /// An event of JSON data, with metadata from the ambient
    /// [`MessageContext`].
    ///
    /// `id` is the event's identity: an append of the same id is recognised.
    /// Take [`new_event_id`] for a new one. Data that is nested deeper than
    /// [`MAX_NESTING`](crate::json::MAX_NESTING) is refused by the store.
    pub fn new(id: Uuid, event_type: EventType, data: impl Into<Bytes>) -> Self {
        Self {
            id,
            event_type,
            content_type: ContentType::JSON,
            data: data.into(),
            metadata: RawMetadata::for_event(id, 1, &MessageContext::current()),
            revision: 1,
            own_id: false,
            typed: None,
        }
    }

    /// Encodes `event`, with its own id when it has one, else a new one.
    ///
    /// A nil id is none yet: the new one stands in the data too.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a value of the event has no stored form, or it is
    /// nested deeper than [`MAX_NESTING`](crate::json::MAX_NESTING).
    pub fn encode<E: Event>(event: &E) -> Result<Self, EncodeError> {
        let id = event.id().filter(|id| !id.is_nil());
        Self::encode_with(
            event,
            id.unwrap_or_else(new_event_id),
            &MessageContext::current(),
        )
    }

    /// Encodes `event` under `id`, in `context`. An event that carries another
    /// id gets this one: data, metadata and store say the same.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a value of the event has no stored form, or it
    /// carries another id and its stored form cannot be read back to change it.
    pub fn encode_with<E: Event>(
        event: &E,
        id: Uuid,
        context: &MessageContext,
    ) -> Result<Self, EncodeError> {
        let encoded = Self::encode_as_it_is(event, id, context)?;
        if event.id().is_none_or(|own| own == id) {
            return Ok(encoded);
        }
        // It is borrowed, and need not be `Clone`.
        let mut own: E = encoded
            .decode_as(event.type_index())
            .map_err(|error| EncodeError::new(encoded.event_type.as_str(), error))?;
        own.assign_id(id);
        let encoded = Self::encode_as_it_is(&own, id, context)?;
        Ok(encoded.with_new_id())
    }

    /// The same event under another name.
    pub(crate) fn with_event_type(mut self, event_type: EventType) -> Self {
        self.event_type = event_type;
        self
    }

    /// The id was made for this event, and no other event has it.
    pub(crate) fn with_new_id(mut self) -> Self {
        self.own_id = false;
        self
    }

    pub(super) const fn typed(&self) -> Option<&Typed> {
        self.typed.as_ref()
    }

    /// Whether the event came with its id, so that another may have come with
    /// the same one.
    pub(crate) const fn has_own_id(&self) -> bool {
        self.own_id
    }

    /// As [`NewEvent::encode_with`], with what the event says of its own id
    /// left alone: for a state, where it is the id of what the state is of.
    pub(crate) fn encode_as_it_is<E: Event>(
        event: &E,
        id: Uuid,
        context: &MessageContext,
    ) -> Result<Self, EncodeError> {
        let Some(info) = E::TYPES.get(event.type_index()) else {
            return Err(not_a_type(event));
        };
        let event_type = EventType::from_static(info.name)
            .map_err(|error| EncodeError::new(info.name, error))?;
        // The encoding of another event may be in the event's own: it finds an
        // empty buffer.
        let mut buffer = BUFFER.take();
        let encoded = event.encode(&mut buffer).and_then(|()| {
            let data = buffer.len();
            // An event that was not derived, or has a codec of its own, writes
            // JSON by itself.
            if ContentType::from_static(info.content_type).is_json_text()
                && excess(&buffer).is_some()
            {
                return Err(EncodeError::new(info.name, TooDeep));
            }
            RawMetadata::write(&mut buffer, id, info.revision, context);
            let (data, metadata) = buffer.split_at(data);
            Ok((copy_data(data), copy_metadata(metadata)))
        });
        buffer.clear();
        if buffer.capacity() <= MAX_BUFFER {
            BUFFER.set(buffer);
        }
        let (data, metadata) = encoded?;
        Ok(Self {
            id,
            event_type,
            content_type: ContentType::from_static(info.content_type),
            data,
            metadata: RawMetadata::new(metadata),
            revision: info.revision,
            own_id: event.id() == Some(id),
            typed: Typed::of(event),
        })
    }

    /// The event as a store in memory keeps it; takes what it has, and copies
    /// nothing.
    #[must_use]
    pub fn recorded(
        self,
        stream: StreamName,
        revision: Revision,
        position: Position,
        recorded_at: DateTime<Utc>,
        tenant: Option<TenantId>,
    ) -> RecordedEvent {
        RecordedEvent {
            stream,
            revision,
            position,
            id: self.id,
            event_type: self.event_type,
            content_type: self.content_type,
            data: self.data,
            metadata: self.metadata,
            shape_revision: self.revision,
            recorded_at,
            tenant,
            link: None,
        }
    }

    /// With data of this content type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: ContentType) -> Self {
        self.content_type = content_type;
        self
    }

    /// With exactly this metadata in place of plumberd's own.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when its `Revision` is not a whole number from 1, or it is
    /// nested deeper than [`MAX_NESTING`](crate::json::MAX_NESTING).
    pub fn with_metadata(mut self, metadata: &Metadata) -> Result<Self, EncodeError> {
        let wrong = |error| EncodeError::new(self.event_type.as_str(), error);
        self.revision = metadata.revision().map_err(wrong)?;
        let json = metadata.to_bytes();
        if excess(&json).is_some() {
            return Err(EncodeError::new(self.event_type.as_str(), TooDeep));
        }
        self.metadata = RawMetadata::new(json.into());
        Ok(self)
    }

    /// With these metadata bytes, which a store keeps as they are: for tools
    /// that carry events from one store to another.
    #[must_use]
    pub fn with_raw_metadata(mut self, metadata: RawMetadata) -> Self {
        self.revision = metadata.revision().unwrap_or(0);
        self.metadata = metadata;
        self
    }

    /// Decodes the event as `E::TYPES[index]`: what a reader will get.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it could not be read back.
    pub fn decode_as<E: Event>(&self, index: usize) -> Result<E, DecodeError> {
        let revision = match self.revision {
            0 => self.metadata.revision()?,
            known => known,
        };
        E::decode(
            index,
            &EncodedEvent::new(
                self.event_type.as_str(),
                &self.content_type,
                revision,
                &self.data,
            ),
        )
    }

    /// The event's identity in the store.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The name it is stored under.
    pub const fn event_type(&self) -> &EventType {
        &self.event_type
    }

    /// How the data is encoded.
    pub const fn content_type(&self) -> &ContentType {
        &self.content_type
    }

    /// The encoded data.
    pub const fn data(&self) -> &Bytes {
        &self.data
    }

    /// The encoded metadata.
    pub const fn metadata(&self) -> &RawMetadata {
        &self.metadata
    }

    /// The revision of the data's shape as the metadata says it, from 1; 0
    /// when the metadata cannot be read. A backend may store it, so that a
    /// read need not look into the metadata.
    pub const fn shape_revision(&self) -> u32 {
        self.revision
    }

    /// How many bytes count against a store's size limits: data and metadata.
    pub fn size(&self) -> usize {
        self.data.len() + self.metadata.as_bytes().len()
    }
}

/// Why a value that is none of the stored types of its event cannot be written; the
/// event itself knows best.
fn not_a_type<E: Event>(event: &E) -> EncodeError {
    let own = event.encode(&mut Vec::new()).err();
    own.unwrap_or_else(|| EncodeError::new(friendly_name::<E>(), "it is none of its stored types"))
}

impl PartialEq for NewEvent {
    /// Whether they are written alike.
    fn eq(&self, other: &Self) -> bool {
        let key = |event: &Self| (event.id, event.revision, event.own_id);
        key(self) == key(other)
            && self.event_type == other.event_type
            && self.content_type == other.content_type
            && self.data == other.data
            && self.metadata == other.metadata
    }
}

impl Eq for NewEvent {}

impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("content_type", &self.content_type)
            .field("data", &Length(&self.data))
            .field("metadata", &self.metadata)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}
