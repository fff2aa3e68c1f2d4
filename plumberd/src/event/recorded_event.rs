use super::{
    ContentType, DecodeError, EncodedEvent, Event, EventType, Metadata, RawMetadata, text::Length,
};
use crate::stream::{Position, Revision, StreamName, TenantId};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::fmt;
use uuid::Uuid;

/// An event as it came back from a store.
///
/// The fields are public so that a backend can build one; treat them as
/// values. Cloning shares the text and the data. `Debug` says how long data and
/// metadata are, and not what is in them.
#[derive(Clone, PartialEq)]
pub struct RecordedEvent {
    /// The stream it was written to. For a resolved link the stream of the
    /// event, not of the link.
    pub stream: StreamName,
    /// Its number in that stream.
    pub revision: Revision,
    /// Its place in the global order.
    pub position: Position,
    /// Its identity.
    pub id: Uuid,
    /// The name it is stored under.
    pub event_type: EventType,
    /// How the data is encoded.
    pub content_type: ContentType,
    /// The encoded data. It may be a part of the buffer of a whole page, which
    /// lives as long as any event of it; copy what you keep for long.
    pub data: Bytes,
    /// The encoded metadata.
    pub metadata: RawMetadata,
    /// The revision of the data's shape, when the backend stores it; 0 when it
    /// must be read from the metadata.
    pub shape_revision: u32,
    /// When the store wrote it, by the store's clock.
    pub recorded_at: DateTime<Utc>,
    /// Whose it is; `None` outside tenancy.
    pub tenant: Option<TenantId>,
    /// The link that led to it, when links were resolved.
    pub link: Option<Box<Link>>,
}

impl RecordedEvent {
    /// The event type of a link; its data is `{revision}@{stream}`.
    pub const LINK: &'static str = "$>";

    /// The event type of the last event of a tombstoned stream.
    pub const TOMBSTONE: &'static str = "$streamDeleted";

    /// Decodes the event as an `E`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is stored under another name, or its data is
    /// not of a shape that `E` or its upcasters know.
    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        let index = E::TYPES
            .iter()
            .position(|info| self.event_type == info.name)
            .ok_or_else(|| DecodeError::OtherType {
                found: self.event_type.as_str().to_owned(),
                expected: E::TYPES.iter().map(|info| info.name).collect(),
            })?;
        self.decode_as(index)
    }

    /// Decodes the event as `E::TYPES[index]`, whatever name it is stored
    /// under.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the data is not of a shape that `E` or its
    /// upcasters know.
    #[inline]
    pub fn decode_as<E: Event>(&self, index: usize) -> Result<E, DecodeError> {
        let revision = match self.shape_revision {
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

    /// Reads the metadata.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Metadata`] when it is not a JSON object.
    pub fn metadata(&self) -> Result<Metadata, DecodeError> {
        self.metadata.parse()
    }

    /// The revision a reader of the stream continues after: the link's when
    /// the event came through one.
    pub fn read_revision(&self) -> Revision {
        self.link
            .as_ref()
            .map_or(self.revision, |link| link.revision)
    }

    /// The position a reader of the global order continues after: the link's
    /// when the event came through one.
    pub fn read_position(&self) -> Position {
        self.link
            .as_ref()
            .map_or(self.position, |link| link.position)
    }

    /// Whether this is a link that was not resolved: because it was not asked
    /// for, or because the event is gone. Count it; it stands for one event.
    pub fn is_unresolved_link(&self) -> bool {
        self.event_type == Self::LINK
    }
}

impl fmt::Debug for RecordedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedEvent")
            .field("stream", &self.stream)
            .field("revision", &self.revision)
            .field("position", &self.position)
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("content_type", &self.content_type)
            .field("data", &Length(&self.data))
            .field("metadata", &self.metadata)
            .field("shape_revision", &self.shape_revision)
            .field("recorded_at", &self.recorded_at)
            .field("tenant", &self.tenant)
            .field("link", &self.link)
            .finish()
    }
}

/// Where the link stands through which an event was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The stream of the link.
    pub stream: StreamName,
    /// The link's number in that stream.
    pub revision: Revision,
    /// The link's place in the global order.
    pub position: Position,
    /// The link's own id.
    pub id: Uuid,
}
