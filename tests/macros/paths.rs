//! An error says where in the data it is, as System.Text.Json does: the path,
//! what was found, what was expected.

use plumberd::{
    BoxError, Event, EventValue,
    codec::{Codec, Json, JsonObject},
    event::{ContentType, DecodeError, EncodedEvent, Metadata},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use uuid::Uuid;

#[derive(EventValue, Debug)]
struct Line {
    price: Decimal,
    count: u8,
    sizes: (u8, [u16; 2]),
    kind: Kind,
    #[event(with = "even")]
    even: u32,
    by_name: HashMap<String, u8>,
    tags: HashSet<Uuid>,
    queue: VecDeque<Option<bool>>,
}

#[derive(EventValue, Debug)]
enum Kind {
    Plain {},
    Boxed { inner: Box<Kind>, weight: f32 },
}

mod even {
    use super::*;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "so `with` asks for it")]
    pub(super) fn serialize<S: serde::Serializer>(
        value: &u32,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Serialize::serialize(value, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let number = <u32 as Deserialize>::deserialize(deserializer)?;
        if number % 2 == 0 {
            Ok(number)
        } else {
            Err(D::Error::custom("an odd number, expected an even one"))
        }
    }
}

#[derive(Event, Debug)]
struct Ordered {
    lines: Vec<Line>,
    #[event(with = "plumberd::value::serde")]
    place: Place,
    totals: BTreeMap<i32, Decimal>,
}

#[derive(Serialize, Deserialize, Debug)]
struct Place {
    street: Street,
    points: Vec<Vec<i8>>,
    named: HashMap<String, Shape>,
}

#[derive(Serialize, Deserialize, Debug)]
struct Street {
    number: u32,
}

#[derive(Serialize, Deserialize, Debug)]
enum Shape {
    Round { radius: f64 },
    Pair(i32, i32),
}

const LINE: &str = r#"{"Price":1.50,"Count":1,"Sizes":[1,[2,3]],"Kind":{"$type":"Plain"},"Even":2,"ByName":{},"Tags":[],"Queue":[]}"#;
const PLACE: &str = r#"{"street":{"number":1},"points":[],"named":{}}"#;

