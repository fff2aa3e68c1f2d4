use crate::esdb::{
    persistent::{item::Item, settings::Strategy, wire},
    proto::persistent_subscriptions::ReadResp,
    status,
    wire::UuidForm,
};
use futures_util::{Stream, stream};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::Status;
use uuid::Uuid;

/// Streams are spread over so many buckets, and those over the consumers.
const BUCKETS: u64 = 1024;

/// No consumer has more events to answer, whatever it asks for: each is kept in
/// memory.
const MOST_IN_FLIGHT: usize = 1 << 14;

/// Who asks to be a consumer.
#[derive(Debug, Clone)]
pub(in crate::esdb::persistent) struct Applicant {
    pub(in crate::esdb::persistent) buffer_size: usize,
    pub(in crate::esdb::persistent) ids: UuidForm,
    pub(in crate::esdb::persistent) address: String,
    pub(in crate::esdb::persistent) user: String,
    pub(in crate::esdb::persistent) connection_name: String,
}

/// A consumer that is connected.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) id: u64,
    pub(super) who: Applicant,
    pub(super) in_flight: HashMap<Uuid, InFlight>,
    pub(super) total: i64,
    pub(super) since: i64,
    messages: mpsc::Sender<ReadResp>,
    end: Arc<OnceLock<Status>>,
}

/// An event that was sent and not answered.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) item: Item,
    due: Option<Instant>,
}

/// What a consumer reads: events, and in the end why there are no more. It
/// never ends without a reason: clients do not bear that.
#[derive(Debug)]
pub(in crate::esdb::persistent) struct Outbound {
    messages: mpsc::Receiver<ReadResp>,
    end: Arc<OnceLock<Status>>,
    /// Fires when the consumer reads no more.
    _reading: DropGuard,
}

impl Outbound {
    pub(in crate::esdb::persistent) fn into_stream(
        self,
    ) -> impl Stream<Item = Result<ReadResp, Status>> + Send + 'static {
        stream::unfold(Some(self), |outbound| async move {
            let mut outbound = outbound?;
            if let Some(message) = outbound.messages.recv().await {
                return Some((Ok(message), Some(outbound)));
            }
            let end = outbound.end.get().cloned();
            Some((Err(end.unwrap_or_else(status::not_ready)), None))
        })
    }
}

impl Consumer {
    /// A consumer that is told so; `gone` fires when it reads no more.
    pub(super) fn new(
        id: u64,
        who: Applicant,
        subscription: String,
        gone: CancellationToken,
    ) -> (Self, Outbound) {
        let (sender, receiver) = mpsc::channel(who.buffer_size.min(MOST_IN_FLIGHT) + 1);
        let end = Arc::new(OnceLock::new());
        // The channel is new, and has room.
        let _ = sender.try_send(wire::confirmation(subscription));
        let consumer = Self {
            id,
            who,
            in_flight: HashMap::new(),
            total: 0,
            since: 0,
            messages: sender,
            end: Arc::clone(&end),
        };
        let outbound = Outbound {
            messages: receiver,
            end,
            _reading: gone.drop_guard(),
        };
        (consumer, outbound)
    }

    pub(super) fn has_room(&self) -> bool {
        self.in_flight.len() < self.who.buffer_size.min(MOST_IN_FLIGHT)
            && self.messages.capacity() > 0
    }

    /// Whether the consumer reads no more.
    pub(super) fn is_gone(&self) -> bool {
        self.messages.is_closed()
    }

    /// Sends an event, or gives it back: when the consumer is gone, and when it
    /// has one of the same id, which another stream has too.
    pub(super) fn send(&mut self, item: Item, timeout: Duration) -> Option<Item> {
        let id = item.id();
        if self.in_flight.contains_key(&id) {
            return Some(item);
        }
        let message = wire::item(&item, self.who.ids);
        if self.messages.try_send(message).is_err() {
            return Some(item);
        }
        let due = (!timeout.is_zero()).then(|| Instant::now() + timeout);
        self.in_flight.insert(id, InFlight { item, due });
        self.total += 1;
        self.since += 1;
        None
    }

    /// Takes back what was not answered in time.
    pub(super) fn take_overdue(&mut self, now: Instant) -> impl Iterator<Item = Item> {
        self.in_flight
            .extract_if(move |_, sent| sent.due.is_some_and(|due| due <= now))
            .map(|(_, sent)| sent.item)
    }

    /// Ends it with that status; gives back what was not answered, in order.
    pub(super) fn end(self, status: Status) -> Vec<Item> {
        // The first reason is the reason.
        let _ = self.end.set(status);
        let mut items: Vec<_> = self.in_flight.into_values().map(|sent| sent.item).collect();
        items.sort_by_key(Item::order);
        items
    }
}

/// Which consumer gets an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Consumer(usize),
    /// The one it belongs to has no room.
    Wait,
    /// None has room.
    Full,
}

/// Chooses the consumer of `item`; `last` is the place of the one that got the
/// event before.
pub(super) fn choose(
    strategy: Strategy,
    consumers: &[Consumer],
    last: usize,
    item: &Item,
) -> Choice {
    let count = consumers.len();
    let first_with_room = |from: usize| {
        (0..count)
            .map(|step| (from + step) % count)
            .find(|&place| consumers[place].has_room())
            .map_or(Choice::Full, Choice::Consumer)
    };
    match strategy {
        _ if count == 0 => Choice::Full,
        Strategy::DispatchToSingle => first_with_room(last % count),
        Strategy::RoundRobin => first_with_room((last + 1) % count),
        Strategy::Pinned => {
            let bucket = hash(item.stream()) % BUCKETS;
            // The highest of hashes that no other consumer has a part in: one that comes
            // or goes moves only streams of its own.
            let place = (0..count).max_by_key(|&place| hash(&(bucket, consumers[place].id)));
            match place {
                Some(place) if consumers[place].has_room() => Choice::Consumer(place),
                _ if consumers.iter().any(Consumer::has_room) => Choice::Wait,
                _ => Choice::Full,
            }
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
