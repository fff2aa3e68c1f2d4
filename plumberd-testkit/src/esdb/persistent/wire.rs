//! Events as consumers read them.

use super::{
    super::proto::{
        self, StreamIdentifier,
        persistent_subscriptions::{
            ReadResp,
            read_resp::{
                Content, ReadEvent, SubscriptionConfirmation,
                read_event::{Count, Position, RecordedEvent as WireEvent},
            },
        },
        uuid::{Structured, Value},
    },
    item::{Item, Target},
};
use plumberd::event::RecordedEvent;
use uuid::Uuid;

/// How a client wants ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdForm {
    Structured,
    Text,
}

pub(super) fn confirmation(id: String) -> ReadResp {
    ReadResp {
        content: Some(Content::SubscriptionConfirmation(
            SubscriptionConfirmation {
                subscription_id: id,
            },
        )),
    }
}

pub(super) fn item(item: &Item, form: IdForm) -> ReadResp {
    let original = Some(event(&item.original, form));
    let (event, link) = match &item.target {
        Target::Itself => (original, None),
        Target::Event(target) => (Some(event(target, form)), original),
        Target::Gone => (None, original),
    };
    ReadResp {
        content: Some(Content::Event(ReadEvent {
            event,
            link,
            position: Some(Position::CommitPosition(item.original.position.as_u64())),
            count: Some(Count::RetryCount(
                i32::try_from(item.retries).unwrap_or(i32::MAX),
            )),
        })),
    }
}

fn event(event: &RecordedEvent, form: IdForm) -> WireEvent {
    let content_type = if event.content_type.is_json() {
        "application/json"
    } else {
        "application/octet-stream"
    };
    let metadata = [
        ("type", event.event_type.as_str().to_owned()),
        ("content-type", content_type.to_owned()),
        ("created", ticks(event).to_string()),
    ];
    WireEvent {
        id: Some(id(event.id, form)),
        stream_identifier: Some(StreamIdentifier {
            stream_name: event.stream.as_str().to_owned().into(),
        }),
        stream_revision: event.revision.as_u64(),
        prepare_position: event.position.as_u64(),
        commit_position: event.position.as_u64(),
        metadata: metadata
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        custom_metadata: event.metadata.as_bytes().clone(),
        data: event.data.clone(),
    }
}

/// Ticks of 100 ns since 1970.
fn ticks(event: &RecordedEvent) -> i64 {
    event.recorded_at.timestamp_micros().saturating_mul(10)
}

fn id(id: Uuid, form: IdForm) -> proto::Uuid {
    let value = match form {
        IdForm::Text => Value::String(id.to_string()),
        IdForm::Structured => {
            let (most, least) = id.as_u64_pair();
            Value::Structured(Structured {
                most_significant_bits: most.cast_signed(),
                least_significant_bits: least.cast_signed(),
            })
        }
    };
    proto::Uuid { value: Some(value) }
}

/// The id that a client sent, in whichever form.
pub(super) fn parse_id(id: &proto::Uuid) -> Option<Uuid> {
    match id.value.as_ref()? {
        Value::String(text) => text.parse().ok(),
        Value::Structured(halves) => Some(Uuid::from_u64_pair(
            halves.most_significant_bits.cast_unsigned(),
            halves.least_significant_bits.cast_unsigned(),
        )),
    }
}
