//! Events as consumers read them.

use super::{
    super::{
        proto::{
            persistent_subscriptions::{
                ReadResp,
                read_resp::{
                    Content, ReadEvent, SubscriptionConfirmation,
                    read_event::{Count, Position, RecordedEvent},
                },
            },
            streams::read_resp::read_event as streams,
        },
        wire::{UuidForm, read_event},
    },
    item::Item,
};

pub(super) fn confirmation(id: String) -> ReadResp {
    ReadResp {
        content: Some(Content::SubscriptionConfirmation(
            SubscriptionConfirmation {
                subscription_id: id,
            },
        )),
    }
}

pub(super) fn item(item: &Item, ids: UuidForm) -> ReadResp {
    let read = read_event(&item.found, ids);
    let position = item.original().position.as_u64();
    let retries = i32::try_from(item.retries).unwrap_or(i32::MAX);
    ReadResp {
        content: Some(Content::Event(ReadEvent {
            event: read.event.map(recorded_event),
            link: read.link.map(recorded_event),
            position: Some(Position::CommitPosition(position)),
            count: Some(Count::RetryCount(retries)),
        })),
    }
}

/// The two services have a message each for the same.
fn recorded_event(event: streams::RecordedEvent) -> RecordedEvent {
    RecordedEvent {
        id: event.id,
        stream_identifier: event.stream_identifier,
        stream_revision: event.stream_revision,
        prepare_position: event.prepare_position,
        commit_position: event.commit_position,
        metadata: event.metadata,
        custom_metadata: event.custom_metadata,
        data: event.data,
    }
}
