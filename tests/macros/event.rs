//! `#[derive(Event)]`: how events are stored and read, attribute by attribute.

use plumberd::{
    BoxError, Event, EventValue,
    codec::{Codec, CodecError, Json, JsonObject},
    event::{ContentType, DecodeError, EncodedEvent, NewEvent, Shape, ShapeBuilder},
};
use std::fmt::Debug;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(0x1234_5678_1234_4234_8234_5678_9012_3456);

fn write<E: Event>(event: &E) -> String {
    let mut out = Vec::new();
    event.encode(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn read_revision<E: Event>(index: usize, revision: u32, data: &str) -> Result<E, DecodeError> {
    let info = E::TYPES[index];
    let content_type = ContentType::from_static(info.content_type);
    let encoded = EncodedEvent::new(info.name, &content_type, revision, data.as_bytes());
    E::decode(index, &encoded)
}

fn read<E: Event>(data: &str) -> E {
    read_revision(0, E::TYPES[0].revision, data).unwrap()
}

/// What is wrong with the data.
#[track_caller]
fn malformed<E: Event + Debug>(data: &str) -> String {
    match read_revision::<E>(0, E::TYPES[0].revision, data) {
        Err(DecodeError::Malformed { source, .. }) => source.to_string(),
        other => panic!("{data} is read as {other:?}"),
    }
}

/// That `event` is stored as `data` under `name`, and `data` read as `event`.
#[track_caller]
fn stored<E: Event + PartialEq + Debug>(event: &E, name: &str, data: &str) {
    let index = event.type_index();
    assert_eq!(E::TYPES[index].name, name);
    assert_eq!(write(event), data);
    let again: E = read_revision(index, E::TYPES[index].revision, data).unwrap();
    assert_eq!(&again, event);
}

#[derive(Event, Debug, PartialEq)]
struct AccountOpened {
    owner: String,
    credit_limit: Option<u32>,
}

fn opened() -> AccountOpened {
    AccountOpened {
        owner: "Ann".to_owned(),
        credit_limit: None,
    }
}

#[test]
fn a_struct_is_stored_under_its_name_as_an_object() {
    stored(
        &opened(),
        "AccountOpened",
        r#"{"Owner":"Ann","CreditLimit":null}"#,
    );
    assert_eq!(AccountOpened::TYPES[0].revision, 1);
    assert_eq!(AccountOpened::TYPES[0].content_type, "application/json");
}

#[test]
fn keys_may_come_in_any_order_and_unknown_ones_are_passed_over() {
    let json = r#"{"Extra":{"Deep":[1,{}]},"CreditLimit":5,"More":null,"Owner":"Ann","Last":1}"#;
    assert_eq!(read::<AccountOpened>(json).credit_limit, Some(5));
}

#[test]
fn a_key_with_escapes_is_recognised() {
    assert_eq!(read::<AccountOpened>(r#"{"\u004fwner":"Ann"}"#), opened());
}

#[test]
fn names_are_case_sensitive() {
    assert!(malformed::<AccountOpened>(r#"{"owner":"Ann"}"#).starts_with("missing field `Owner`"));
}

#[test]
fn a_missing_option_is_none_and_another_missing_field_is_an_error_with_its_name() {
    assert_eq!(read::<AccountOpened>(r#"{"Owner":"Ann"}"#), opened());
    assert!(malformed::<AccountOpened>("{}").starts_with("missing field `Owner`"));
}

#[test]
fn a_field_that_is_there_twice_is_an_error_also_before_an_upcaster() {
    fn carry_over(_: &mut JsonObject) -> Result<(), BoxError> {
        Ok(())
    }
    #[derive(Event, Debug)]
    #[event(revision = 2, upcast(1 = carry_over))]
    struct Carried {
        #[event(alias = "Holder")]
        owner: String,
    }
    let twice = r#"{"Owner":"Bob","Owner":"Ann"}"#;
    assert!(malformed::<AccountOpened>(twice).starts_with("duplicate field `Owner`"));
    let old = read_revision::<Carried>(0, 1, twice).unwrap_err();
    assert!(
        format!("{old:?}").contains("the key `Owner` is there twice"),
        "{old:?}"
    );
    let both = malformed::<Carried>(r#"{"Owner":"Bob","Holder":"Ann"}"#);
    assert!(both.starts_with("duplicate field `Holder`"), "{both}");
    assert_eq!(read::<Carried>(r#"{"Holder":"Ann"}"#).owner, "Ann");
}

#[test]
fn data_that_is_no_object_is_refused() {
    for data in [
        "",
        "[]",
        "null",
        "\"x\"",
        r#"{"Owner":1}"#,
        r#"{"Owner":"Ann"} x"#,
        r#"{"Owner":"#,
    ] {
        malformed::<AccountOpened>(data);
    }
}

#[derive(Event, Debug, PartialEq)]
#[event(type = "com.myco.credited", content_type = "application/vnd.myco+json")]
struct Credited(u32, Option<String>);

#[derive(Event, Debug, PartialEq)]
struct Renamed(String);

#[derive(Event, Debug, PartialEq)]
struct Closed;

#[derive(Event, Debug, PartialEq)]
struct Emptied {}

#[test]
fn tuple_structs_are_arrays_or_their_only_value_and_unit_structs_empty_objects() {
    stored(&Credited(1, None), "com.myco.credited", "[1,null]");
    stored(&Renamed("x".to_owned()), "Renamed", "\"x\"");
    stored(&Closed, "Closed", "{}");
    stored(&Emptied {}, "Emptied", "{}");
    assert_eq!(read::<Closed>(r#"{"Extra":1}"#), Closed);
    malformed::<Credited>("[1]");
}

#[test]
fn a_content_type_is_a_label_that_must_match() {
    assert_eq!(Credited::TYPES[0].content_type, "application/vnd.myco+json");
    let event = NewEvent::encode(&Credited(1, None)).unwrap();
    assert_eq!(event.content_type().as_str(), "application/vnd.myco+json");
    let encoded = EncodedEvent::new("com.myco.credited", &ContentType::JSON, 1, b"[1,null]");
    let error = Credited::decode(0, &encoded).unwrap_err();
    assert!(
        matches!(error, DecodeError::ContentType { .. }),
        "got {error:?}"
    );
}

mod cents {
    use plumberd::__private::serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
    pub(super) fn serialize<S: Serializer>(euros: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        (euros * 100).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
        Ok(u32::deserialize(d)? / 100)
    }
}

fn seven() -> u32 {
    7
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Event, Debug, PartialEq, Default)]
struct Attributes {
    #[event(rename = "IBAN")]
    iban: String,
    #[event(default)]
    defaulted: u32,
    #[event(default = "seven")]
    called: u32,
    #[event(default = seven, alias = "OldName", alias = "OlderName")]
    aliased: u32,
    #[event(with = "cents")]
    price: u32,
    #[event(with = cents, default)]
    discount: u32,
    #[event(skip)]
    skipped: u32,
    #[event(skip, default = "seven")]
    computed: u32,
    r#type: u32,
}

#[test]
fn every_attribute_of_a_field_has_its_effect() {
    let event = Attributes {
        iban: "DE".to_owned(),
        price: 3,
        skipped: 9,
        computed: 9,
        ..Attributes::default()
    };

    assert_eq!(
        write(&event),
        r#"{"IBAN":"DE","Defaulted":0,"Called":0,"Aliased":0,"Price":300,"Discount":0,"Type":0}"#
    );
    assert_eq!(
        read::<Attributes>(r#"{"IBAN":"DE","Price":300,"Type":1,"OlderName":4,"Skipped":5}"#),
        Attributes {
            iban: "DE".to_owned(),
            called: 7,
            aliased: 4,
            price: 3,
            computed: 7,
            r#type: 1,
            ..Attributes::default()
        }
    );
}

#[test]
fn a_field_with_functions_of_its_own_must_be_there() {
    assert!(
        malformed::<Attributes>(r#"{"IBAN":"DE","Type":1}"#).starts_with("missing field `Price`")
    );
}

#[derive(Event, Debug, PartialEq, Default)]
struct OfSerde {
    #[serde(rename = "a", alias = "b")]
    renamed: u32,
    #[serde(default = "seven")]
    called: u32,
    #[serde(skip_serializing)]
    only_read: Option<u32>,
    #[serde(skip_deserializing)]
    only_written: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    sometimes: u32,
    #[serde(serialize_with = "cents::serialize")]
    half: u32,
    #[serde(deserialize_with = "cents::deserialize")]
    other_half: u32,
    #[serde(with = "cents")]
    both: u32,
}

#[test]
fn attributes_of_serde_are_carried_over() {
    let event = OfSerde {
        half: 1,
        both: 1,
        ..OfSerde::default()
    };
    assert_eq!(
        write(&event),
        r#"{"a":0,"Called":0,"OnlyWritten":0,"Half":100,"OtherHalf":0,"Both":100}"#
    );
    let sometimes = OfSerde {
        sometimes: 1,
        ..OfSerde::default()
    };
    assert!(write(&sometimes).contains(r#""Sometimes":1"#));
    assert_eq!(
        read::<OfSerde>(
            r#"{"b":1,"OnlyRead":2,"OnlyWritten":3,"Half":100,"OtherHalf":100,"Both":100}"#
        ),
        OfSerde {
            renamed: 1,
            called: 7,
            only_read: Some(2),
            only_written: 0,
            sometimes: 0,
            half: 100,
            other_half: 1,
            both: 1,
        }
    );
}

#[derive(Event, Debug, PartialEq, Clone)]
struct Moved {
    #[event(id)]
    event: Uuid,
    to: u32,
}

#[test]
fn the_id_is_in_the_data_and_in_the_store() {
    let event = Moved { event: ID, to: 1 };

    stored(&event, "Moved", &format!(r#"{{"Id":"{ID}","To":1}}"#));
    assert_eq!(event.id(), Some(ID));
    assert_eq!(NewEvent::encode(&event).unwrap().id(), ID);
    assert_eq!(opened().id(), None);
}

#[test]
fn an_id_can_be_assigned() {
    let mut event = Moved {
        event: Uuid::nil(),
        to: 1,
    };

    event.assign_id(ID);

    assert_eq!(event.event, ID);
}

#[derive(Event, Debug, PartialEq)]
struct Generic<T, const N: usize> {
    value: T,
    list: [T; N],
}

#[test]
fn an_event_may_be_generic() {
    let event = Generic {
        value: "a".to_owned(),
        list: ["b".to_owned()],
    };
    stored(&event, "Generic", r#"{"Value":"a","List":["b"]}"#);
}

#[derive(Event, Debug, PartialEq)]
enum OrderEvent {
    Placed {
        #[event(id)]
        id: Uuid,
        total: u32,
        #[event(skip)]
        cached: u32,
    },
    #[event(type = "order.cancelled")]
    Cancelled,
    Noted(String),
    Split(u32, #[event(with = "cents")] u32),
    #[event(transparent)]
    Moved(Moved),
    #[event(revision = 2, upcast(1 = rename_total))]
    Paid {
        amount: u32,
    },
}

#[test]
fn every_variant_is_a_stored_type_of_its_own() {
    let placed = OrderEvent::Placed {
        id: ID,
        total: 1,
        cached: 0,
    };
    stored(&placed, "Placed", &format!(r#"{{"Id":"{ID}","Total":1}}"#));
    stored(&OrderEvent::Cancelled, "order.cancelled", "{}");
    stored(&OrderEvent::Noted("x".to_owned()), "Noted", "\"x\"");
    stored(&OrderEvent::Split(1, 2), "Split", "[1,200]");
    let moved = OrderEvent::Moved(Moved { event: ID, to: 1 });
    stored(&moved, "Moved", &format!(r#"{{"Id":"{ID}","To":1}}"#));
    stored(&OrderEvent::Paid { amount: 1 }, "Paid", r#"{"Amount":1}"#);
    assert_eq!(OrderEvent::TYPES[5].revision, 2);
}

#[test]
fn the_id_of_a_variant_is_the_id_of_the_event() {
    let mut event = OrderEvent::Moved(Moved {
        event: Uuid::nil(),
        to: 1,
    });
    event.assign_id(ID);
    assert_eq!(event.id(), Some(ID));
    assert_eq!(OrderEvent::Cancelled.id(), None);
}

#[test]
fn a_variant_is_upcast_like_a_struct() {
    let read: OrderEvent = read_revision(5, 1, r#"{"Total":3}"#).unwrap();
    assert_eq!(read, OrderEvent::Paid { amount: 3 });
}

#[test]
fn an_index_that_an_event_does_not_have_is_an_error() {
    let encoded = EncodedEvent::new("Other", &ContentType::JSON, 1, b"{}");
    let error = OrderEvent::decode(6, &encoded).unwrap_err();
    assert!(
        matches!(error, DecodeError::OtherType { .. }),
        "got {error:?}"
    );
}

#[test]
fn every_variant_has_a_shape() {
    let shape = |index| OrderEvent::shape(index, &mut ShapeBuilder::default()).to_string();
    assert_eq!(
        shape(0),
        "{\n  Id: uuid\n  Total: integer\n  Cached: (skipped)\n}"
    );
    assert_eq!(shape(1), "{\n}");
    assert_eq!(shape(2), "text");
    assert_eq!(shape(4), Shape::of::<Moved>().to_string());
}

#[expect(clippy::unnecessary_wraps, reason = "an upcaster may fail")]
fn rename_total(json: &mut JsonObject) -> Result<(), BoxError> {
    json.rename("Total", "Amount");
    Ok(())
}

fn add_currency(json: &mut JsonObject) -> Result<(), BoxError> {
    if json.contains("Broken") {
        return Err("it is broken".into());
    }
    Ok(json.insert("Currency", "EUR")?)
}

#[derive(Event, Debug, PartialEq)]
#[event(revision = 3, upcast(2 = add_currency, 1 = rename_total))]
struct Billed {
    amount: u32,
    currency: String,
}

#[test]
fn upcasters_on_json_run_from_the_stored_revision_on() {
    let billed = Billed {
        amount: 1,
        currency: "EUR".to_owned(),
    };
    assert_eq!(
        (Billed::TYPES[0].revision, Billed::TYPES[0].oldest_revision),
        (3, 1)
    );
    assert_eq!(
        read_revision::<Billed>(0, 1, r#"{"Total":1}"#).unwrap(),
        billed
    );
    assert_eq!(
        read_revision::<Billed>(0, 2, r#"{"Amount":1}"#).unwrap(),
        billed
    );
    stored(&billed, "Billed", r#"{"Amount":1,"Currency":"EUR"}"#);
}

#[test]
fn a_failing_upcaster_fails_the_read() {
    let error = read_revision::<Billed>(0, 2, r#"{"Amount":1,"Broken":true}"#).unwrap_err();
    assert!(
        matches!(error, DecodeError::Upcast { revision: 2, .. }),
        "got {error:?}"
    );
}

#[test]
fn a_newer_revision_is_refused() {
    let error = read_revision::<Billed>(0, 4, "{}").unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::NewerRevision {
                found: 4,
                newest: 3,
                ..
            }
        ),
        "got {error:?}"
    );
}

#[derive(Event, Debug, PartialEq)]
#[event(revision = 3)]
struct WithoutLinks {}

#[derive(Event, Debug, PartialEq)]
#[event(revision = 3, upcast(2 = rename_total))]
struct FromTwo {}

#[test]
fn a_revision_that_nothing_leads_on_from_is_an_error() {
    let error = read_revision::<WithoutLinks>(0, 2, "{}").unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::NoUpcaster {
                found: 2,
                oldest: 3,
                ..
            }
        ),
        "got {error:?}"
    );
    let error = read_revision::<FromTwo>(0, 1, "{}").unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::NoUpcaster {
                found: 1,
                oldest: 2,
                ..
            }
        ),
        "got {error:?}"
    );
    assert_eq!(read_revision::<FromTwo>(0, 2, "{}").unwrap(), FromTwo {});
}

#[derive(Event)]
#[event(type = "Shipped")]
struct ShippedV1 {
    to: String,
}

#[derive(Event)]
#[event(type = "Shipped", revision = 2, upcast_from = ShippedV1)]
struct ShippedV2 {
    street: String,
}

#[derive(Event, Debug, PartialEq)]
#[event(revision = 3, upcast_from = ShippedV2)]
struct Shipped {
    address: Vec<String>,
}

impl From<ShippedV1> for ShippedV2 {
    fn from(previous: ShippedV1) -> Self {
        Self {
            street: previous.to,
        }
    }
}

impl From<ShippedV2> for Shipped {
    fn from(previous: ShippedV2) -> Self {
        Self {
            address: vec![previous.street],
        }
    }
}

#[test]
fn typed_upcasters_lead_on_from_revision_to_revision() {
    let shipped = Shipped {
        address: vec!["a".to_owned()],
    };
    assert_eq!(Shipped::TYPES[0].oldest_revision, 1);
    assert_eq!(
        read_revision::<Shipped>(0, 1, r#"{"To":"a"}"#).unwrap(),
        shipped
    );
    assert_eq!(
        read_revision::<Shipped>(0, 2, r#"{"Street":"a"}"#).unwrap(),
        shipped
    );
    stored(&shipped, "Shipped", r#"{"Address":["a"]}"#);
}

#[derive(Event, Debug, PartialEq)]
enum ParcelEvent {
    #[event(revision = 3, upcast_from = ShippedV2)]
    Shipped { address: String },
}

impl From<ShippedV2> for ParcelEvent {
    fn from(previous: ShippedV2) -> Self {
        Self::Shipped {
            address: previous.street,
        }
    }
}

#[test]
fn a_variant_has_typed_upcasters_too() {
    let read: ParcelEvent = read_revision(0, 1, r#"{"To":"a"}"#).unwrap();
    let address = "a".to_owned();
    assert_eq!(read, ParcelEvent::Shipped { address });
}

/// JSON, backwards: a codec of the application's own.
struct Reversed;

impl Codec for Reversed {
    const CONTENT_TYPE: &'static str = "application/x-reversed";

    fn encode<T: EventValue>(value: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
        Json::encode(value, out)?;
        out.reverse();
        Ok(())
    }

    fn decode<T: EventValue>(data: &[u8]) -> Result<T, CodecError> {
        Json::decode(&data.iter().rev().copied().collect::<Vec<_>>())
    }
}

#[derive(Event, Debug, PartialEq)]
#[event(codec = Reversed)]
struct Mirrored {
    a: u32,
}

#[derive(Event, Debug, PartialEq)]
#[event(codec = Reversed)]
enum MirrorEvent {
    Turned {
        a: u32,
    },
    #[event(codec = Json)]
    Plain,
}

#[test]
fn a_codec_encodes_the_data_and_names_the_content_type() {
    stored(&Mirrored { a: 12 }, "Mirrored", r#"}21:"A"{"#);
    assert_eq!(Mirrored::TYPES[0].content_type, "application/x-reversed");
    stored(&MirrorEvent::Turned { a: 12 }, "Turned", r#"}21:"A"{"#);
    stored(&MirrorEvent::Plain, "Plain", "{}");
    assert_eq!(MirrorEvent::TYPES[0].content_type, "application/x-reversed");
    assert_eq!(MirrorEvent::TYPES[1].content_type, "application/json");
}

#[derive(Event, Debug)]
struct Measured {
    value: f64,
}

#[test]
fn a_value_without_a_stored_form_is_an_error_that_names_the_event() {
    let error = Measured { value: f64::NAN }
        .encode(&mut Vec::new())
        .unwrap_err();
    assert_eq!(error.event_type, "Measured");
    assert_eq!(
        error.source.to_string(),
        "NaN has no stored form in `Value`"
    );
}

#[test]
fn an_event_is_a_value_of_another_event() {
    #[derive(Event, Debug, PartialEq)]
    struct Imported {
        first: Moved,
    }
    let event = Imported {
        first: Moved { event: ID, to: 1 },
    };
    stored(
        &event,
        "Imported",
        &format!(r#"{{"First":{{"Id":"{ID}","To":1}}}}"#),
    );
}
