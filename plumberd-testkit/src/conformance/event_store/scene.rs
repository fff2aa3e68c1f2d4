//! What the rules share: names of their own, events, and patience.

use futures_util::StreamExt;
use plumberd::{
    event::{EventType, NewEvent, RecordedEvent, new_event_id},
    store::{
        AppendOutcome, EventStore, EventStream, Filter, ReadOptions, StoreError, SubscribeFrom,
        Subscription, SubscriptionMessage,
    },
    stream::{ExpectedRevision, Position, Revision, StreamName},
};
use std::{fmt::Display, future::Future, time::Duration};
use uuid::Uuid;

/// How long a rule waits for what must come. Only a failing rule waits so long,
/// or one of many reads over a network that is not optimised.
const PATIENCE: Duration = Duration::from_secs(120);

/// A part of the store that no other rule touches: a category of its own.
pub(super) struct Scene {
    category: String,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self {
            category: format!("Rule{}", new_event_id().simple()),
        }
    }

    pub(super) fn category(&self) -> &str {
        &self.category
    }

    pub(super) fn stream(&self, id: impl Display) -> StreamName {
        StreamName::new(&self.category, id).expect("the rule names a valid stream")
    }

    /// Every event of the scene, and no other.
    pub(super) fn filter(&self) -> Filter {
        Filter::new()
            .category(&self.category)
            .expect("the rule names a valid category")
    }
}

pub(super) fn fresh_stream() -> StreamName {
    Scene::new().stream(1)
}

pub(super) fn event_type(name: &str) -> EventType {
    name.parse().expect("the rule names a valid type")
}

pub(super) fn event(name: &str) -> NewEvent {
    let id = new_event_id();
    NewEvent::new(id, event_type(name), format!("{{\"No\":\"{id}\"}}"))
}

pub(super) fn events(count: usize) -> Vec<NewEvent> {
    (0..count).map(|_| event("Happened")).collect()
}

/// Events with nothing in them, for rules that need very many.
pub(super) fn small_events(count: usize) -> Vec<NewEvent> {
    let happened = event_type("Happened");
    let small = |_| {
        NewEvent::new(new_event_id(), happened.clone(), "{}")
            .with_raw_metadata(plumberd::event::RawMetadata::default())
    };
    (0..count).map(small).collect()
}

/// Appends that many events, whatever the stream's state, and gives them.
pub(super) async fn written(
    store: &(impl EventStore + ?Sized),
    stream: &StreamName,
    count: usize,
) -> Vec<NewEvent> {
    let events = events(count);
    put(store, stream, events.clone()).await;
    events
}

/// Appends `events`, whatever the stream's state; it must succeed.
pub(super) async fn put(
    store: &(impl EventStore + ?Sized),
    stream: &StreamName,
    events: Vec<NewEvent>,
) -> AppendOutcome {
    store
        .append(stream, ExpectedRevision::Any, events)
        .await
        .unwrap_or_else(|error| panic!("an append to `{stream}` was refused: {error:?}"))
}

pub(super) async fn read(
    store: &(impl EventStore + ?Sized),
    stream: &StreamName,
    options: ReadOptions<Revision>,
) -> Vec<RecordedEvent> {
    let read = patient("a read", store.read_stream(stream, options).collect_all()).await;
    read.unwrap_or_else(|error| panic!("`{stream}` cannot be read with {options:?}: {error:?}"))
}

pub(super) async fn read_forwards(
    store: &(impl EventStore + ?Sized),
    stream: &StreamName,
) -> Vec<RecordedEvent> {
    read(store, stream, ReadOptions::forwards()).await
}

