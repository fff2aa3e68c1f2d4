use super::{
    super::convert,
    Source,
    error::{PersistentError, invalid},
};
use crate::stream::{Position, Revision};
use eventstore::{
    PersistentSubscriptionSettings, StreamPosition, SubscriptionFilter, SystemConsumerStrategy,
};
use std::time::Duration;

/// Where a group begins that has no checkpoint yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum GroupStart {
    /// With the oldest event.
    Start,
    /// With what is written after the group was created.
    #[default]
    End,
    /// With the event of this revision; for a stream only.
    Revision(Revision),
    /// With the event at this position; for everything only.
    Position(Position),
}

/// Which consumer gets the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ConsumerStrategy {
    /// One after another.
    #[default]
    RoundRobin,
    /// One, until it has as many unanswered as it takes; then the next.
    DispatchToSingle,
    /// The events of a stream always the same one, as long as it is there.
    Pinned,
}

/// What a group on everything lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupFilter {
    /// Events of streams whose names begin with one of these.
    StreamPrefixes(Vec<String>),
    /// Events whose types begin with one of these.
    EventTypePrefixes(Vec<String>),
}

/// How a group works. The default is what clients of EventStoreDB have.
///
/// Durations are sent in milliseconds; what is not whole is cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersistentSettings {
    /// `None` is the end when a group is made, and no change when it is
    /// updated.
    start: Option<GroupStart>,
    filter: Option<GroupFilter>,
    resolve_links: bool,
    message_timeout: Duration,
    max_retries: u32,
    checkpoint_after: Duration,
    checkpoint_min: u32,
    checkpoint_max: u32,
    max_subscribers: u32,
    live_buffer: u32,
    read_batch: u32,
    history_buffer: u32,
    strategy: ConsumerStrategy,
}

impl Default for PersistentSettings {
    fn default() -> Self {
        Self {
            start: None,
            filter: None,
            resolve_links: false,
            message_timeout: Duration::from_secs(30),
            max_retries: 10,
            checkpoint_after: Duration::from_secs(2),
            checkpoint_min: 10,
            checkpoint_max: 1_000,
            max_subscribers: 0,
            live_buffer: 500,
            read_batch: 20,
            history_buffer: 500,
            strategy: ConsumerStrategy::RoundRobin,
        }
    }
}

impl PersistentSettings {
    /// The default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where a group without a checkpoint begins. By default a new group does
    /// so at [`GroupStart::End`], and an update changes nothing about it.
    #[must_use]
    pub const fn with_start(mut self, start: GroupStart) -> Self {
        self.start = Some(start);
        self
    }

