//! `vectors.json`: what the neighbours themselves wrote.

use plumberd::{
    Event,
    convention::{guid_from_text, state_event_id},
    event::{Metadata, NewEvent},
    prelude::*,
};
use serde_json::Value;

fn vectors(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let vectors = all[name].as_array().unwrap().clone();
    assert!(!vectors.is_empty());
    vectors
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key].as_str().unwrap()
}

#[test]
fn a_text_becomes_the_guid_of_dotnet() {
    for vector in vectors("guid_from_text") {
        let guid = guid_from_text(text(&vector, "text"));
        assert_eq!(guid.to_string(), text(&vector, "guid"), "{vector}");
    }
}

#[test]
fn a_state_event_has_the_id_of_dotnet() {
    for vector in vectors("state_event_ids") {
        let id = text(&vector, "id").parse().unwrap();
        let event_id = state_event_id(id, vector["version"].as_i64().unwrap());
        assert_eq!(event_id.to_string(), text(&vector, "event_id"), "{vector}");
    }
}

#[test]
fn stream_names_are_those_of_the_neighbours() {
    for vector in vectors("stream_names") {
        let stream: StreamName = text(&vector, "text").parse().unwrap();
        assert_eq!(stream.category(), vector["category"].as_str());
        assert_eq!(stream.id(), vector["id"].as_str());
        let made = StreamName::new(text(&vector, "category"), text(&vector, "id")).unwrap();
        assert_eq!(made, stream);
    }
    for vector in vectors("stream_names_rejected") {
        let error = text(&vector, "text").parse::<StreamName>().unwrap_err();
        assert_eq!(error.reason(), text(&vector, "error"), "{vector}");
    }
}

#[test]
fn fields_are_named_as_python_names_them() {
    #[derive(Event, Default)]
    struct Named {
        recording_id: u8,
        duration: u8,
        file_path: u8,
        a_b_c: u8,
        user_id2: u8,
        url_http: u8,
        x1_y2: u8,
        x_1: u8,
        user_2fa: u8,
        a1b_c: u8,
        md5sum: u8,
        ipv4addr: u8,
        sha256: u8,
        is_ok: u8,
        vat_no_eu: u8,
        id: u8,
        order_line_3d: u8,
        p95_latency_ms: u8,
        b2b_customer: u8,
        iso3166_code: u8,
    }
    let event = NewEvent::encode(&Named::default()).unwrap();
    let data = std::str::from_utf8(event.data()).unwrap();

    let keys = vectors("pascal_case");
    let keys = keys
        .iter()
        .map(|vector| format!("\"{}\":0", text(vector, "json")));

    assert_eq!(data, format!("{{{}}}", keys.collect::<Vec<_>>().join(",")));
}

#[test]
fn times_of_both_neighbours_are_read() {
    for time in vectors("created_accepted") {
        let metadata = Metadata::from_json(format!("{{\"Created\":{time}}}").as_bytes()).unwrap();
        let expected = DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
        assert_eq!(metadata.created().unwrap(), Some(expected));
    }
}

#[test]
fn metadata_of_an_event_has_the_keys_of_python_in_order() {
    #[derive(Event)]
    struct TaskCreated {}
    let event = NewEvent::encode(&TaskCreated {}).unwrap();
    let metadata = event.metadata().parse().unwrap();
    let keys: Vec<_> = metadata.json().iter().map(|(key, _)| key).collect();

    for vector in vectors("python_events") {
        assert_eq!(Value::from(keys.clone()), vector["metadata_keys_in_order"]);
    }
}

#[tokio::test]
async fn a_link_is_written_as_dotnet_writes_it() {
    let vector: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let vector = &vector["link_event"];
    let store = plumberd::connect("memory:").await.unwrap();
    let (revision, source) = text(vector, "data").split_once('@').unwrap();
    let source = StreamName::raw(source).unwrap();
    let batch = (0..=revision.parse().unwrap())
        .map(|_: u64| {
            NewEvent::new(
                plumberd::event::new_event_id(),
                "Foo".parse().unwrap(),
                "{}",
            )
        })
        .collect();
    store
        .append(&source, ExpectedRevision::NoStream, batch)
        .await
        .unwrap();
    let events = store.read_stream(&source, ReadOptions::backwards().limit(1));
    let event = events.collect_all().await.unwrap().remove(0);
    let links = StreamName::raw("Links").unwrap();

    store
        .append_link(&links, ExpectedRevision::Any, &event)
        .await
        .unwrap();

    let link = store.read_stream(&links, ReadOptions::forwards());
    let link = link.collect_all().await.unwrap().remove(0);
    assert_eq!(link.event_type.as_str(), text(vector, "event_type"));
    assert_eq!(link.data, text(vector, "data"));
    assert!(link.metadata.as_bytes().is_empty());
}
