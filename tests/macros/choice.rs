//! Enums as values: their names, their numbers, and variants that hold a
//! struct.

use crate::stored_form::{read, refused, stored, write};
use plumberd::{
    Event, EventValue,
    event::{NewEvent, Shape},
};
use std::{collections::BTreeMap, fmt::Debug};

/// As `JsonStringEnumConverter` reads them.
#[derive(EventValue, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Clone, Copy)]
#[event(as = "string")]
enum Currency {
    Eur,
    #[event(rename = "US$", alias = "Usd", alias = "Dollar")]
    Usd,
    Größe = 7,
}

#[derive(EventValue, Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Level {
    Low = -1,
    #[event(alias = "Middle")]
    Mid,
    High = 10,
}

#[test]
fn names_are_read_without_regard_to_case() {
    assert_eq!(read::<Currency>("\"eUR\""), Currency::Eur);
    assert_eq!(read::<Currency>("\"GRÖßE\""), Currency::Größe);
    stored(&Currency::Usd, "\"US$\"");
    assert!(refused::<Currency>("\"Yen\"").starts_with("`Yen` is no `Currency`"));
    assert!(refused::<Currency>("\"\"").starts_with("`` is no `Currency`"));
}

#[test]
fn numbers_are_read_beside_names() {
    assert_eq!(read::<Currency>("1"), Currency::Usd);
    assert_eq!(read::<Currency>("7"), Currency::Größe);
    stored(&Level::Low, "-1");
    assert!(refused::<Currency>("2").starts_with("2 is no `Currency`"));
    assert!(refused::<Currency>("1.0").contains("the name or the number of a variant"));
    assert!(refused::<Level>("1.0").contains("the number of a variant of `Level`"));
    refused::<Level>("null");
    refused::<Level>("true");
    refused::<Level>("{}");
    refused::<Level>("[0]");
    refused::<Level>("\"0\"");
}

