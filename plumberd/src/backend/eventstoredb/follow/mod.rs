//! Following a stream, or everything.
//!
//! A task of its own reads the server's subscription ([`pump`]), begins a new
//! one after the last event when it is lost, and holds a page at the most. What
//! the subscriber polls ([`source`]) makes the port's signals of it.

mod deletions;
mod messages;
mod pump;
mod reached;
mod source;
mod target;
mod watch;

pub(super) use messages::{Message, Messages};
pub(super) use target::Target;
pub(super) use watch::{Listener, text as panic_text};

use super::{Shared, failure::CallError, failure::Failure, filter};
use crate::{
    store::{Filter, StoreError, SubscribeFrom, Subscription},
    stream::{Position, Revision, StreamName},
};
use std::sync::Arc;

impl Shared {
    pub(super) async fn subscribe_stream(
        self: &Arc<Self>,
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        let ends = self.connection.ends();
        let after = match from {
            SubscribeFrom::Start => None,
            SubscribeFrom::After(revision) => Some(revision),
            // A place that a second subscription can begin after too.
            SubscribeFrom::End => match self.last_visible(stream, ends).await {
                Err(error) if error.failure() == Failure::Deleted => {
                    return Err(StoreError::StreamDeleted {
                        stream: stream.clone(),
                    });
                }
                last => last.map_err(CallError::into_store_error)?,
            },
        };
        let target = Target::Stream(stream.clone());
        if let SubscribeFrom::After(after) = from {
            self.check_reached(&target, after.as_u64(), ends).await?;
        }
        source::begin(self, target, after.map(Revision::as_u64), ends).await
    }

    pub(super) async fn subscribe_all(
        self: &Arc<Self>,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        filter::check(&filter)?;
        let ends = self.connection.ends();
        let after = match from {
            SubscribeFrom::Start => None,
            SubscribeFrom::After(position) => Some(position),
            SubscribeFrom::End => self.newest_position(ends).await?,
        };
        let target = Target::All {
            filter,
            resolve_links: false,
            deletions: true,
        };
        if let SubscribeFrom::After(after) = from {
            self.check_reached(&target, after.as_u64(), ends).await?;
        }
        source::begin(self, target, after.map(Position::as_u64), ends).await
    }
}