pub(super) async fn read_all(
    store: &(impl EventStore + ?Sized),
    options: ReadOptions<Position>,
    filter: Filter,
) -> Vec<RecordedEvent> {
    let what = format!("all events cannot be read with {options:?} and {filter:?}");
    let read = patient("a read", store.read_all(options, filter).collect_all()).await;
    read.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

/// A read that has yielded its first page, of a stream that has several.
pub(super) struct Begun {
    read: EventStream,
    seen: usize,
}

impl Begun {
    const EVENTS: usize = 1_000;

    pub(super) async fn read(
        store: &impl EventStore,
        stream: &StreamName,
        options: ReadOptions<Revision>,
    ) -> Self {
        let mut left = Self::EVENTS;
        while left > 0 {
            let most = store.limits().batch_events.clamp(1, left);
            put(store, stream, small_events(most)).await;
            left -= most;
        }
        let mut read = store.read_stream(stream, options);
        let seen = match patient("a read", read.next_page()).await {
            Ok(Some(page)) => page.len(),
            other => panic!("the first page of `{stream}`: got {other:?}"),
        };
        Self { read, seen }
    }

    /// The rest is what was there when the read began, or it is missing, and
    /// the read says so.
    pub(super) async fn goes_on_whole_or_fails(mut self, stream: &StreamName) {
        loop {
            match patient("a read", self.read.next_page()).await {
                Ok(Some(page)) => {
                    let next = page[0].revision;
                    assert_eq!(next, revision(self.seen), "a read left events out");
                    self.seen += page.len();
                }
                Ok(None) => {
                    assert_eq!(self.seen, Self::EVENTS, "a read ended before its end");
                    return;
                }
                Err(StoreError::ChangedWhileRead { stream: of }) if of == *stream => return,
                Err(error) => panic!("a read of `{stream}` that was cut short: {error:?}"),
            }
        }
    }
}

pub(super) fn revision(number: usize) -> Revision {
    Revision::new(number as u64)
}

pub(super) fn exact(number: u64) -> ExpectedRevision {
    ExpectedRevision::Exact(Revision::new(number))
}

pub(super) fn ids(events: &[RecordedEvent]) -> Vec<Uuid> {
    events.iter().map(|event| event.id).collect()
}

pub(super) fn new_ids(events: &[NewEvent]) -> Vec<Uuid> {
    events.iter().map(NewEvent::id).collect()
}

pub(super) fn revisions(events: &[RecordedEvent]) -> Vec<u64> {
    events
        .iter()
        .map(|event| event.read_revision().as_u64())
        .collect()
}

pub(super) fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events
        .iter()
        .map(|event| event.read_position().as_u64())
        .collect()
}

/// Waits for `what`, and fails instead of hanging when it never comes.
pub(super) async fn patient<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not come within {PATIENCE:?}"))
}

/// A subscription, read with patience.
pub(super) struct Follower(Subscription);

impl Follower {
    pub(super) async fn stream(
        store: &(impl EventStore + ?Sized),
        stream: &StreamName,
        from: SubscribeFrom<Revision>,
    ) -> Self {
        let subscription = patient("a subscription", store.subscribe_stream(stream, from)).await;
        Self(subscription.unwrap_or_else(|error| {
            panic!("`{stream}` cannot be followed from {from:?}: {error:?}")
        }))
    }

    pub(super) async fn all(
        store: &(impl EventStore + ?Sized),
        from: SubscribeFrom<Position>,
        filter: Filter,
    ) -> Self {
        let subscription = patient("a subscription", store.subscribe_all(from, filter)).await;
        Self(subscription.unwrap_or_else(|error| {
            panic!("all streams cannot be followed from {from:?}: {error:?}")
        }))
    }

    /// The next message that is no deletion: most rules are about events.
    pub(super) async fn next(&mut self) -> Option<Result<SubscriptionMessage, StoreError>> {
        loop {
            let message = self.next_or_deletion().await;
            if !matches!(message, Some(Ok(SubscriptionMessage::StreamDeleted(_)))) {
                return message;
            }
        }
    }

    pub(super) async fn next_or_deletion(
        &mut self,
    ) -> Option<Result<SubscriptionMessage, StoreError>> {
        loop {
            let message = patient("a message of a subscription", self.0.next()).await;
            // A checkpoint may come at any time and says nothing about events.
            if !matches!(message, Some(Ok(SubscriptionMessage::Checkpoint(_)))) {
                return message;
            }
        }
    }

    /// As [`Follower::next_or_deletion`], which must be a message.
    pub(super) async fn with_deletions(&mut self) -> SubscriptionMessage {
        told(self.next_or_deletion().await)
    }

    pub(super) async fn message(&mut self) -> SubscriptionMessage {
        told(self.next().await)
    }

    /// The next event, past signals.
    pub(super) async fn event(&mut self) -> RecordedEvent {
        loop {
            if let SubscriptionMessage::Event(event) = self.message().await {
                return event;
            }
        }
    }

    pub(super) async fn events(&mut self, count: usize) -> Vec<RecordedEvent> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            events.push(self.event().await);
        }
        events
    }

    /// The events up to the next `CaughtUp`.
    pub(super) async fn until_caught_up(&mut self) -> Vec<RecordedEvent> {
        let mut events = Vec::new();
        loop {
            match self.message().await {
                SubscriptionMessage::Event(event) => events.push(event),
                SubscriptionMessage::CaughtUp => return events,
                _ => {}
            }
        }
    }
}

fn told(message: Option<Result<SubscriptionMessage, StoreError>>) -> SubscriptionMessage {
    match message {
        Some(Ok(message)) => message,
        Some(Err(error)) => panic!("a subscription failed: {error:?}"),
        None => panic!("a subscription ended"),
    }
}