    /// What a group on everything lets through; only when it is created.
    /// By default everything, also events of the system, but not what the
    /// server writes for its groups on everything.
    #[must_use]
    pub fn with_filter(mut self, filter: GroupFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Whether links are delivered as what they point to. Not by default.
    #[must_use]
    pub const fn with_resolve_links(mut self, resolve: bool) -> Self {
        self.resolve_links = resolve;
        self
    }

    /// How long a consumer may take to answer before the event goes to
    /// another, or comes again. 30 s by default; zero is for ever, and anything
    /// else at least 1 ms.
    #[must_use]
    pub const fn with_message_timeout(mut self, timeout: Duration) -> Self {
        self.message_timeout = timeout;
        self
    }

    /// How often an event is retried before it is parked. 10 by default.
    #[must_use]
    pub const fn with_max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// How long after an acknowledgement the checkpoint is written when at
    /// least `min` wait, and after how many (`max`) it is written at once.
    /// 2 s, 10 and 1000 by default.
    #[must_use]
    pub const fn with_checkpoint(mut self, after: Duration, min: u32, max: u32) -> Self {
        self.checkpoint_after = after;
        self.checkpoint_min = min;
        self.checkpoint_max = max;
        self
    }

    /// How many consumers there may be; 0, the default, is no limit.
    #[must_use]
    pub const fn with_max_subscribers(mut self, subscribers: u32) -> Self {
        self.max_subscribers = subscribers;
        self
    }

    /// How many new events the server keeps at hand. 500 by default.
    #[must_use]
    pub const fn with_live_buffer(mut self, events: u32) -> Self {
        self.live_buffer = events;
        self
    }

    /// How many events the server reads of history at a time. 20 by default;
    /// at least 1.
    #[must_use]
    pub const fn with_read_batch(mut self, events: u32) -> Self {
        self.read_batch = events;
        self
    }

    /// How many events of history the server keeps at hand. 500 by default;
    /// must be more than the read batch.
    #[must_use]
    pub const fn with_history_buffer(mut self, events: u32) -> Self {
        self.history_buffer = events;
        self
    }

    /// Which consumer gets the next event. In turn by default.
    #[must_use]
    pub const fn with_strategy(mut self, strategy: ConsumerStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// The filter, when there is one that a new group on `source` can have.
    pub(super) fn filter(
        &self,
        source: &Source,
    ) -> Result<Option<SubscriptionFilter>, PersistentError> {
        let (filter, prefixes) = match &self.filter {
            None => return Ok(None),
            Some(_) if matches!(source, Source::Stream(_)) => {
                return Err(invalid("filter", "only a group on everything has one"));
            }
            Some(GroupFilter::StreamPrefixes(prefixes)) => {
                (SubscriptionFilter::on_stream_name(), prefixes)
            }
            Some(GroupFilter::EventTypePrefixes(prefixes)) => {
                (SubscriptionFilter::on_event_type(), prefixes)
            }
        };
        if prefixes.is_empty() || prefixes.iter().any(String::is_empty) {
            return Err(invalid("filter", "it has no prefix, or an empty one"));
        }
        let filter = prefixes.iter().fold(filter, SubscriptionFilter::add_prefix);
        Ok(Some(filter))
    }

    /// Whether they say where a group begins.
    pub(super) const fn names_start(&self) -> bool {
        self.start.is_some()
    }

    /// Refuses a filter: an update does not change it.
    pub(super) fn check_update(&self) -> Result<(), PersistentError> {
        match self.filter {
            None => Ok(()),
            Some(_) => Err(invalid("filter", "it cannot be changed by an update")),
        }
    }

    pub(super) fn of_stream(&self) -> Result<PersistentSubscriptionSettings<u64>, PersistentError> {
        self.of_crate(match self.start.unwrap_or_default() {
            GroupStart::Start => StreamPosition::Start,
            GroupStart::End => StreamPosition::End,
            GroupStart::Revision(revision) => StreamPosition::Position(revision.as_u64()),
            GroupStart::Position(_) => {
                return Err(invalid("start", "a stream has revisions, not positions"));
            }
        })
    }

    pub(super) fn of_all(
        &self,
    ) -> Result<PersistentSubscriptionSettings<eventstore::Position>, PersistentError> {
        self.of_crate(match self.start.unwrap_or_default() {
            GroupStart::Start => StreamPosition::Start,
            GroupStart::End => StreamPosition::End,
            GroupStart::Position(at) => StreamPosition::Position(convert::position(at)),
            GroupStart::Revision(_) => {
                return Err(invalid("start", "everything has positions, not revisions"));
            }
        })
    }

    fn of_crate<A>(
        &self,
        start_from: StreamPosition<A>,
    ) -> Result<PersistentSubscriptionSettings<A>, PersistentError> {
        self.check()?;
        Ok(PersistentSubscriptionSettings {
            resolve_link_tos: self.resolve_links,
            start_from,
            extra_statistics: false,
            message_timeout: duration("message_timeout", self.message_timeout)?,
            max_retry_count: count("max_retries", self.max_retries)?,
            live_buffer_size: count("live_buffer", self.live_buffer)?,
            read_batch_size: count("read_batch", self.read_batch)?,
            history_buffer_size: count("history_buffer", self.history_buffer)?,
            checkpoint_after: duration("checkpoint_after", self.checkpoint_after)?,
            checkpoint_lower_bound: count("checkpoint_min", self.checkpoint_min)?,
            checkpoint_upper_bound: count("checkpoint_max", self.checkpoint_max)?,
            max_subscriber_count: count("max_subscribers", self.max_subscribers)?,
            consumer_strategy_name: match self.strategy {
                ConsumerStrategy::RoundRobin => SystemConsumerStrategy::RoundRobin,
                ConsumerStrategy::DispatchToSingle => SystemConsumerStrategy::DispatchToSingle,
                ConsumerStrategy::Pinned => SystemConsumerStrategy::Pinned,
            },
        })
    }

    fn check(&self) -> Result<(), PersistentError> {
        if self.read_batch == 0 {
            return Err(invalid("read_batch", "it must be at least 1"));
        }
        // Cut off to milliseconds it would be zero, which is for ever.
        if !self.message_timeout.is_zero() && self.message_timeout < Duration::from_millis(1) {
            return Err(invalid("message_timeout", "it is less than 1 ms"));
        }
        if self.live_buffer == 0 {
            return Err(invalid("live_buffer", "it must be at least 1"));
        }
        if self.history_buffer <= self.read_batch {
            return Err(invalid(
                "history_buffer",
                "it must be more than the read batch",
            ));
        }
        if self.checkpoint_max < self.checkpoint_min {
            return Err(invalid("checkpoint_max", "it is less than the minimum"));
        }
        Ok(())
    }
}

/// Numbers of the protocol have 31 bits.
fn count(setting: &'static str, number: u32) -> Result<i32, PersistentError> {
    i32::try_from(number).map_err(|_| invalid(setting, format!("it is more than {}", i32::MAX)))
}

fn duration(setting: &'static str, duration: Duration) -> Result<Duration, PersistentError> {
    match i32::try_from(duration.as_millis()) {
        Ok(_) => Ok(duration),
        Err(_) => Err(invalid(setting, "it is more than 24 days")),
    }
}
