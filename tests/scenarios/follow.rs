//! `store::toolkit::follow`, on a list of events that fails on cue.

use bytes::Bytes;
use chrono::DateTime;
use futures_util::FutureExt;
use plumberd::{
    event::{ContentType, RawMetadata, RecordedEvent, new_event_id},
    store::{
        StoreError, Subscription, SubscriptionMessage,
        toolkit::follow::{FollowPage, PageSource, Signal, follow},
    },
    stream::{Position, Revision, StreamName},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Events at the positions 1, 2, …; those whose number `passes` are let
/// through.
#[derive(Clone)]
struct List {
    events: Arc<Mutex<Vec<RecordedEvent>>>,
    committed: Signal,
    page: usize,
    passes: fn(u64) -> bool,
    failures: Arc<Mutex<VecDeque<StoreError>>>,
}

impl List {
    fn of(count: u64, page: usize) -> Self {
        let list = Self {
            events: Arc::default(),
            committed: Signal::new(),
            page,
            passes: |_| true,
            failures: Arc::default(),
        };
        list.add(count);
        list
    }

    fn add(&self, count: u64) {
        let mut events = self.events.lock().unwrap();
        for _ in 0..count {
            let number = events.len() as u64 + 1;
            events.push(event(number));
        }
        drop(events);
        self.committed.notify();
    }

    fn fail_with(&self, error: StoreError) {
        self.failures.lock().unwrap().push_back(error);
    }

    fn follow(&self, after: Option<u64>) -> Subscription {
        let listener = self.committed.listen();
        follow(self.clone(), after.map(Position::new), listener)
    }
}

impl PageSource for List {
    type Cursor = Position;

    async fn read_page(
        &mut self,
        after: Option<Position>,
    ) -> Result<FollowPage<Position>, StoreError> {
        if let Some(error) = self.failures.lock().unwrap().pop_front() {
            return Err(error);
        }
        let events = self.events.lock().unwrap();
        let from = after.map_or(0, |after| usize::try_from(after.as_u64()).unwrap());
        let rest = &events[from.min(events.len())..];
        let looked_at = &rest[..rest.len().min(self.page)];
        let found: Vec<_> = looked_at
            .iter()
            .filter(|event| (self.passes)(event.position.as_u64()))
            .cloned()
            .collect();
        let considered = looked_at.last().map(|event| event.position).or(after);
        let begin = found.last().map_or(from as u64, |e| e.position.as_u64());
        let passed = considered.map_or(0, |c| c.as_u64() - begin);
        let page = if looked_at.len() < rest.len() {
            FollowPage::followed(found, considered)
        } else {
            FollowPage::last(found, considered)
        };
        Ok(page.passing_over(passed))
    }
}

fn event(number: u64) -> RecordedEvent {
    RecordedEvent {
        stream: StreamName::new("List", 1).unwrap(),
        revision: Revision::new(number - 1),
        position: Position::new(number),
        id: new_event_id(),
        event_type: "Added".parse().unwrap(),
        content_type: ContentType::JSON,
        data: Bytes::from_static(b"{}"),
        metadata: RawMetadata::default(),
        shape_revision: 1,
        recorded_at: DateTime::UNIX_EPOCH,
        tenant: None,
        link: None,
    }
}

/// What a test reads of a message.
#[derive(Debug, PartialEq)]
enum Seen {
    Event(u64),
    CaughtUp,
    FellBehind,
    Checkpoint(u64),
}
use Seen::{CaughtUp, Checkpoint, Event, FellBehind};

fn seen(message: SubscriptionMessage) -> Seen {
    match message {
        SubscriptionMessage::Event(event) => Event(event.position.as_u64()),
        SubscriptionMessage::CaughtUp => CaughtUp,
        SubscriptionMessage::FellBehind => FellBehind,
        SubscriptionMessage::Checkpoint(position) => Checkpoint(position.as_u64()),
        other => panic!("unknown message {other:?}"),
    }
}

/// Everything that is there without waiting.
fn drain(subscription: &mut Subscription) -> Vec<Seen> {
    let mut all = Vec::new();
    // A pending poll may only be a courtesy to other tasks, one after each
    // empty page; many in a row are a wait.
    let mut pending = 0;
    while pending < 50 {
        match subscription.next_message().now_or_never() {
            Some(message) => {
                pending = 0;
                all.push(seen(message.unwrap().unwrap()));
            }
            None => pending += 1,
        }
    }
    all
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        backend: "list",
        source: "gone".into(),
    }
}

#[tokio::test]
async fn a_subscription_that_stops_anywhere_and_resumes_there_misses_and_repeats_nothing() {
    const COUNT: u64 = 23;
    for page in [1, 2, 7, 23, 24] {
        for stop in 0..=COUNT {
            let list = List::of(COUNT, page);
            let mut delivered = Vec::new();
            let mut first = list.follow(None);
            for _ in 0..stop {
                delivered.push(first.next_event().await.unwrap().unwrap().position);
            }
            let mut second = list.follow(delivered.last().map(|last| last.as_u64()));
            for _ in stop..COUNT {
                delivered.push(second.next_event().await.unwrap().unwrap().position);
            }
            assert_eq!(drain(&mut second), [CaughtUp]);
            let all: Vec<_> = (1..=COUNT).map(Position::new).collect();
            assert_eq!(delivered, all, "stopped after {stop}, pages of {page}");
        }
    }
}