fn order(line: &str, place: &str, totals: &str) -> String {
    format!(r#"{{"Lines":[{LINE}, {LINE},{line}],"Place":{place},"Totals":{totals}}}"#)
}

fn decode(data: &str) -> Result<Ordered, DecodeError> {
    let encoded = EncodedEvent::new("Ordered", &ContentType::JSON, 1, data.as_bytes());
    Ordered::decode(0, &encoded)
}

#[track_caller]
fn wrong(data: &str) -> String {
    match decode(data) {
        Err(DecodeError::Malformed { source, .. }) => source.to_string(),
        other => panic!("{data} is read as {other:?}"),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row a kind of value")]
fn a_path_leads_through_lists_objects_tuples_enums_and_maps() {
    decode(&order(LINE, PLACE, "{}")).unwrap();
    for (right, mistaken, path, found) in [
        (
            r#""Price":1.50"#,
            r#""Price":"abc""#,
            "Lines[2].Price",
            "\"abc\"",
        ),
        (r#""Price":1.50"#, r#""Price":[]"#, "Lines[2].Price", "[]"),
        (
            r#""Price":1.50,"#,
            "",
            "Lines[2].Price",
            "missing field `Price`",
        ),
        (
            r#""Count":1"#,
            r#""Count":300"#,
            "Lines[2].Count",
            "integer `300`, expected u8",
        ),
        (
            r#""Count":1"#,
            r#""Count":{}"#,
            "Lines[2].Count",
            "map, expected u8",
        ),
        (
            r#""Count":1"#,
            r#""Count":1,"Count":1"#,
            "Lines[2].Count",
            "duplicate field",
        ),
        (
            "[1,[2,3]]",
            r#"[1,[2,"x"]]"#,
            "Lines[2].Sizes[1][1]",
            "string \"x\", expected u16",
        ),
        (
            "[1,[2,3]]",
            "[1,[2]]",
            "Lines[2].Sizes[1]",
            "invalid length 1, expected a list of 2",
        ),
        ("[1,[2,3]]", "[1]", "Lines[2].Sizes", "invalid length 1"),
        (
            r#""Plain""#,
            r#""Sharp""#,
            "Lines[2].Kind.$type",
            "`Sharp` is no `Kind`",
        ),
        (
            r#"{"$type":"Plain"}"#,
            r#"{"$type":"Boxed","Inner":{"$type":"Boxed","Inner":{"$type":"Plain"},"Weight":null},"Weight":1}"#,
            "Lines[2].Kind.Inner.Weight",
            "null, expected f32",
        ),
        (
            r#""Even":2"#,
            r#""Even":3"#,
            "Lines[2].Even",
            "an odd number",
        ),
        (
            r#""ByName":{}"#,
            r#""ByName":{"a":1,"b c":-1}"#,
            r#"Lines[2].ByName["b c"]"#,
            "integer `-1`",
        ),
        (
            r#""ByName":{}"#,
            r#""ByName":{"EUR":true}"#,
            "Lines[2].ByName.EUR",
            "boolean `true`",
        ),
        (
            r#""Tags":[]"#,
            r#""Tags":["00000000-0000-0000-0000-000000000000", 7]"#,
            "Lines[2].Tags[1]",
            "integer `7`, expected a UUID",
        ),
        (
            r#""Queue":[]"#,
            r#""Queue":[null,true,0]"#,
            "Lines[2].Queue[2]",
            "integer `0`",
        ),
    ] {
        let line = LINE.replacen(right, mistaken, 1);
        assert_ne!(line, LINE, "{right}");

        let error = wrong(&order(&line, PLACE, "{}"));

        assert!(
            error.ends_with(&format!(" in `{path}`")),
            "{mistaken}: {error}"
        );
        assert!(error.contains(found), "{mistaken}: {error}");
    }
    let error = wrong(&order(LINE, PLACE, r#"{"07":1}"#));
    assert!(
        error.contains("`07`") && error.ends_with(" in `Totals.07`"),
        "{error}"
    );
    let error = wrong(&order(LINE, PLACE, r#"{"7":1,"-8":"x"}"#));
    assert!(error.ends_with(" in `Totals.-8`"), "{error}");
}

#[test]
fn a_path_leads_on_through_what_serde_reads() {
    for (right, mistaken, path) in [
        (r#""number":1"#, r#""number":"x""#, "Place.street.number"),
        (r#"{"number":1}"#, "{}", "Place.street"),
        (
            r#""points":[]"#,
            r#""points":[[1],[2,3 , 400]]"#,
            "Place.points[1][2]",
        ),
        (r#""points":[]"#, r#""points":[[1], {}]"#, "Place.points[1]"),
        (
            r#""named":{}"#,
            r#""named":{"a":{"Round":{"radius":"x"}}}"#,
            "Place.named.a.Round.radius",
        ),
        (
            r#""named":{}"#,
            r#""named":{"a":{"Pair":[1,false]}}"#,
            "Place.named.a.Pair[1]",
        ),
        (
            r#""named":{}"#,
            r#""named":{"a b":{"Pair":7}}"#,
            r#"Place.named["a b"].Pair"#,
        ),
    ] {
        let place = PLACE.replacen(right, mistaken, 1);
        assert_ne!(place, PLACE, "{right}");

        let error = wrong(&order(LINE, &place, "{}"));

        assert!(
            error.ends_with(&format!(" in `{path}`")),
            "{mistaken}: {error}"
        );
    }
}

#[test]
fn a_path_is_found_on_every_line_of_a_text() {
    let data = order(LINE, &PLACE.replace("1}", "\"x\"}"), "{}").replace(",\"", ",\n\t\"");
    let error = wrong(&data);
    assert!(error.ends_with(" in `Place.street.number`"), "{error}");
}

#[test]
fn a_value_that_a_list_ends_with_is_named_and_not_the_next_one() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "u8")]
    struct Odd;
    impl TryFrom<u8> for Odd {
        type Error = &'static str;
        fn try_from(number: u8) -> Result<Self, &'static str> {
            if number % 2 == 1 {
                Ok(Self)
            } else {
                Err("not odd")
            }
        }
    }
    let json = JsonObject::parse(br#"{"Odd":{"all":[1,2, 3]}}"#).unwrap();
    let error = json
        .get_as::<HashMap<String, Vec<Odd>>>("Odd")
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("key `Odd.all[1]`: not odd"), "{error}");
}

#[test]
fn what_is_upcast_is_named_by_the_path_it_has_then() {
    fn gather(json: &mut JsonObject) -> Result<(), BoxError> {
        json.rename("Old", "Items");
        Ok(())
    }
    #[derive(Event, Debug)]
    #[event(revision = 2, upcast(1 = gather))]
    struct Gathered {
        items: Vec<u16>,
    }
    let encoded = EncodedEvent::new("Gathered", &ContentType::JSON, 1, br#"{"Old":[1,-1]}"#);
    let DecodeError::Malformed { source, .. } = Gathered::decode(0, &encoded).unwrap_err() else {
        panic!("another error");
    };
    assert!(source.to_string().ends_with(" in `Items[1]`"), "{source}");
}

#[test]
fn metadata_and_snapshots_have_paths_too() {
    let metadata = Metadata::from_json(br#"{"A":1,"Revision":{}}"#).unwrap();
    let error = metadata.revision().unwrap_err().to_string();
    assert!(
        error.starts_with("key `Revision`: invalid type: map, expected u32"),
        "{error}"
    );
    let error = Metadata::from_json(br#"{"A":1,"B":{"C":[1,}}"#)
        .unwrap_err()
        .to_string();
    assert!(error.contains(" in `B.C"), "{error}");
    let error = Json::decode::<Vec<Line>>(b"[{}]").unwrap_err().to_string();
    assert!(
        error.starts_with("missing field `Price`") && error.ends_with(" in `[0].Price`"),
        "{error}"
    );
}

#[test]
fn a_path_names_no_more_of_a_key_or_a_value_than_its_beginning() {
    let personal = "Ann Example, ".repeat(20);
    let name = format!(r#""ByName":{{"{personal}":"{personal}"}}"#);
    let error = wrong(&order(&LINE.replace(r#""ByName":{}"#, &name), PLACE, "{}"));
    assert!(error.contains("Lines[2].ByName[\"Ann Example"), "{error}");
    assert!(!error.contains(&personal[..60]), "{error}");

    let named = format!(r#""named":{{"{personal}":{{"Pair":"{personal}"}}}}"#);
    let error = wrong(&order(LINE, &PLACE.replace(r#""named":{}"#, &named), "{}"));
    assert!(error.contains("Place.named[\"Ann Example"), "{error}");
    assert!(!error.contains(&personal[..60]), "{error}");
}

#[test]
fn a_long_path_is_shortened_in_its_middle() {
    #[derive(EventValue, Debug)]
    struct Nested {
        inner_of_the_nested: Option<Box<Nested>>,
    }
    let data = r#"{"InnerOfTheNested":"#.repeat(50) + "7" + &"}".repeat(50);
    let error = Json::decode::<Nested>(data.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("InnerOfTheNested.Inner") && error.contains('…'),
        "{error}"
    );
    assert!(error.len() < 400, "{error}");
}

#[test]
fn a_word_joiner_in_the_data_changes_no_path() {
    for data in [
        "{\"Lines\":\"\u{2060}x\u{2060}\"}".to_owned(),
        "{\"\u{2060}Lines\u{2060}\":7}".to_owned(),
    ] {
        let error = wrong(&data);
        assert!(error.contains("Lines"), "{error}");
    }
    let error = Json::decode::<HashMap<String, u8>>("{\"\u{2060}a\":-1}".as_bytes()).unwrap_err();
    assert!(
        error.to_string().ends_with("in `[\"\\u{2060}a\"]`"),
        "{error}"
    );
}

/// What is said of a value that cannot be written.
fn unwritable<T: plumberd::value::EventValue>(value: &T) -> String {
    Json::encode(value, &mut b"before it".to_vec())
        .unwrap_err()
        .to_string()
}

#[test]
fn an_error_from_writing_names_the_path_too() {
    #[derive(EventValue, Debug, Clone)]
    struct Weighed {
        name: String,
        weight: f64,
        by_place: BTreeMap<String, Vec<f32>>,
    }
    let weighed = |weight, more| Weighed {
        name: "a \"quoted\" {[,".to_owned(),
        weight,
        by_place: [
            ("top".to_owned(), vec![]),
            ("the end".to_owned(), vec![1.0, more]),
        ]
        .into(),
    };
    let fine = weighed(1.0, 2.0);

    let list = vec![fine.clone(), weighed(f64::NAN, 2.0)];
    assert_eq!(unwritable(&list), "NaN has no stored form in `[1].Weight`");
    let list = (7_u8, vec![fine.clone(), fine, weighed(1.0, f32::INFINITY)]);
    assert_eq!(
        unwritable(&list),
        "inf has no stored form in `[1][2].ByPlace[\"the end\"][1]`"
    );
    assert_eq!(unwritable(&f64::NAN), "NaN has no stored form");
}

#[test]
fn an_event_that_cannot_be_encoded_says_where() {
    #[derive(Event, Debug)]
    struct Measured {
        values: Vec<(u8, f64)>,
    }

    let measured = Measured {
        values: vec![(1, 1.0), (2, f64::NAN)],
    };
    let error = plumberd::event::NewEvent::encode(&measured).unwrap_err();

    assert_eq!(
        error.source.to_string(),
        "NaN has no stored form in `Values[1][1]`"
    );
}

#[test]
fn what_is_nested_too_deep_says_where_it_begins_to_be() {
    #[derive(EventValue, Debug)]
    struct Deep {
        down: Option<Box<Deep>>,
    }
    let deep = (0..70).fold(Deep { down: None }, |deep, _| Deep {
        down: Some(Box::new(deep)),
    });

    let error = unwritable(&deep);

    assert!(error.contains("64 levels"), "{error}");
    assert!(error.contains(" in `Down.Down."), "{error}");
}
