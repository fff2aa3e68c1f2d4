use super::{
    ContentType, DecodeError, EncodedEvent, Event, EventInfo, EventType, Metadata, RawMetadata,
    recorded_form::Form, text::Length,
};
use crate::stream::{Position, Revision, StreamName, TenantId};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// An event as it came back from a store.
///
/// The fields are public so that a backend can build one; treat them as
/// values. Cloning shares the text and the data. `Debug` says how long data and
/// metadata are, and not what is in them.
///
/// # Through serde
///
/// `serde_json` writes it as an object with the names of the fields, as an
/// HTTP API or a log file may want it, and reads it back. JSON data stands
/// there as it is, in `data`, and keeps the digits of its numbers; other data
/// in `data_base64`, and so with the metadata. Formats other than JSON have
/// both as base64. What is read is checked like any other input.
///
/// ```
/// use plumberd::prelude::*;
///
/// let text = r#"{"stream":"Order-7","revision":0,"position":4,
///     "id":"018f0000-0000-7000-8000-000000000001","event_type":"OrderPlaced",
///     "data":{"Total":12.50},"recorded_at":"2026-01-31T12:00:00Z"}"#;
///
/// let event: RecordedEvent = serde_json::from_str(text)?;
/// assert_eq!(event.data, r#"{"Total":12.50}"#);
/// assert!(serde_json::to_string(&event)?.contains(r#""data":{"Total":12.50}"#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Deserialize)]
#[serde(try_from = "Form")]
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
    /// [`DecodeError`] when it is stored under another name, unless `E` has a variant
    /// `#[event(other)]` for that, or its data is not of a shape that `E` or its
    /// upcasters know.
    pub fn decode<E: Event>(&self) -> Result<E, DecodeError> {
        self.decode_found(EventInfo::find(E::TYPES, self.event_type.as_str()))
    }

    /// Decodes the event as `E::TYPES[index]`; without an index as what events of other
    /// types are read as.
    pub(crate) fn decode_found<E: Event>(&self, index: Option<usize>) -> Result<E, DecodeError> {
        match (index, E::OTHER) {
            (Some(index), _) => self.decode_as(index),
            (None, Some(other)) => Ok(other(self)),
            (None, None) => Err(DecodeError::other_type::<E>(self.event_type.as_str())),
        }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
