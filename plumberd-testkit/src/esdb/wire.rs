//! Between the messages of the protocol and plumberd's words.

use super::{
    envelope,
    proto::{self, StreamIdentifier, streams::read_resp},
    status,
};
use bytes::Bytes;
use plumberd::{
    event::{ContentType, EventType, NewEvent, RawMetadata, RecordedEvent},
    stream::StreamName,
};
use std::collections::HashMap;
use tonic::Status;
use uuid::Uuid;

/// How a client wants ids to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UuidForm {
    Structured,
    Text,
}

impl UuidForm {
    pub(super) fn write(self, id: Uuid) -> proto::Uuid {
        use proto::uuid::{Structured, Value};

        let value = match self {
            Self::Text => Value::String(id.hyphenated().to_string()),
            Self::Structured => {
                let (most, least) = id.as_u64_pair();
                Value::Structured(Structured {
                    most_significant_bits: most.cast_signed(),
                    least_significant_bits: least.cast_signed(),
                })
            }
        };
        proto::Uuid { value: Some(value) }
    }
}

/// The id that a client wrote, in either form.
pub(super) fn uuid(id: Option<&proto::Uuid>) -> Result<Uuid, Status> {
    use proto::uuid::Value;

    match id.and_then(|id| id.value.as_ref()) {
        Some(Value::Structured(halves)) => Ok(Uuid::from_u64_pair(
            halves.most_significant_bits.cast_unsigned(),
            halves.least_significant_bits.cast_unsigned(),
        )),
        Some(Value::String(text)) => {
            Uuid::parse_str(text).map_err(|_| status::invalid("an id is no UUID"))
        }
        None => Err(status::missing("id")),
    }
}

/// The stream that a client names.
pub(super) fn stream_name(identifier: Option<&StreamIdentifier>) -> Result<StreamName, Status> {
    let identifier = identifier.ok_or_else(|| status::missing("stream_identifier"))?;
    let name = std::str::from_utf8(&identifier.stream_name)
        .map_err(|_| status::invalid("the name of the stream is not UTF-8"))?;
    StreamName::raw(name)
        .map_err(|error| status::invalid(format!("not a stream name: {}", error.reason())))
}

pub(super) fn stream_identifier(stream: &StreamName) -> StreamIdentifier {
    StreamIdentifier {
        stream_name: Bytes::copy_from_slice(stream.as_str().as_bytes()),
    }
}

/// An event that a client wants to be written, from whichever call.
pub(super) struct Proposed {
    pub(super) id: Option<proto::Uuid>,
    pub(super) metadata: HashMap<String, String>,
    pub(super) custom_metadata: Bytes,
    pub(super) data: Bytes,
}

impl Proposed {
    /// How much of the largest append it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        self.data.len().saturating_add(self.custom_metadata.len())
    }

    pub(super) fn into_event(self) -> Result<NewEvent, Status> {
        let property = |name| {
            self.metadata
                .get(name)
                .ok_or_else(|| status::missing_metadata_property(name))
        };
        let event_type = EventType::new(property("type")?.as_str())
            .map_err(|error| status::invalid(error.to_string()))?;
        let content_type = match property("content-type")?.as_str() {
            "application/json" => ContentType::JSON,
            _ => ContentType::OCTET_STREAM,
        };
        let event = NewEvent::new(uuid(self.id.as_ref())?, event_type, self.data)
            .with_content_type(content_type)
            .with_raw_metadata(RawMetadata::new(self.custom_metadata));
        Ok(envelope::protect(event))
    }
}

/// How much memory an event takes beside what [`Proposed::size`] counts: one of
/// no bytes takes some too.
pub(super) fn overhead(event: &NewEvent) -> usize {
    size_of::<NewEvent>() + event.event_type().as_str().len()
}

/// An event as the protocol writes it.
pub(super) fn recorded_event(
    event: &RecordedEvent,
    ids: UuidForm,
) -> read_resp::read_event::RecordedEvent {
    let (id, custom_metadata) = envelope::open(event);
    let content_type = if event.content_type.is_json() {
        "application/json"
    } else {
        "application/octet-stream"
    };
    let metadata = [
        ("type", event.event_type.as_str().to_owned()),
        ("content-type", content_type.to_owned()),
        ("created", created(event).to_string()),
    ];
    read_resp::read_event::RecordedEvent {
        id: Some(ids.write(id)),
        stream_identifier: Some(stream_identifier(&event.stream)),
        stream_revision: event.revision.as_u64(),
        prepare_position: event.position.as_u64(),
        commit_position: event.position.as_u64(),
        metadata: metadata
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
        custom_metadata,
        data: event.data.clone(),
    }
}

/// When it was written, in ticks of 100 ns since 1970.
fn created(event: &RecordedEvent) -> i64 {
    let time = event.recorded_at;
    time.timestamp()
        .saturating_mul(10_000_000)
        .saturating_add(i64::from(time.timestamp_subsec_nanos() / 100))
}

/// What a reader finds at a place.
#[derive(Debug, Clone)]
pub(super) enum Found {
    Event(RecordedEvent),
    /// A link that was to be resolved, and what it points to, if that can be
    /// read.
    Link {
        link: RecordedEvent,
        target: Option<RecordedEvent>,
    },
}

/// The same as the protocol's message.
pub(super) fn read_event(found: &Found, ids: UuidForm) -> read_resp::ReadEvent {
    use read_resp::read_event::Position;

    let (event, link, at) = match found {
        Found::Event(event) => (Some(event), None, event),
        Found::Link { link, target } => (target.as_ref(), Some(link), link),
    };
    read_resp::ReadEvent {
        event: event.map(|event| recorded_event(event, ids)),
        link: link.map(|link| recorded_event(link, ids)),
        position: Some(Position::CommitPosition(at.position.as_u64())),
    }
}
