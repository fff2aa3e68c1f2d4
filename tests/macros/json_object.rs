//! Objects of JSON as text: their order, repeated keys, and many keys.

use plumberd::codec::JsonObject;
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

fn parse(json: &str) -> JsonObject {
    JsonObject::parse(json.as_bytes()).unwrap()
}

/// An object of the keys `k0`, `k1`, …, each with its number.
fn of_keys(count: usize) -> String {
    let mut json = String::from("{");
    for number in 0..count {
        let comma = if number == 0 { "" } else { "," };
        write!(json, "{comma}\"k{number}\":{number}").unwrap();
    }
    json + "}"
}

#[test]
fn the_last_value_of_a_repeated_key_stands_at_the_place_of_the_first() {
    assert_eq!(
        parse(r#"{"a":1,"b":2,"a":3,"c":4,"b":5,"a":6}"#).to_string(),
        r#"{"a":6,"b":5,"c":4}"#
    );
    assert_eq!(parse(r#"{"a":1,"\u0061":2}"#).to_string(), r#"{"a":2}"#);
}

#[test]
fn so_it_does_among_many_keys() {
    let many = of_keys(100);
    let repeated = many.replace('}', r#","k7":"x","k99":"y","k7":"z"}"#);

    let expected = many.replace("\"k7\":7,", "\"k7\":\"z\",");
    let expected = expected.replace("\"k99\":99", "\"k99\":\"y\"");
    assert_eq!(parse(&many).to_string(), many);
    assert_eq!(parse(&repeated).to_string(), expected);
}

#[test]
fn what_extends_an_object_sets_keys_at_their_place_and_adds_others_at_the_end() {
    let mut object = parse(r#"{"a":1,"b":2}"#);

    object.extend(&parse(r#"{"c":3,"a":4}"#));
    assert_eq!(object.to_string(), r#"{"a":4,"b":2,"c":3}"#);

    object.extend(&parse(&of_keys(50)));
    assert_eq!(object.len(), 53);
    object.extend(&parse(r#"{"k49":"x","b":"y"}"#));
    assert_eq!(object.len(), 53);
    assert!(
        object
            .to_string()
            .starts_with(r#"{"a":4,"b":"y","c":3,"k0":0"#)
    );
    assert!(object.to_string().ends_with(r#","k49":"x"}"#));
}

/// With a scan for every key it would be ten minutes, not a second.
#[test]
fn a_hundred_thousand_keys_take_no_time_to_speak_of() {
    let json = of_keys(100_000);
    let began = Instant::now();

    let mut object = parse(&json);
    object.extend(&parse(&json));

    assert_eq!(object.len(), 100_000);
    assert!(
        began.elapsed() < Duration::from_secs(120),
        "{:?}",
        began.elapsed()
    );
}
