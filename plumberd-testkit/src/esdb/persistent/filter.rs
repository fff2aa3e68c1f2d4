use super::super::proto::persistent_subscriptions::all_options::{
    FilterOptions,
    filter_options::{Expression, Filter},
};
use fancy_regex::Regex;
use plumberd::event::RecordedEvent;
use serde_json::{Value, json};

/// Which events of everything a group wants.
#[derive(Debug, Clone)]
pub(super) struct EventFilter {
    by: By,
    wanted: Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Stream,
    EventType,
}

#[derive(Debug, Clone)]
enum Wanted {
    /// Unanchored.
    Regex(Regex),
    Prefixes(Vec<String>),
}

impl EventFilter {
    /// What a client asks for, or why that cannot be.
    pub(super) fn from_wire(options: FilterOptions) -> Result<Self, String> {
        match options.filter {
            Some(Filter::StreamIdentifier(expression)) => Self::new(By::Stream, expression),
            Some(Filter::EventType(expression)) => Self::new(By::EventType, expression),
            None => Err("the filter says nothing".to_owned()),
        }
    }

    fn new(by: By, expression: Expression) -> Result<Self, String> {
        let wanted = if !expression.regex.is_empty() {
            Wanted::Regex(Regex::new(&expression.regex).map_err(|error| error.to_string())?)
        } else if expression.prefix.is_empty() {
            return Err("the filter says nothing".to_owned());
        } else {
            Wanted::Prefixes(expression.prefix)
        };
        Ok(Self { by, wanted })
    }

    pub(super) fn matches(&self, event: &RecordedEvent) -> bool {
        let text = match self.by {
            By::Stream => event.stream.as_str(),
            By::EventType => event.event_type.as_str(),
        };
        match &self.wanted {
            // One that gives up on a text does not match it.
            Wanted::Regex(regex) => regex.is_match(text).unwrap_or(false),
            Wanted::Prefixes(prefixes) => prefixes.iter().any(|prefix| text.starts_with(prefix)),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let by = match self.by {
            By::Stream => "stream",
            By::EventType => "eventType",
        };
        match &self.wanted {
            Wanted::Regex(regex) => json!({"by": by, "regex": regex.as_str()}),
            Wanted::Prefixes(prefixes) => json!({"by": by, "prefixes": prefixes}),
        }
    }

    pub(super) fn from_json(json: &Value) -> Option<Self> {
        let by = match json.get("by")?.as_str()? {
            "stream" => By::Stream,
            "eventType" => By::EventType,
            _ => return None,
        };
        let regex = json.get("regex").and_then(Value::as_str);
        let prefixes = json.get("prefixes").and_then(Value::as_array);
        let expression = Expression {
            regex: regex.unwrap_or_default().to_owned(),
            prefix: prefixes
                .into_iter()
                .flatten()
                .filter_map(|prefix| prefix.as_str().map(str::to_owned))
                .collect(),
        };
        Self::new(by, expression).ok()
    }
}