#[tokio::test]
async fn caught_up_comes_once_each_time_a_wait_begins() {
    let list = List::of(0, 10);
    let mut subscription = list.follow(None);
    assert_eq!(drain(&mut subscription), [CaughtUp]);
    list.committed.notify();
    assert_eq!(drain(&mut subscription), [], "woken, and nothing was there");
    list.add(2);
    assert_eq!(drain(&mut subscription), [Event(1), Event(2), CaughtUp]);
}

#[tokio::test]
async fn falling_behind_is_said_when_there_is_more_than_a_page() {
    let list = List::of(3, 2);
    let mut subscription = list.follow(None);
    assert_eq!(
        drain(&mut subscription),
        [Event(1), Event(2), Event(3), CaughtUp],
        "what was there before is not falling behind"
    );
    list.add(2);
    assert_eq!(drain(&mut subscription), [Event(4), Event(5), CaughtUp]);
    list.add(3);
    assert_eq!(
        drain(&mut subscription),
        [FellBehind, Event(6), Event(7), Event(8), CaughtUp]
    );
}

#[tokio::test]
async fn what_is_written_while_a_page_is_yielded_comes_before_caught_up() {
    let list = List::of(1, 10);
    let mut subscription = list.follow(None);
    assert_eq!(
        subscription.next_message().await.unwrap().map(seen),
        Some(Event(1))
    );
    list.add(1);
    assert_eq!(drain(&mut subscription), [Event(2), CaughtUp]);
}

#[tokio::test]
async fn a_waiting_subscription_is_woken_by_a_commit() {
    let list = List::of(0, 10);
    let mut subscription = list.follow(None);
    assert_eq!(drain(&mut subscription), [CaughtUp]);
    let waiting = tokio::spawn(async move { subscription.next_event().await });
    tokio::task::yield_now().await;
    list.add(1);
    let event = waiting.await.unwrap().unwrap().unwrap();
    assert_eq!(event.position, Position::new(1));
}

/// A list that gains an event while its first page is on the way.
struct Racing(List, bool);

impl PageSource for Racing {
    type Cursor = Position;

    async fn read_page(
        &mut self,
        after: Option<Position>,
    ) -> Result<FollowPage<Position>, StoreError> {
        let page = self.0.read_page(after).await;
        if !std::mem::replace(&mut self.1, true) {
            self.0.add(1);
        }
        page
    }
}

#[tokio::test]
async fn a_commit_between_a_read_and_the_wait_is_not_missed() {
    let list = List::of(0, 10);
    let listener = list.committed.listen();
    let mut subscription = follow(Racing(list, false), None, listener);
    assert_eq!(drain(&mut subscription), [Event(1), CaughtUp]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_of_another_process_is_found_at_the_next_interval() {
    let list = List::of(0, 10);
    let listener = Signal::new().listen().or_every(Duration::from_millis(200));
    let mut subscription = follow(list.clone(), None, listener);
    assert_eq!(drain(&mut subscription), [CaughtUp]);
    list.add(1); // its signal is not the one that is listened to
    let begun = tokio::time::Instant::now();
    let event = subscription.next_event().await.unwrap().unwrap();
    assert_eq!(event.position, Position::new(1));
    assert!(begun.elapsed() <= Duration::from_millis(201));
}

#[tokio::test]
async fn a_checkpoint_says_how_far_a_filter_has_looked() {
    let mut list = List::of(2_500, 100);
    list.passes = |number| number == 1;
    let mut subscription = list.follow(None);
    assert_eq!(
        drain(&mut subscription),
        [Event(1), Checkpoint(1_100), Checkpoint(2_100), CaughtUp]
    );
    let mut resumed = list.follow(Some(2_100));
    assert_eq!(drain(&mut resumed), [CaughtUp]);
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_is_retried_with_growing_pauses_after_the_last_event() {
    let list = List::of(4, 2);
    let mut subscription = list.follow(None);
    for number in 1..=2 {
        let event = subscription.next_event().await.unwrap().unwrap();
        assert_eq!(event.position, Position::new(number));
    }
    for _ in 0..100 {
        list.fail_with(unavailable());
    }
    let begun = tokio::time::Instant::now();
    for number in 3..=4 {
        let event = subscription.next_event().await.unwrap().unwrap();
        assert_eq!(event.position, Position::new(number));
    }
    // The longest pauses are 50 ms, 100 ms, … 3.2 s and 93 times 5 s, and each
    // is a random part of that: about half of them together.
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(120), "{waited:?}");
    assert!(waited <= Duration::from_secs(472), "{waited:?}");
}

#[tokio::test]
async fn an_error_that_lasts_ends_the_subscription() {
    let list = List::of(1, 2);
    list.fail_with(StoreError::TenantRequired);
    let mut subscription = list.follow(None);
    assert!(matches!(
        subscription.next_message().await,
        Err(StoreError::TenantRequired)
    ));
    assert_eq!(subscription.next_message().await.unwrap(), None);
}

#[tokio::test]
async fn dropping_the_wait_for_an_event_loses_none() {
    let list = List::of(0, 2);
    let mut subscription = list.follow(None);
    for number in 1..=20 {
        while subscription.next_event().now_or_never().is_some() {}
        list.add(1);
        let event = subscription.next_event().await.unwrap().unwrap();
        assert_eq!(event.position, Position::new(number));
    }
}
