//! plumberd's words in the types of an application that uses serde.

use plumberd::{
    event::{ContentType, EventType, Link, RawMetadata, new_event_id},
    prelude::*,
    repository::CommandId,
    stream::TenantId,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use std::{collections::BTreeMap, convert::Infallible, fmt::Debug};

fn recorded(content_type: ContentType, data: &'static [u8]) -> RecordedEvent {
    RecordedEvent {
        stream: "Order-1".parse().unwrap(),
        revision: Revision::new(3),
        position: Position::new(u64::MAX),
        id: new_event_id(),
        event_type: "OrderPlaced".parse().unwrap(),
        content_type,
        data: data.into(),
        metadata: RawMetadata::new(r#"{"$correlationId":"7","Rate":0.10}"#.into()),
        shape_revision: 2,
        recorded_at: "2026-01-31T12:00:00.123456789Z".parse().unwrap(),
        tenant: Some(TenantId::new("acme").unwrap()),
        link: Some(Box::new(Link {
            stream: "$ce-Order".parse().unwrap(),
            revision: Revision::FIRST,
            position: Position::new(9),
            id: new_event_id(),
        })),
    }
}

#[track_caller]
fn same_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    text
}

fn refused<T: DeserializeOwned + Debug>(json: &str) -> String {
    serde_json::from_str::<T>(json).unwrap_err().to_string()
}

#[test]
fn words_are_the_text_or_number_that_they_are() {
    let metadata = Metadata::from_json(br#"{"B":1.50,"A":null}"#).unwrap();
    let raw = StreamName::raw("Inbox").unwrap();

    assert_eq!(same_again(&raw), r#""Inbox""#);
    assert_eq!(same_again(&Revision::new(7)), "7");
    assert_eq!(same_again(&Position::new(u64::MAX)), "18446744073709551615");
    assert_eq!(same_again(&EventType::new("$>").unwrap()), r#""$>""#);
    assert_eq!(same_again(&TenantId::new("acme").unwrap()), r#""acme""#);
    assert_eq!(same_again(&metadata), r#"{"B":1.50,"A":null}"#);
    let by_stream = BTreeMap::from([(raw, Revision::FIRST)]);
    assert_eq!(same_again(&by_stream), r#"{"Inbox":0}"#);
}

#[test]
fn a_bad_word_is_an_error_that_says_why() {
    let long = format!("\"{}\"", "a".repeat(1025));
    for json in [r#""""#, r#""A-\u0000""#, &long, "7", "null"] {
        assert!(serde_json::from_str::<StreamName>(json).is_err(), "{json}");
    }

    assert!(refused::<StreamName>(r#""""#).contains("empty name"));
    assert!(refused::<EventType>(r#""A\n""#).contains("control character"));
    assert!(refused::<TenantId>(r#""""#).contains("not a tenant name"));
    assert!(refused::<Revision>("-1").contains("-1"));
    assert!(refused::<Position>("\"x\"").contains("u64"));
    assert!(refused::<Metadata>("[]").contains("a JSON object"));
}

#[test]
fn json_data_of_a_recorded_event_is_json_and_keeps_its_digits() {
    for data in [
        r#"{"Total":1.50,"Rate":0.1000000000000000055511151231257827}"#,
        r#"{ "B" : [1e400] , "B": 2 }"#,
        "null",
        "\"text\"",
        "12345678901234567890123",
    ] {
        for content_type in ["application/json", "application/vnd.order+json"] {
            let event = recorded(ContentType::new(content_type), data.as_bytes());

            let text = same_again(&event);

            assert!(text.contains(&format!(r#""data":{data},"#)), "{text}");
            assert!(text.contains(r#""metadata":{"$correlationId":"7","Rate":0.10}"#));
            assert!(!text.contains("base64"), "{text}");
        }
    }
}

#[test]
fn other_data_of_a_recorded_event_is_base64_and_comes_back() {
    let no_json = recorded(ContentType::JSON, b"{\"A\":");
    let bytes = recorded(ContentType::OCTET_STREAM, b"1");
    let empty = recorded(ContentType::JSON, b"");
    let mut odd = recorded(ContentType::JSON, b"{}");
    odd.metadata = RawMetadata::new(b"\xff".as_slice().into());

    assert!(same_again(&no_json).contains(r#""data_base64":"eyJBIjo=""#));
    assert!(same_again(&bytes).contains(r#""data_base64":"MQ==""#));
    assert!(!same_again(&empty).contains(r#""data"#));
    assert!(same_again(&odd).contains(r#""metadata_base64":"/w==""#));
}

#[test]
fn a_recorded_event_goes_through_a_json_value_too() {
    let mut event = recorded(ContentType::JSON, br#"{"Total":2}"#);
    // A value has numbers and not their digits.
    event.metadata = RawMetadata::new("{\"Rate\":0.1}".into());

    let value = serde_json::to_value(&event).unwrap();

    assert_eq!(value["data"]["Total"], 2);
    assert_eq!(
        value["recorded_at"],
        json!("2026-01-31T12:00:00.123456789Z")
    );
    assert_eq!(
        serde_json::from_value::<RecordedEvent>(value).unwrap(),
        event
    );
}

#[test]
fn a_recorded_event_that_contradicts_itself_is_refused() {
    let event = recorded(ContentType::JSON, b"{}");
    let value = serde_json::to_value(&event).unwrap();
    let with = |key: &str, to: serde_json::Value| {
        let mut value = value.clone();
        value[key] = to;
        serde_json::from_value::<RecordedEvent>(value)
            .unwrap_err()
            .to_string()
    };

    assert_eq!(
        with("data_base64", json!("MQ==")),
        "`data` and `data_base64` are both there"
    );
    assert!(with("stream", json!("")).contains("empty name"));
    let mut no_base64 = value.clone();
    no_base64.as_object_mut().unwrap().remove("metadata");
    no_base64["metadata_base64"] = json!("*");
    let error = serde_json::from_value::<RecordedEvent>(no_base64).unwrap_err();
    assert!(error.to_string().starts_with("`metadata_base64`: "));
}

#[test]
fn an_application_puts_them_into_types_of_its_own() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Answer {
        id: Uuid,
        stream: StreamName,
        revision: Option<Revision>,
        total: Decimal,
        paid_at: DateTime<Utc>,
        events: Vec<RecordedEvent>,
    }
    let answer = Answer {
        id: new_event_id(),
        stream: "Order-1".parse().unwrap(),
        revision: None,
        total: dec!(12.50),
        paid_at: "2026-01-31T12:00:00Z".parse().unwrap(),
        events: vec![recorded(ContentType::JSON, b"{\"A\":1.0}")],
    };

    let text = same_again(&answer);

    assert!(text.contains(r#""total":"12.50""#), "{text}");
    for number in ["12.5", "12.50", "1.25e1"] {
        let number = text.replace(r#""12.50""#, number);
        let read = serde_json::from_str::<Answer>(&number);
        // As the prelude says: a number says what it is to `serde_json` alone
        // where some crate turns on `arbitrary_precision`.
        if cfg!(all(
            feature = "serde-json-arbitrary-precision",
            not(feature = "rust-decimal-arbitrary-precision")
        )) {
            let error = read.unwrap_err().to_string();
            assert!(error.contains("invalid type: map"), "{error}");
        } else {
            assert_eq!(read.unwrap().total, answer.total);
        }
    }
}

#[tokio::test]
async fn what_came_of_a_command_is_an_answer_and_is_read_again() {
    #[derive(Event)]
    struct Counted {}
    #[derive(Default)]
    struct Counter;
    #[aggregate]
    impl Counter {
        #[event_sourcing_handler]
        fn on_counted(&mut self, _: &Counted) {}
    }
    let counters = connect("memory:").await.unwrap().repository::<Counter>();
    let id = Uuid::from_u128(7);
    let decide = |_: &Counter| Ok::<_, Infallible>(vec![Counted {}, Counted {}]);
    let executed = counters.execute(id, decide).await.unwrap();

    let answer = serde_json::to_value(&executed).unwrap();
    let read: Executed<Counter> = serde_json::from_value(answer.clone()).unwrap();

    assert_eq!(
        answer,
        json!({
            "id": "00000000-0000-0000-0000-000000000007", "revision": 1,
            "position": executed.position().unwrap().as_u64(), "events": 2,
            "attempts": 1, "already_applied": false,
        })
    );
    assert_eq!((read.id(), read.revision()), (&id, executed.revision()));
    assert_eq!((read.position(), read.events()), (executed.position(), 2));
    assert!(serde_json::from_value::<Executed<Counter>>(json!({"id": "x"})).is_err());
}

#[test]
fn a_command_id_is_read_from_any_text_and_written_as_a_uuid() {
    let read: CommandId = serde_json::from_str("\"invoice 17\"").unwrap();

    assert_eq!(read, CommandId::from_text("invoice 17").unwrap());
    assert_eq!(same_again(&read), format!("\"{read}\""));
    assert!(refused::<CommandId>("\" \"").contains("the command id is empty"));
    assert!(serde_json::from_str::<CommandId>("7").is_err());
}

#[test]
fn decimals_in_events_are_numbers_all_the_same() {
    #[derive(Event)]
    struct Paid {
        amount: Decimal,
    }

    let paid = plumberd::event::NewEvent::encode(&Paid { amount: dec!(1.50) }).unwrap();

    assert_eq!(paid.data(), r#"{"Amount":1.50}"#);
}
