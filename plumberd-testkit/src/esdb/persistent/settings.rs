use super::super::proto::persistent_subscriptions::{
    Settings,
    settings::{CheckpointAfter, ConsumerStrategy, MessageTimeout},
};
use std::time::Duration;

/// How a group works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupSettings {
    pub(super) resolve_links: bool,
    pub(super) extra_statistics: bool,
    /// After this an event that was not answered is sent again; never when it
    /// is zero.
    pub(super) message_timeout: Duration,
    /// An event that was sent more often again is parked.
    pub(super) max_retry_count: u32,
    pub(super) checkpoint_after: Duration,
    pub(super) min_checkpoint_count: u32,
    pub(super) max_checkpoint_count: u32,
    /// 0 is no limit.
    pub(super) max_subscriber_count: u32,
    pub(super) live_buffer_size: u32,
    pub(super) read_batch_size: u32,
    pub(super) history_buffer_size: u32,
    pub(super) strategy: Strategy,
}

/// Who gets the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strategy {
    /// One consumer, until it has as many as it may.
    DispatchToSingle,
    /// One after another.
    RoundRobin,
    /// The events of a stream always the same consumer.
    Pinned,
}

impl Strategy {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::DispatchToSingle => "DispatchToSingle",
            Self::RoundRobin => "RoundRobin",
            Self::Pinned => "Pinned",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::DispatchToSingle, Self::RoundRobin, Self::Pinned]
            .into_iter()
            .find(|strategy| strategy.name() == name)
    }

    const fn numbered(number: ConsumerStrategy) -> Self {
        match number {
            ConsumerStrategy::DispatchToSingle => Self::DispatchToSingle,
            ConsumerStrategy::RoundRobin => Self::RoundRobin,
            ConsumerStrategy::Pinned => Self::Pinned,
        }
    }
}

impl GroupSettings {
    /// What a client asks for, or why that cannot be.
    pub(super) fn from_wire(settings: &Settings) -> Result<Self, String> {
        let taken = Self {
            resolve_links: settings.resolve_links,
            extra_statistics: settings.extra_statistics,
            message_timeout: match settings.message_timeout {
                None => Duration::ZERO,
                Some(MessageTimeout::MessageTimeoutMs(ms)) => milliseconds("message timeout", ms)?,
                Some(MessageTimeout::MessageTimeoutTicks(ticks)) => {
                    ticks_of("message timeout", ticks)?
                }
            },
            max_retry_count: count("maximum retry count", settings.max_retry_count)?,
            checkpoint_after: match settings.checkpoint_after {
                None => Duration::ZERO,
                Some(CheckpointAfter::CheckpointAfterMs(ms)) => {
                    milliseconds("checkpoint time", ms)?
                }
                Some(CheckpointAfter::CheckpointAfterTicks(ticks)) => {
                    ticks_of("checkpoint time", ticks)?
                }
            },
            min_checkpoint_count: count("minimum checkpoint count", settings.min_checkpoint_count)?,
            max_checkpoint_count: count("maximum checkpoint count", settings.max_checkpoint_count)?,
            max_subscriber_count: count("maximum subscriber count", settings.max_subscriber_count)?,
            live_buffer_size: count("live buffer size", settings.live_buffer_size)?,
            read_batch_size: count("read batch size", settings.read_batch_size)?,
            history_buffer_size: count("history buffer size", settings.history_buffer_size)?,
            strategy: strategy(settings)?,
        };
        taken.check()?;
        Ok(taken)
    }

    fn check(&self) -> Result<(), String> {
        if self.read_batch_size == 0 {
            return Err("the read batch size must be at least 1".to_owned());
        }
        if self.history_buffer_size <= self.read_batch_size {
            return Err(format!(
                "the history buffer size {} must be larger than the read batch size {}",
                self.history_buffer_size, self.read_batch_size
            ));
        }
        if self.max_checkpoint_count < self.min_checkpoint_count {
            return Err(format!(
                "the maximum checkpoint count {} must not be below the minimum {}",
                self.max_checkpoint_count, self.min_checkpoint_count
            ));
        }
        Ok(())
    }
}

/// By name where there is one: newer clients send both.
fn strategy(settings: &Settings) -> Result<Strategy, String> {
    let name = settings.consumer_strategy.as_str();
    let found = if name.is_empty() {
        ConsumerStrategy::try_from(settings.named_consumer_strategy)
            .ok()
            .map(Strategy::numbered)
    } else {
        Strategy::named(name)
    };
    found.ok_or_else(|| {
        format!(
            "Consumer strategy {name} ({}) does not exist.",
            settings.named_consumer_strategy
        )
    })
}

fn count(what: &str, number: i32) -> Result<u32, String> {
    u32::try_from(number).map_err(|_| format!("the {what} {number} is negative"))
}

fn milliseconds(what: &str, number: i32) -> Result<Duration, String> {
    count(what, number).map(|number| Duration::from_millis(number.into()))
}

/// Ticks of 100 ns.
fn ticks_of(what: &str, number: i64) -> Result<Duration, String> {
    let number = u64::try_from(number).map_err(|_| format!("the {what} {number} is negative"))?;
    Ok(Duration::from_micros(number / 10))
}
