//! A recorded event through serde: data and metadata as the JSON they are.

use super::{ContentType, EventType, Link, RawMetadata, RecordedEvent};
use crate::{
    json::CodecError,
    stream::{Position, Revision, StreamName, TenantId},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};
use serde_json::value::RawValue;
use uuid::Uuid;

impl Serialize for RecordedEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Other formats have no place for a piece of JSON text.
        let has_json = serializer.is_human_readable();
        let is_json = has_json && self.content_type.is_any_json();
        let mut form = serializer.serialize_struct("RecordedEvent", 14)?;
        form.serialize_field("stream", &self.stream)?;
        form.serialize_field("revision", &self.revision)?;
        form.serialize_field("position", &self.position)?;
        form.serialize_field("id", &self.id)?;
        form.serialize_field("event_type", &self.event_type)?;
        form.serialize_field("content_type", &self.content_type)?;
        serialize_bytes(&mut form, ["data", "data_base64"], &self.data, is_json)?;
        let metadata = self.metadata.as_bytes();
        serialize_bytes(
            &mut form,
            ["metadata", "metadata_base64"],
            metadata,
            has_json,
        )?;
        form.serialize_field("shape_revision", &self.shape_revision)?;
        form.serialize_field("recorded_at", &self.recorded_at)?;
        form.serialize_field("tenant", &self.tenant)?;
        form.serialize_field("link", &self.link)?;
        form.end()
    }
}

/// Under the first key as JSON, under the second one as base64; under none when
/// there are no bytes.
fn serialize_bytes<S: SerializeStruct>(
    form: &mut S,
    [json, base64]: [&'static str; 2],
    bytes: &[u8],
    is_json: bool,
) -> Result<(), S::Error> {
    let raw = is_json.then(|| serde_json::from_slice::<&RawValue>(bytes).ok());
    match raw.flatten() {
        Some(raw) => form.serialize_field(json, raw),
        None if bytes.is_empty() => form.skip_field(json),
        None => form.serialize_field(base64, &BASE64_STANDARD.encode(bytes)),
    }
}

/// What a recorded event is read from.
#[derive(Deserialize)]
#[serde(rename = "RecordedEvent")]
pub(super) struct Form {
    stream: StreamName,
    revision: Revision,
    position: Position,
    id: Uuid,
    event_type: EventType,
    #[serde(default)]
    content_type: ContentType,
    #[serde(default, deserialize_with = "even_null")]
    data: Option<Box<RawValue>>,
    data_base64: Option<String>,
    #[serde(default, deserialize_with = "even_null")]
    metadata: Option<Box<RawValue>>,
    metadata_base64: Option<String>,
    #[serde(default)]
    shape_revision: u32,
    recorded_at: DateTime<Utc>,
    tenant: Option<TenantId>,
    link: Option<Box<Link>>,
}

/// `null` is JSON like any other, and not the same as no data.
fn even_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(deserializer).map(Some)
}

fn bytes(
    name: &str,
    json: Option<Box<RawValue>>,
    base64: Option<String>,
) -> Result<Bytes, CodecError> {
    match (json, base64) {
        (Some(_), Some(_)) => Err(CodecError::new(format!(
            "`{name}` and `{name}_base64` are both there"
        ))),
        (Some(json), None) => Ok(Box::<str>::from(json).into_string().into()),
        (None, Some(base64)) => match BASE64_STANDARD.decode(base64) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(CodecError::new(format!("`{name}_base64`: {error}"))),
        },
        (None, None) => Ok(Bytes::new()),
    }
}

impl TryFrom<Form> for RecordedEvent {
    type Error = CodecError;

    fn try_from(form: Form) -> Result<Self, CodecError> {
        let metadata = bytes("metadata", form.metadata, form.metadata_base64)?;
        Ok(Self {
            data: bytes("data", form.data, form.data_base64)?,
            metadata: RawMetadata::new(metadata),
            stream: form.stream,
            revision: form.revision,
            position: form.position,
            id: form.id,
            event_type: form.event_type,
            content_type: form.content_type,
            shape_revision: form.shape_revision,
            recorded_at: form.recorded_at,
            tenant: form.tenant,
            link: form.link,
        })
    }
}
