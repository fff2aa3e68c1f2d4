//! `vectors.json`: what the neighbours themselves wrote.

use plumberd::{
    Event,
    event::{Metadata, NewEvent},
    micro_plumberd::{guid_from_text, state_event_id},
    prelude::*,
};
use plumberd_tests::vectors::{FILE, all, text, vectors};
use serde_json::Value;
use std::path::Path;

/// Where the vectors of each name are tested.
const READ_IN: &[(&str, &str)] = &[
    ("pascal_case", include_str!("vectors.rs")),
    ("stream_names", include_str!("vectors.rs")),
    ("stream_names_rejected", include_str!("vectors.rs")),
    ("python_events", include_str!("../macros/wire_format.rs")),
    ("guid_from_text", include_str!("vectors.rs")),
    ("state_event_ids", include_str!("vectors.rs")),
    ("created_accepted", include_str!("vectors.rs")),
    ("timespans", include_str!("../macros/value.rs")),
    ("link_event", include_str!("vectors.rs")),
    (
        "join_projection",
        include_str!("../eventstoredb/projections/text.rs"),
    ),
    (
        "concurrency_error_detail_hex",
        include_str!("../eventstore_v1/wire.rs"),
    ),
];

#[test]
fn every_vector_has_a_test() {
    let all = all();
    let names = all.as_object().unwrap().keys();
    for name in names.filter(|name| *name != "about") {
        let read_in = READ_IN.iter().find(|(read, _)| read == name);
        let (_, test) = read_in.unwrap_or_else(|| panic!("no test reads `{name}`"));
        // By its name, or a text that stands there as it is.
        let itself = all[name].as_str().is_some_and(|text| test.contains(text));
        let by_name = test.matches(&format!("\"{name}\"")).count();
        let listed_here = usize::from(test.contains("READ_IN"));
        assert!(itself || by_name > listed_here, "no test reads `{name}`");
    }
}

#[test]
fn the_vectors_are_those_that_are_handed_out() {
    // Handed out beside the repository, where they are at all.
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/interop/vectors.json"))
        .find_map(|path| std::fs::read_to_string(path).ok());
    if let Some(handed_out) = beside {
        assert_eq!(FILE, handed_out);
    }
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
    macro_rules! named {
        ($($field:ident)*) => {
            #[derive(Event, Default)]
            struct Named { $($field: u8),* }

            const FIELDS: &[&str] = &[$(stringify!($field)),*];
        };
    }
    named! {
        recording_id duration file_path a_b_c user_id2 url_http x1_y2 x_1 user_2fa a1b_c
        md5sum ipv4addr sha256 is_ok vat_no_eu id order_line_3d p95_latency_ms b2b_customer
        iso3166_code
    }
    let event = NewEvent::encode(&Named::default()).unwrap();
    let data = std::str::from_utf8(event.data()).unwrap();

    let names = vectors("pascal_case");
    let fields: Vec<_> = names.iter().map(|vector| text(vector, "field")).collect();
    let keys: Vec<_> = names
        .iter()
        .map(|vector| format!("\"{}\":0", text(vector, "json")))
        .collect();

    assert_eq!(fields, FIELDS);
    assert_eq!(data, format!("{{{}}}", keys.join(",")));
}

#[tokio::test]
async fn events_of_python_are_found_in_the_streams_that_python_names() {
    let store = plumberd::connect("memory:").await.unwrap();
    for vector in vectors("python_events") {
        let stream: StreamName = text(&vector, "stream").parse().unwrap();
        let parts = (stream.category().unwrap(), stream.id().unwrap());
        assert_eq!(StreamName::new(parts.0, parts.1).unwrap(), stream);
        let event = NewEvent::new(
            plumberd::event::new_event_id(),
            text(&vector, "event_type").parse().unwrap(),
            text(&vector, "data").to_owned(),
        );
        store
            .append(&stream, ExpectedRevision::Any, vec![event])
            .await
            .unwrap();

        let of_category = Filter::new().category(parts.0).unwrap();
        let found = store.read_all(ReadOptions::backwards().limit(1), of_category);
        let found = found.collect_all().await.unwrap().remove(0);

        assert_eq!(found.stream.as_str(), text(&vector, "stream"));
        assert_eq!(found.event_type.as_str(), text(&vector, "event_type"));
        assert_eq!(found.data, text(&vector, "data"));
    }
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
    let vector = &all()["link_event"];
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
