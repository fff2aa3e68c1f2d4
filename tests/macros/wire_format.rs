//! Events of other languages, decoded and written again byte for byte.

use plumberd::__private::serde::Serialize;
use plumberd::event::{ContentType, EncodedEvent, value::Ref};
use plumberd::{Event, EventValue};
use plumberd_tests::vectors::{text, vectors};
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};
use uuid::Uuid;

#[derive(Event, Debug, PartialEq)]
struct RecordingFinished {
    #[event(id)]
    id: Uuid,
    recording_id: String,
    duration: f64,
    file_path: String,
}

#[derive(Event, Debug, PartialEq)]
struct TaskCreated {
    #[event(id)]
    id: Uuid,
    title: String,
    description: String,
}

#[derive(Event, Debug, PartialEq)]
struct TaskCompleted {
    #[event(id)]
    id: Uuid,
    completed_by: String,
    completion_notes: Option<String>,
}

#[derive(Event, Debug, PartialEq)]
struct SensorRead {
    #[event(id)]
    id: Uuid,
    ipv4addr: String,
    user_2fa: bool,
    samples: Vec<f64>,
    md5sum: String,
}

/// Writes JSON as Python's `json.dumps` does.
struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for letter in fragment.chars() {
            if letter.is_ascii() {
                write!(out, "{letter}")?;
            } else {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

/// What Python would have written of the event that `data` is.
fn again<E: Event + EventValue>(data: &str) -> String {
    let encoded = EncodedEvent::new(E::TYPES[0].name, &ContentType::JSON, 1, data.as_bytes());
    let event = E::decode(0, &encoded).unwrap();
    let mut out = Vec::new();
    Ref(&event)
        .serialize(&mut Serializer::with_formatter(&mut out, Python))
        .unwrap();
    String::from_utf8(out).unwrap()
}

fn assert_written_as_read(event_type: &str, data: &str) {
    let again = match event_type {
        "RecordingFinished" => again::<RecordingFinished>(data),
        "TaskCreated" => again::<TaskCreated>(data),
        "TaskCompleted" => again::<TaskCompleted>(data),
        "SensorRead" => again::<SensorRead>(data),
        other => panic!("no struct for `{other}`"),
    };
    assert_eq!(again, data);
}

#[test]
fn events_of_python_are_written_as_python_wrote_them() {
    for event in vectors("python_events") {
        assert_written_as_read(text(&event, "event_type"), text(&event, "data"));
    }
}

#[test]
fn the_id_of_a_python_event_is_the_id_of_the_event() {
    let first = vectors("python_events").remove(0);
    let data = text(&first, "data").as_bytes();
    let encoded = EncodedEvent::new("RecordingFinished", &ContentType::JSON, 1, data);

    let event = RecordingFinished::decode(0, &encoded).unwrap();

    assert_eq!(
        event.id(),
        Some("12345678-1234-1234-1234-123456789012".parse().unwrap())
    );
}
