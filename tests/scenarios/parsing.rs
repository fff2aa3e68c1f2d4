//! What comes from outside, whatever it is: an error, never a panic, and what
//! is taken can be written again.

use plumberd::{
    Event,
    codec::JsonObject,
    event::{ContentType, EncodedEvent, Metadata, NewEvent, RawMetadata},
    prelude::*,
    stream::{StreamMetadata, TenantId},
};
use plumberd_testkit::proptest::{self, prelude::*};
use std::collections::BTreeMap;

#[derive(Event, Debug, Clone, PartialEq)]
struct Everything {
    text: String,
    number: i64,
    amount: Decimal,
    at: DateTime<FixedOffset>,
    took: std::time::Duration,
    reference: Uuid,
    bytes: Vec<u8>,
    maybe: Option<u8>,
    map: BTreeMap<String, bool>,
}

fn decode(data: &[u8]) -> Option<Everything> {
    let encoded = EncodedEvent::new("Everything", &ContentType::JSON, 1, data);
    Everything::decode(0, &encoded).ok()
}

/// Text that is nearly of some form.
fn nearly() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        r#"\{("[$A-Za-z]{0,12}":(-?[0-9.eE+]{0,12}|null|"[^"]{0,12}"|\[\]|\{\}),?){0,4}\}"#,
        "[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}[T ][0-9:.]{1,20}([+-][0-9:]{1,6}|Z)?",
        "-?([0-9]{1,12}\\.)?[0-9:]{1,12}(\\.[0-9]{0,12})?",
        "-?[0-9]{0,40}(\\.[0-9]{0,40})?([eE][+-]?[0-9]{1,6})?",
        "(sqlite|memory|esdb):(//)?[a-z%0-9./]{0,20}(\\?[a-z_=&%0-9]{0,30})?",
    ]
}

proptest::proptest! {
    #[test]
    fn names_are_taken_whole_or_refused(text in nearly()) {
        if let Ok(stream) = text.parse::<StreamName>() {
            prop_assert_eq!(stream.as_str(), &text);
            let again = StreamName::new(stream.category().unwrap(), stream.id().unwrap());
            prop_assert_eq!(again.unwrap(), stream);
        }
        let _ = StreamName::raw(text.as_str()).map(|stream| stream.metadata_stream());
        let _ = (TenantId::new(text.as_str()), text.parse::<Position>());
    }

    #[test]
    fn json_objects_are_written_as_they_were_read(text in nearly()) {
        if let Ok(object) = JsonObject::parse(text.as_bytes()) {
            let again = JsonObject::parse(&object.to_bytes()).unwrap();
            prop_assert_eq!(again, object);
        }
    }

    #[test]
    fn metadata_is_read_or_refused(text in nearly()) {
        let raw = RawMetadata::new(text.clone().into());
        let revision = raw.revision();
        if let Ok(metadata) = Metadata::from_json(text.as_bytes()) {
            prop_assert_eq!(metadata.revision().ok(), revision.ok());
            let _ = (metadata.created(), metadata.correlation_id());
        }
        if let Ok(metadata) = StreamMetadata::from_json(text.as_bytes()) {
            let again = StreamMetadata::from_json(&metadata.to_json().unwrap()).unwrap();
            prop_assert_eq!(again, metadata);
        }
    }

    #[test]
    fn values_of_any_text_are_read_or_refused(text in nearly()) {
        let quoted = serde_json::to_string(&text).unwrap();
        for (key, value) in [
            ("Amount", &text), ("Amount", &quoted), ("Number", &text), ("At", &quoted),
            ("Took", &quoted), ("Reference", &quoted), ("Bytes", &quoted), ("Map", &text),
        ] {
            let mut object = JsonObject::parse(SOUND.as_bytes()).unwrap();
            let whole = object.to_string();
            object.remove(key);
            let changed = format!("{{\"{key}\":{value},{}", &object.to_string()[1..]);
            prop_assert!(decode(whole.as_bytes()).is_some());
            if let Some(event) = decode(changed.as_bytes())
                && let Ok(again) = NewEvent::encode(&event)
            {
                prop_assert_eq!(again.decode_as::<Everything>(0).unwrap(), event);
            }
        }
    }

    #[test]
    fn bytes_that_are_no_event_are_refused(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(decode(&data), None);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn urls_are_read_or_refused(text in nearly()) {
        let _ = plumberd::backend::sqlite::SqliteConfig::from_url(&text);
    }
}

const SOUND: &str = r#"{"Text":"a","Number":1,"Amount":1.50,"At":"2026-01-01T00:00:00.5+01:00",
"Took":"00:00:01","Reference":"12345678-1234-1234-1234-123456789012","Bytes":"AQ==","Maybe":null,"Map":{}}"#;
