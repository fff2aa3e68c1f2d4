//! `None` is `null`, and nothing else in an `Option` is.

use plumberd::{
    Event, EventValue,
    codec::{Codec, Json},
    event::NewEvent,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

#[track_caller]
fn unwritable<T: EventValue>(value: &T) {
    let told = Json::encode(value, &mut Vec::new()).expect_err("it has no stored form");
    let told = told.to_string();
    assert!(told.contains("it would be read as `None`"), "{told}");
}

#[track_caller]
fn stored<T: EventValue + PartialEq + Debug>(value: &T, json: &str) {
    let mut out = Vec::new();
    Json::encode(value, &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), json);
    assert_eq!(&Json::decode::<T>(json.as_bytes()).unwrap(), value);
}

#[derive(Event, Debug, PartialEq)]
struct Noted {
    note: Option<Value>,
}

#[derive(EventValue, Debug, PartialEq)]
struct Anything(Value);

#[derive(EventValue, Debug, PartialEq)]
struct BySerde(#[event(with = "plumberd::value::serde")] Option<u32>);

#[test]
fn some_of_a_json_null_is_not_written() {
    unwritable(&Noted {
        note: Some(Value::Null),
    });
    assert!(
        NewEvent::encode(&Noted {
            note: Some(json!(null))
        })
        .is_err()
    );
    unwritable(&Some(Box::new(Value::Null)));
    unwritable(&vec![Some(Arc::new(Value::Null))]);
    unwritable(&BTreeMap::from([(1, Some(Value::Null))]));
    unwritable(&Some(Anything(Value::Null)));
    unwritable(&Some(BySerde(None)));
    unwritable(&(Some(Value::Null), 1));
}

type Twice = Option<Option<u8>>;

/// By serde's traits, wherever in the field it is.
#[derive(Event, Debug, PartialEq)]
struct ByItsTraits {
    #[event(with = "plumberd::value::serde")]
    alias: Twice,
    #[event(with = "plumberd::value::serde")]
    list: Vec<Twice>,
}

#[test]
fn some_of_null_is_not_written_by_traits_of_serde_that_would_read_it_as_none() {
    let alias = |alias| ByItsTraits {
        alias,
        list: vec![],
    };
    unwritable(&alias(Some(None)));
    unwritable(&ByItsTraits {
        alias: None,
        list: vec![None, Some(None)],
    });
    stored(&alias(None), r#"{"Alias":null,"List":[]}"#);
    stored(&alias(Some(Some(1))), r#"{"Alias":1,"List":[]}"#);
}

#[test]
fn some_of_any_other_json_is_written() {
    stored(&Noted { note: None }, r#"{"Note":null}"#);
    stored(
        &Noted {
            note: Some(json!({"a": null})),
        },
        r#"{"Note":{"a":null}}"#,
    );
    stored(&Some(json!([null])), "[null]");
    stored(&Some(json!(false)), "false");
    stored(&Some(Anything(json!(1))), "1");
    stored(&Some(BySerde(Some(1))), "1");
    stored(&Value::Null, "null");
    stored(&vec![json!(null)], "[null]");
}
