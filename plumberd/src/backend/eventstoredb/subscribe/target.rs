//! What is followed.

use super::super::{convert::position, filter};
use crate::{
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
