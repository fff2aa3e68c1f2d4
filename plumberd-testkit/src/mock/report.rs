//! What a mock says when a call is not as expected.

use super::{
    Call,
    expectation::{Entry, Wanted},
};
use plumberd::event::NewEvent;
use serde_json::{Map, Value, json};
use similar::TextDiff;
use std::{fmt::Write as _, panic::Location};

/// A call as JSON, to be compared line by line.
#[derive(Debug, Default)]
pub(super) struct Rendered(Map<String, Value>);

impl Rendered {
    fn new(method: &str, stream: Option<&str>) -> Self {
        let mut map = Map::new();
        map.insert("call".into(), method.into());
        if let Some(stream) = stream {
            map.insert("stream".into(), stream.into());
        }
        Self(map)
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    pub(super) fn of_entry(entry: &Entry) -> Self {
        let stream = Some(entry.stream.as_str());
        match &entry.wanted {
            Wanted::Append(append) => {
                let mut rendered = Self::new("append", stream);
                if let Some(expected) = append.expected {
                    rendered = rendered.with("expected", expected.to_string());
                }
                match &append.events {
                    None => rendered,
                    Some(events) => rendered.with("events", events_as_json(events)),
                }
            }
            Wanted::Read(_) => Self::new("read_stream", stream),
            Wanted::Info(_) => Self::new("stream_info", stream),
            Wanted::Find(id, _) => Self::new("find_event", stream).with("id", id.to_string()),
            Wanted::Delete(expected) => {
                Self::new("delete", stream).with("expected", expected.to_string())
            }
            Wanted::Tombstone(expected) => {
                Self::new("tombstone", stream).with("expected", expected.to_string())
            }
        }
    }

    fn of_call(call: &Call) -> Self {
        let new = |method| Self::new(method, call.stream().map(AsRef::as_ref));
        match call {
            Call::Append {
                expected, events, ..
            } => new("append")
                .with("expected", expected.to_string())
                .with("events", events_as_json(events)),
            Call::ReadStream { .. } => new("read_stream"),
            Call::ReadAll { filter, .. } => new("read_all").with("filter", format!("{filter:?}")),
            Call::SubscribeStream { from, .. } => {
                new("subscribe_stream").with("from", format!("{from:?}"))
            }
            Call::SubscribeAll { filter, .. } => {
                new("subscribe_all").with("filter", format!("{filter:?}"))
            }
            Call::StreamInfo { .. } => new("stream_info"),
            Call::FindEvent { id, .. } => new("find_event").with("id", id.to_string()),
            Call::FindAnyEvent { ids, .. } => new("find_any_event").with("ids", format!("{ids:?}")),
            Call::Delete { expected, .. } => new("delete").with("expected", expected.to_string()),
            Call::Tombstone { expected, .. } => {
                new("tombstone").with("expected", expected.to_string())
            }
            Call::ForTenant { tenant } => new("for_tenant").with("tenant", tenant.as_str()),
        }
    }

    /// Only what the other one has too: what was not said is not compared.
    fn limited_to(mut self, other: &Self) -> Self {
        self.0.retain(|key, _| other.0.contains_key(key));
        self
    }

    fn pretty(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_default() + "\n"
    }
}

fn events_as_json(events: &[NewEvent]) -> Value {
    let event = |event: &NewEvent| {
        let data: Value = serde_json::from_slice(event.data())
            .unwrap_or_else(|_| String::from_utf8_lossy(event.data()).into());
        json!({ "type": event.event_type().as_str(), "data": data })
    };
    events.iter().map(event).collect()
}

/// A call that differs from the one expected.
pub(super) fn different(call: &Call, wanted: &Rendered, line: &Location<'_>) -> String {
    let came = Rendered::of_call(call).limited_to(wanted);
    let (wanted, came) = (wanted.pretty(), came.pretty());
    let diff = TextDiff::from_lines(&wanted, &came);
    let diff = diff
        .unified_diff()
        .context_radius(20)
        .header("expected", "actual")
        .to_string();
    let diff = if wanted == came {
        // Numbers that JSON readers take for the same, for example.
        format!("the stored bytes differ: {call:#?}")
    } else {
        diff
    };
    format!("a call is not as expected at {line}\n{diff}")
}

/// A call that was not announced.
pub(super) fn unexpected(call: &Call, entries: &[Entry]) -> String {
    let came = Rendered::of_call(call).pretty();
    let mut report = format!("an unexpected call\n{came}");
    write_expected(&mut report, entries, "still expected:");
    report
}

/// What is left when all should have come.
pub(super) fn left(entries: &[Entry], failures: &[String]) -> Option<String> {
    let mut report = failures.join("\n");
    write_expected(&mut report, entries, "expected calls that did not come:");
    (!report.is_empty()).then_some(report)
}

fn write_expected(report: &mut String, entries: &[Entry], title: &str) {
    let left = entries.iter().filter(|entry| entry.times > 0);
    for (index, entry) in left.enumerate() {
        if index == 0 {
            let _ = writeln!(report, "{title}");
        }
        let times = match entry.times {
            1 => String::new(),
            more => format!(" ({more} times)"),
        };
        let _ = write!(
            report,
            "at {}{times}\n{}",
            entry.line,
            entry.rendered().pretty()
        );
    }
}