#[test]
fn an_alias_is_read_and_not_written() {
    assert_eq!(read::<Currency>("\"Dollar\""), Currency::Usd);
    assert_eq!(read::<Currency>("\"usd\""), Currency::Usd);
    let keys = read::<BTreeMap<Level, u32>>(r#"{"Middle":1}"#);
    assert_eq!(write(&keys), r#"{"Mid":1}"#);
    let keys = read::<BTreeMap<Currency, u32>>(r#"{"Dollar":1}"#);
    assert_eq!(keys, BTreeMap::from([(Currency::Usd, 1)]));
    assert_eq!(write(&keys), r#"{"US$":1}"#);
}

/// As a key, a name has the one spelling.
#[test]
fn keys_of_maps_are_names_with_regard_to_case() {
    refused::<BTreeMap<Currency, u32>>(r#"{"eur":1}"#);
    refused::<BTreeMap<Currency, u32>>(r#"{"0":1}"#);
    refused::<BTreeMap<Kind, u32>>(r#"{"new":1}"#);
}

#[derive(EventValue, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[event(as = "string")]
enum Kind {
    Sale,
    #[event(other)]
    Unknown,
}

#[derive(EventValue, Debug, PartialEq)]
enum Code {
    Fine = 200,
    #[event(other)]
    Other = 0,
}

#[test]
fn what_is_not_known_is_the_variant_for_it() {
    assert_eq!(read::<Kind>("\"Gift\""), Kind::Unknown);
    assert_eq!(read::<Kind>("99"), Kind::Unknown);
    assert_eq!(read::<Kind>("\"sale\""), Kind::Sale);
    stored(&Kind::Unknown, "\"Unknown\"");
    assert_eq!(read::<Code>("404"), Code::Other);
    assert_eq!(read::<Code>("200"), Code::Fine);
    stored(&Code::Other, "0");
    refused::<Code>("null");
    refused::<Kind>("{}");
}

#[derive(EventValue, Debug, PartialEq, Clone, Copy)]
enum Parens {
    A(),
    B,
    C {},
}

#[repr(i16)]
#[derive(EventValue, Debug, PartialEq, Clone, Copy)]
enum Numbered {
    A() = 5,
    B,
    C {} = -3 * 2,
    D(),
    E = 1 << 10,
    F {},
}

#[repr(u64)]
#[derive(EventValue, Debug, PartialEq, Clone, Copy)]
enum Large {
    Most() = u64::MAX - 1,
    More,
}

#[derive(EventValue, Debug, PartialEq, Clone, Copy)]
#[event(as = "string")]
enum Names {
    A(),
    B {},
}

#[derive(EventValue, Debug, PartialEq)]
enum Mixed {
    A(),
    B { c: u32 },
    D {},
}

#[derive(EventValue, Debug, PartialEq)]
struct NoFields();

#[derive(EventValue, Debug, PartialEq)]
struct NoNames {}

#[test]
fn variants_with_empty_parentheses_are_variants_without_data() {
    stored(&[Parens::A(), Parens::B, Parens::C {}], "[0,1,2]");
    stored(
        &[
            Numbered::A(),
            Numbered::B,
            Numbered::C {},
            Numbered::D(),
            Numbered::E,
            Numbered::F {},
        ],
        "[5,6,-6,-5,1024,1025]",
    );
    stored(
        &[Large::Most(), Large::More],
        "[18446744073709551614,18446744073709551615]",
    );
    stored(&[Names::A(), Names::B {}], r#"["A","B"]"#);
    stored(
        &vec![Mixed::A(), Mixed::B { c: 1 }, Mixed::D {}],
        r#"[{"$type":"A"},{"$type":"B","C":1},{"$type":"D"}]"#,
    );
    stored(&(NoFields(), NoNames {}), "[{},{}]");
}

#[derive(Event, Debug, PartialEq)]
enum DoorEvent {
    Opened(),
    Closed {},
    Locked,
}

#[test]
fn events_with_empty_parentheses_are_events_without_data() {
    for (event, name) in [
        (DoorEvent::Opened(), "Opened"),
        (DoorEvent::Closed {}, "Closed"),
        (DoorEvent::Locked, "Locked"),
    ] {
        let new = NewEvent::encode(&event).unwrap();
        assert_eq!(
            (new.event_type().as_str(), &**new.data()),
            (name, &b"{}"[..])
        );
        let stored = plumberd::event::EncodedEvent::new(name, new.content_type(), 1, new.data());
        assert_eq!(
            DoorEvent::decode(event.type_index(), &stored).unwrap(),
            event
        );
    }
}

#[derive(EventValue, Debug, PartialEq)]
struct Card {
    number: String,
    #[event(default, skip_serializing_if = "Option::is_none")]
    until: Option<u32>,
}

#[derive(EventValue, Debug, PartialEq)]
struct Nothing;

#[derive(EventValue, Debug, PartialEq)]
enum Payment {
    Cash,
    Card(Card),
    #[event(rename = "gift", alias = "Voucher")]
    Gift(Box<Card>),
    Free(Nothing),
    Split {
        parts: Vec<Payment>,
    },
    #[event(other)]
    Unknown,
}

#[test]
fn a_variant_that_holds_a_struct_is_the_struct_with_its_type_first() {
    let card = |number: &str| Card {
        number: number.to_owned(),
        until: None,
    };
    stored(
        &Payment::Card(card("1")),
        r#"{"$type":"Card","Number":"1"}"#,
    );
    stored(
        &Payment::Gift(Box::new(Card {
            until: Some(27),
            ..card("2")
        })),
        r#"{"$type":"gift","Number":"2","Until":27}"#,
    );
    stored(&Payment::Free(Nothing), r#"{"$type":"Free"}"#);
    stored(
        &Payment::Split {
            parts: vec![Payment::Cash, Payment::Card(card("3"))],
        },
        r#"{"$type":"Split","Parts":[{"$type":"Cash"},{"$type":"Card","Number":"3"}]}"#,
    );
    let voucher = read::<Payment>(r#"{"$type":"Voucher","Number":"4"}"#);
    assert_eq!(voucher, Payment::Gift(Box::new(card("4"))));
    let told = refused::<Payment>(r#"{"$type":"Card"}"#);
    assert!(told.contains("missing field `Number`"), "{told}");
}

#[test]
fn of_a_type_that_is_not_known_the_fields_are_passed_over() {
    let read = read::<Vec<Payment>>(r#"[{"$type":"Coins","Count":[1,2]},{"$type":"Cash"}]"#);
    assert_eq!(read, [Payment::Unknown, Payment::Cash]);
    // The other systems tell their types apart with regard to case.
    assert_eq!(
        self::read::<Payment>(r#"{"$type":"cash"}"#),
        Payment::Unknown
    );
    refused::<Payment>(r#"{"Number":"1"}"#);
}

#[test]
fn the_shape_of_such_a_variant_is_that_of_the_struct() {
    #[derive(EventValue)]
    enum Written {
        Card { number: String, until: Option<u32> },
    }

    #[derive(EventValue)]
    enum Held {
        Card(Card),
    }

    assert_eq!(Shape::of::<Held>(), Shape::of::<Written>());
    assert!(!Shape::of::<Payment>().has_skipped());
}
