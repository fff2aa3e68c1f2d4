use super::{Json, Numbers};
use plumberd::event::RecordedEvent;
use std::fmt::{self, Write as _};

/// An event as a test compares and shows it: name, revision of its shape,
/// content type and data.
#[derive(Debug, PartialEq)]
pub(crate) struct EventText {
    name: String,
    revision: u32,
    content_type: String,
    data: Data,
}

#[derive(Debug, PartialEq)]
enum Data {
    Json(Json),
    Bytes(Vec<u8>),
}

impl EventText {
    pub(crate) fn of(event: &RecordedEvent) -> Self {
        let json = if event.content_type.is_json() {
            Json::parse(&event.data, Numbers::ByValue)
        } else {
            None
        };
        Self {
            name: event.event_type.as_str().to_owned(),
            revision: event.shape_revision,
            content_type: event.content_type.as_str().to_owned(),
            data: json.map_or_else(|| Data::Bytes(event.data.to_vec()), Data::Json),
        }
    }

    /// Without the event's own id among its data.
    pub(crate) fn without_id(mut self, event: &RecordedEvent) -> Self {
        if let Data::Json(json) = self.data {
            self.data = Data::Json(json.without("Id", &format!("\"{}\"", event.id)));
        }
        self
    }

    /// All of `events`, one below the other.
    pub(crate) fn list(events: &[Self]) -> String {
        events.iter().fold(String::new(), |mut text, event| {
            let _ = writeln!(text, "{event}");
            text
        })
    }
}

impl fmt::Display for EventText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if self.revision > 1 {
            write!(f, " (revision {})", self.revision)?;
        }
        match &self.data {
            Data::Json(json) => write!(f, " {}", json.pretty()),
            Data::Bytes(bytes) => write!(f, " [{}: {}]", self.content_type, bytes.escape_ascii()),
        }
    }
}
