use super::{
    filter::GroupFilter,
    settings::{GroupSettings, Strategy},
    source::{Source, Start},
    target::{GroupKey, SourceName},
};
use serde_json::{Value, json};
use std::time::Duration;

/// What a group is, without what it is doing.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) key: GroupKey,
    pub(super) settings: GroupSettings,
    pub(super) filter: Option<GroupFilter>,
    pub(super) start: Start,
    /// After which place it began: what `start` meant when it was made.
    pub(super) begin: Option<u64>,
}

impl Definition {
    pub(super) fn source(&self) -> Source {
        Source::new(&self.key.source, self.filter.clone())
    }

    pub(super) fn to_json(&self) -> Value {
        let settings = &self.settings;
        json!({
            "stream": self.key.source.as_str(),
            "group": self.key.group,
            "filter": self.filter.as_ref().map(GroupFilter::to_json),
            "startFrom": match self.start {
                Start::First => json!("start"),
                Start::End => json!("end"),
                Start::At(place) => json!(place),
            },
            "beginAfter": self.begin,
            "resolveLinkTos": settings.resolve_links,
            "extraStatistics": settings.extra_statistics,
            "messageTimeout": milliseconds(settings.message_timeout),
            "maxRetryCount": settings.max_retry_count,
            "checkPointAfter": milliseconds(settings.checkpoint_after),
            "minCheckPointCount": settings.min_checkpoint_count,
            "maxCheckPointCount": settings.max_checkpoint_count,
            "maxSubscriberCount": settings.max_subscriber_count,
            "liveBufferSize": settings.live_buffer_size,
            "readBatchSize": settings.read_batch_size,
            "historyBufferSize": settings.history_buffer_size,
            "namedConsumerStrategy": settings.strategy.name(),
        })
    }

    /// As [`Definition::to_json`] wrote it.
    pub(super) fn from_json(json: &Value) -> Option<Self> {
        let text = |key| json.get(key).and_then(Value::as_str);
        let flag = |key| json.get(key).and_then(Value::as_bool);
        let number = |key| json.get(key).and_then(Value::as_u64);
        let count = |key| number(key).and_then(|number| u32::try_from(number).ok());
        let start = json.get("startFrom")?;
        let filter = json.get("filter").filter(|filter| !filter.is_null());
        Some(Self {
            key: GroupKey {
                source: SourceName::parse(text("stream")?)?,
                group: text("group")?.to_owned(),
            },
            filter: match filter {
                Some(filter) => Some(GroupFilter::from_json(filter)?),
                None => None,
            },
            start: match start.as_str() {
                Some("start") => Start::First,
                Some("end") => Start::End,
                _ => Start::At(start.as_u64()?),
            },
            begin: number("beginAfter"),
            settings: GroupSettings {
                resolve_links: flag("resolveLinkTos")?,
                extra_statistics: flag("extraStatistics")?,
                message_timeout: Duration::from_millis(number("messageTimeout")?),
                max_retry_count: count("maxRetryCount")?,
                checkpoint_after: Duration::from_millis(number("checkPointAfter")?),
                min_checkpoint_count: count("minCheckPointCount")?,
                max_checkpoint_count: count("maxCheckPointCount")?,
                max_subscriber_count: count("maxSubscriberCount")?,
                live_buffer_size: count("liveBufferSize")?,
                read_batch_size: count("readBatchSize")?,
                history_buffer_size: count("historyBufferSize")?,
                strategy: Strategy::named(text("namedConsumerStrategy")?)?,
            },
        })
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
