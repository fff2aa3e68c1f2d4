use super::{
    BACKEND, EventStoreV1,
    push::{Interest, Push},
    read::LAST,
};
use crate::{
    event::RecordedEvent,
    store::{
        Direction, Filter, StoreError, SubscribeFrom, Subscription,
        toolkit::{
            follow::{FollowPage, PageSource, Signal, follow},
            rules,
        },
    },
    stream::{Position, Revision, StreamName, TenantId},
};
use futures_util::{StreamExt, stream::poll_fn};
use tokio::runtime::Handle;

impl EventStoreV1 {
    pub(super) async fn follow_stream(
        &self,
        tenant: TenantId,
        stream: StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Result<Subscription, StoreError> {
        let signal = Signal::new();
        let listener = signal
            .listen()
            .or_every(self.connection.config().poll_interval);
        let (after, position) = match from {
            SubscribeFrom::Start => (None, None),
            SubscribeFrom::After(revision) => {
                self.check_revision(&tenant, &stream, revision).await?;
                (Some(revision), None)
            }
            SubscribeFrom::End => {
                let last = self.last_event(&tenant, &stream, LAST).await?;
                last.map(|last| (last.revision, last.position.as_u64()))
                    .unzip()
            }
        };
        let interest = Interest {
            tenant,
            prefix: server_prefix(&[stream.as_str()]),
        };
        let source = StreamSource {
            push: Push::new(self.clone(), interest.clone(), signal.clone()),
            store: self.clone(),
            tenant: interest.tenant,
            stream,
            position,
        };
        Ok(wherever(follow(source, after, listener), signal))
    }

    pub(super) async fn follow_all(
        &self,
        tenant: TenantId,
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Result<Subscription, StoreError> {
        let signal = Signal::new();
        let listener = signal
            .listen()
            .or_every(self.connection.config().poll_interval);
        let after = match from {
            SubscribeFrom::Start => None,
            SubscribeFrom::After(position) => {
                self.check_position(&tenant, position.as_u64()).await?;
                Some(position)
            }
            SubscribeFrom::End => Some(Position::new(self.store_head(&tenant).await?.nonce)),
        };
        let prefixes: Vec<_> = filter.stream_prefixes().collect();
        let interest = Interest {
            prefix: server_prefix(&prefixes),
            tenant: tenant.clone(),
        };
        let source = AllSource {
            push: Push::new(self.clone(), interest, signal.clone()),
            store: self.clone(),
            tenant,
            filter,
        };
        Ok(wherever(follow(source, after, listener), signal))
    }
}

impl EventStoreV1 {
    /// Fails when the stream never had the revision.
    async fn check_revision(
        &self,
        tenant: &TenantId,
        stream: &StreamName,
        after: Revision,
    ) -> Result<(), StoreError> {
        let head = self.stream_head(tenant, stream).await?;
        rules::check_reached(
            BACKEND,
            Some(stream),
            after.as_u64(),
            head.nonce.checked_sub(1),
        )
    }

    /// Fails when the tenant's events end before the position.
    async fn check_position(&self, tenant: &TenantId, after: u64) -> Result<(), StoreError> {
        let head = self.store_head(tenant).await?;
        rules::check_reached(BACKEND, None, after, Some(head.nonce).filter(|at| *at > 0))
    }
}

/// The same messages; read on at once when they are asked for in another
/// runtime, for what was to wake the subscription is of the one before.
fn wherever(mut messages: Subscription, signal: Signal) -> Subscription {
    let mut last = None;
    Subscription::from_messages(poll_fn(move |cx| {
        let here = Handle::try_current().ok().map(|runtime| runtime.id());
        if last != here {
            last = here;
            signal.notify();
        }
        messages.poll_next_unpin(cx)
    }))
}

/// What all of `prefixes` begin with, as the server understands it: it may let
/// more through, never less.
fn server_prefix(prefixes: &[&str]) -> String {
    let Some((first, others)) = prefixes.split_first() else {
        return String::new();
    };
    let mut common = *first;
    for other in others {
        let same = common
            .char_indices()
            .zip(other.chars())
            .find(|((_, a), b)| a != b);
        let end = same.map_or(common.len().min(other.len()), |((at, _), _)| at);
        common = &common[..end];
    }
    // Some servers take it as a pattern, in which `%` and `_` stand for
    // themselves too, but a backslash does not.
    let end = common.find('\\').unwrap_or(common.len());
    common[..end].to_owned()
}

/// A stream, to be followed.
struct StreamSource {
    store: EventStoreV1,
    tenant: TenantId,
    stream: StreamName,
    push: Push,
    /// Where in the store the last event stands that was read or passed over;
    /// `None` when it was not looked for.
    position: Option<u64>,
}

impl PageSource for StreamSource {
    type Cursor = Revision;

    async fn read_page(
        &mut self,
        after: Option<Revision>,
    ) -> Result<FollowPage<Revision>, StoreError> {
        let from = after.map_or(1, |after| after.as_u64().saturating_add(2));
        let count = self.store.connection.config().page_size;
        let read = self
            .store
            .read_nonces(&self.tenant, &self.stream, from, Direction::Forwards, count)
            .await?;
        let full = read.events.len() == count as usize;
        if let Some(last) = read.events.last() {
            self.position = Some(last.position.as_u64());
        }
        if full && !read.end {
            return Ok(FollowPage::followed(read.events, after));
        }
        if let Some(after) = after.filter(|_| read.events.is_empty()) {
            // The server may have come back with an older state.
            let checked = self.store.check_revision(&self.tenant, &self.stream, after);
            checked.await?;
        }
        let position = match (self.position, after) {
            (Some(position), _) => position,
            (None, None) => 0,
            // Or the server would tell of all that comes before it.
            (None, Some(after)) => {
                let from = after.as_u64().saturating_add(1);
                let last = self.store.last_event(&self.tenant, &self.stream, from);
                last.await?.map_or(0, |last| last.position.as_u64())
            }
        };
        self.position = Some(position);
        self.push.read_up_to(position);
        Ok(FollowPage::last(read.events, after))
    }
}

/// The global order of a tenant through a filter, to be followed.
struct AllSource {
    store: EventStoreV1,
    tenant: TenantId,
    filter: Filter,
    push: Push,
}

impl PageSource for AllSource {
    type Cursor = Position;

    async fn read_page(
        &mut self,
        after: Option<Position>,
    ) -> Result<FollowPage<Position>, StoreError> {
        let after = after.map_or(0, Position::as_u64);
        let from = after.saturating_add(1);
        let count = self.store.connection.config().page_size;
        let read = self
            .store
            .read_positions(&self.tenant, from, Direction::Forwards, count)
            .await?;
        if read.events.is_empty() && after > 0 {
            // The server may have come back with an older state.
            self.store.check_position(&self.tenant, after).await?;
        }
        let full = read.events.len() == count as usize;
        let considered = read
            .events
            .last()
            .map_or(after, |last| last.position.as_u64());
        let mut events = read.events;
        let passes = |event: &RecordedEvent| self.filter.matches_event(event);
        let passed_over = events
            .iter()
            .rev()
            .take_while(|event| !passes(event))
            .count() as u64;
        events.retain(passes);
        let position = Some(Position::new(considered));
        let page = if full && !read.end {
            FollowPage::followed(events, position)
        } else {
            self.push.read_up_to(considered);
            FollowPage::last(events, position)
        };
        Ok(page.passing_over(passed_over))
    }
}
