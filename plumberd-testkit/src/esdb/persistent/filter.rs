use super::super::{
    filter::{EventFilter, Subject},
    proto::persistent_subscriptions::all_options::{
        FilterOptions,
        filter_options::{Expression, Filter},
    },
    status,
};
use plumberd::event::RecordedEvent;
use serde_json::{Value, json};
use tonic::Status;

/// Which events of everything a group wants, and how that was said.
#[derive(Debug, Clone)]
pub(super) struct GroupFilter {
    subject: Subject,
    pattern: String,
    prefixes: Vec<String>,
    filter: EventFilter,
}

impl GroupFilter {
    pub(super) fn from_wire(options: FilterOptions) -> Result<Self, Status> {
        let (subject, expression) = match options.filter {
            Some(Filter::StreamIdentifier(expression)) => (Subject::StreamName, expression),
            Some(Filter::EventType(expression)) => (Subject::EventType, expression),
            None => return Err(status::missing("filter")),
        };
        Self::new(subject, expression)
    }

    fn new(subject: Subject, expression: Expression) -> Result<Self, Status> {
        let Expression { regex, prefix } = expression;
        if regex.is_empty() && prefix.is_empty() {
            // A group of nothing is a mistake, which its client is to hear of.
            return Err(status::invalid("the filter says nothing"));
        }
        Ok(Self {
            filter: EventFilter::new(subject, &regex, prefix.clone())?,
            subject,
            pattern: regex,
            prefixes: prefix,
        })
    }

    /// Whether the event passes. One that the pattern cannot decide does not:
    /// the group would never come past it.
    pub(super) fn matches(&self, event: &RecordedEvent) -> bool {
        self.filter.matches(event).unwrap_or_else(|_| {
            tracing::warn!(position = %event.position, "a filter gave up on an event");
            false
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let by = match self.subject {
            Subject::StreamName => "stream",
            Subject::EventType => "eventType",
        };
        json!({"by": by, "regex": self.pattern, "prefixes": self.prefixes})
    }

    /// As [`GroupFilter::to_json`] wrote it, or as its forerunner did, which
    /// left out what was empty.
    pub(super) fn from_json(json: &Value) -> Option<Self> {
        let subject = match json.get("by")?.as_str()? {
            "stream" => Subject::StreamName,
            "eventType" => Subject::EventType,
            _ => return None,
        };
        let regex = json.get("regex").map_or(Some(""), Value::as_str)?;
        let prefixes = match json.get("prefixes") {
            Some(prefixes) => prefixes.as_array()?.as_slice(),
            None => &[],
        };
        let expression = Expression {
            regex: regex.to_owned(),
            prefix: prefixes
                .iter()
                .map(|prefix| prefix.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        };
        Self::new(subject, expression).ok()
    }
}
