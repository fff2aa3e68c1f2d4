//! What is followed.

use super::super::{convert::position, filter};
use crate::{
    event::RecordedEvent,
    store::Filter,
    stream::{Position, StreamName},
};
use eventstore::{
    Client, Credentials, StreamPosition, SubscribeToAllOptions, SubscribeToStreamOptions,
    Subscription,
};

/// What is followed.
#[derive(Debug, Clone)]
pub(in super::super) enum Target {
    /// A stream, with its links resolved.
    Stream(StreamName),
    /// Everything that passes the filter.
    All {
        filter: Filter,
        resolve_links: bool,
        /// Also what says that streams were deleted.
        deletions: bool,
    },
}

impl Target {
    /// Where a subscription has come to with `event`.
    pub(super) fn place(&self, event: &RecordedEvent) -> u64 {
        match self {
            Self::Stream(_) => event.read_revision().as_u64(),
            Self::All { .. } => event.read_position().as_u64(),
        }
    }

    /// Whether `event` was asked for.
    pub(super) fn passes(&self, event: &RecordedEvent) -> bool {
        match (self, &event.link) {
            (Self::Stream(_), _) => true,
            (Self::All { filter, .. }, Some(link)) => {
                filter.matches(link.stream.as_str(), RecordedEvent::LINK)
            }
            (Self::All { filter, .. }, None) => filter.matches_event(event),
        }
    }

    /// Whether what `event` may say was deleted is to be told.
    pub(super) fn tells_deletion_in(&self, event: &RecordedEvent) -> bool {
        match self {
            Self::All {
                filter,
                deletions: true,
                ..
            } => filter.matches_deletion_in(event.stream.as_str(), event.event_type.as_str()),
            _ => false,
        }
    }

    /// Subscribes after the revision or position `after`.
    pub(super) async fn subscribe(
        &self,
        client: &Client,
        credentials: Option<Credentials>,
        after: Option<u64>,
    ) -> Subscription {
        match self {
            Self::Stream(stream) => {
                let from = after.map_or(StreamPosition::Start, StreamPosition::Position);
                let mut options = SubscribeToStreamOptions::default()
                    .start_from(from)
                    .resolve_link_tos();
                if let Some(credentials) = credentials {
                    options = options.authenticated(credentials);
                }
                client.subscribe_to_stream(stream.as_str(), &options).await
            }
            Self::All {
                filter,
                resolve_links,
                deletions,
            } => {
                let from = after.map_or(StreamPosition::Start, |after| {
                    StreamPosition::Position(position(Position::new(after)))
                });
                let mut options = SubscribeToAllOptions::default().position(from);
                if let Some(filter) = filter::of_server(filter, *deletions) {
                    options = options.filter(filter);
                }
                if *resolve_links {
                    options = options.resolve_link_tos();
                }
                if let Some(credentials) = credentials {
                    options = options.authenticated(credentials);
                }
                client.subscribe_to_all(&options).await
            }
        }
    }
}
