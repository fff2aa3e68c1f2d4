//! What the attributes of a type say about how its fields are named and read.

use crate::stored_form::{read, refused, stored, write};
use chrono::{DateTime, FixedOffset, Local, Utc};
use plumberd::{
    Event, EventValue,
    event::{NewEvent, Shape},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fmt::Debug,
    sync::Arc,
};

#[derive(EventValue, Debug, PartialEq)]
#[event(rename_all = "camelCase")]
struct Camel {
    user_id: u32,
    md5sum: String,
    #[event(rename = "IBAN")]
    iban: u32,
    r#type: u32,
}

#[derive(EventValue, Debug, PartialEq)]
#[event(rename_all = "SCREAMING-KEBAB-CASE")]
struct Screaming {
    user_id: u32,
}

#[derive(EventValue, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[event(as = "string", rename_all = "snake_case")]
enum Snake {
    InTransit,
    #[event(rename = "Done")]
    Delivered,
}

#[derive(EventValue, Debug, PartialEq)]
#[event(rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum Tagged {
    CreditCard {
        card_number: u32,
    },
    #[event(rename_all = "UPPERCASE")]
    BankTransfer {
        iban: u32,
    },
}

#[derive(Event, Debug, PartialEq)]
#[event(rename_all = "snake_case")]
struct OrderPlaced {
    order_number: u32,
    #[event(id)]
    event: plumberd::__private::Uuid,
}

#[derive(Event, Debug, PartialEq)]
#[event(rename_all = "camelCase", rename_all_fields = "snake_case")]
enum OrderEvent {
    OrderPaid {
        paid_by: u32,
    },
    #[event(type = "Shipped", rename_all = "camelCase")]
    OrderShipped {
        ship_to: u32,
    },
}

#[test]
fn rename_all_names_what_has_no_name_of_its_own() {
    stored(
        &Camel {
            user_id: 1,
            md5sum: "x".into(),
            iban: 2,
            r#type: 3,
        },
        r#"{"userId":1,"md5Sum":"x","IBAN":2,"type":3}"#,
    );
    stored(&Screaming { user_id: 1 }, r#"{"USER-ID":1}"#);
    stored(
        &[Snake::InTransit, Snake::Delivered],
        r#"["in_transit","Done"]"#,
    );
    stored(
        &BTreeMap::from([(Snake::InTransit, 1)]),
        r#"{"in_transit":1}"#,
    );
    stored(
        &[
            Tagged::CreditCard { card_number: 1 },
            Tagged::BankTransfer { iban: 2 },
        ],
        r#"[{"$type":"credit-card","cardNumber":1},{"$type":"bank-transfer","IBAN":2}]"#,
    );
}

#[test]
fn rename_all_names_the_fields_of_events_and_the_types_of_enums() {
    let id = plumberd::__private::Uuid::from_u128(7);
    let placed = OrderPlaced {
        order_number: 1,
        event: id,
    };
    stored(&placed, &format!(r#"{{"order_number":1,"Id":"{id}"}}"#));
    let paid = NewEvent::encode(&OrderEvent::OrderPaid { paid_by: 1 }).unwrap();
    assert_eq!(paid.event_type().as_str(), "orderPaid");
    assert_eq!(paid.data(), r#"{"paid_by":1}"#);
    let shipped = NewEvent::encode(&OrderEvent::OrderShipped { ship_to: 1 }).unwrap();
    assert_eq!(shipped.event_type().as_str(), "Shipped");
    assert_eq!(shipped.data(), r#"{"shipTo":1}"#);
    assert_ne!(Shape::of::<Camel>(), Shape::of::<Screaming>());
}

const LIMIT: u32 = 7;

fn ten() -> u32 {
    5 + 5
}

#[derive(EventValue, Debug, PartialEq)]
enum Level {
    Low,
    High,
}

#[derive(EventValue, Debug, PartialEq)]
struct Defaults {
    #[event(default = None)]
    none: Option<u32>,
    #[event(default = Some(3))]
    some: Option<u32>,
    #[event(default = true)]
    yes: bool,
    #[event(default = -5)]
    number: i8,
    #[event(default = 1.5)]
    float: f64,
    #[event(default = "EUR".to_owned())]
    text: String,
    #[event(default = vec![1, 2])]
    list: Vec<u8>,
    #[event(default = Vec::new())]
    empty: Vec<u32>,
    #[event(default = LIMIT)]
    constant: u32,
    #[event(default = Level::High)]
    variant: Level,
    #[event(default = ten)]
    function: u32,
    #[event(default = "ten")]
    quoted: u32,
    #[event(default = || 9)]
    closure: u32,
    #[event(default = HashMap::<String, u32>::new)]
    map: HashMap<String, u32>,
    #[event(skip, default = 4)]
    skipped: u16,
    #[event(default = u32::default)]
    path: u32,
}

#[test]
fn a_default_is_a_value_or_a_function() {
    assert_eq!(
        read::<Defaults>("{}"),
        Defaults {
            none: None,
            some: Some(3),
            yes: true,
            number: -5,
            float: 1.5,
            text: "EUR".into(),
            list: vec![1, 2],
            empty: vec![],
            constant: 7,
            variant: Level::High,
            function: 10,
            quoted: 10,
            closure: 9,
            map: HashMap::new(),
            skipped: 4,
            path: 0,
        }
    );
    let given = read::<Defaults>(r#"{"Some":null,"Yes":false,"Variant":0}"#);
    assert_eq!(
        (given.some, given.yes, given.variant),
        (None, false, Level::Low)
    );
}

#[derive(Event, Debug, PartialEq)]
#[event(deny_unknown)]
struct Strict {
    #[event(alias = "Number")]
    amount: u32,
    inner: Option<Lax>,
}

#[derive(EventValue, Debug, PartialEq)]
struct Lax {
    x: u32,
}

#[derive(EventValue, Debug, PartialEq)]
#[event(deny_unknown)]
enum StrictChoice {
    Cash {},
    Card {
        number: u32,
    },
    Held(Lax),
    #[event(other)]
    Unknown,
}

#[derive(EventValue, Debug, PartialEq)]
#[event(deny_unknown)]
struct Nothing {}

#[test]
fn unknown_keys_are_an_error_on_request() {
    stored(
        &Strict {
            amount: 1,
            inner: None,
        },
        r#"{"Amount":1,"Inner":null}"#,
    );
    assert_eq!(read::<Strict>(r#"{"Number":1}"#).amount, 1);
    let told = refused::<Strict>(r#"{"Amount":1,"amount":2}"#);
    assert!(told.contains("unknown field `amount`"), "{told}");
    // A value inside has its own rule.
    let inner = read::<Strict>(r#"{"Amount":1,"Inner":{"X":1,"Y":2}}"#);
    assert_eq!(inner.inner, Some(Lax { x: 1 }));
    refused::<StrictChoice>(r#"{"$type":"Cash","Number":1}"#);
    refused::<StrictChoice>(r#"{"$type":"Card","Number":1,"More":1}"#);
    assert_eq!(
        read::<StrictChoice>(r#"{"$type":"Held","X":1,"More":1}"#),
        StrictChoice::Held(Lax { x: 1 })
    );
    assert_eq!(
        read::<StrictChoice>(r#"{"$type":"Coins","More":1}"#),
        StrictChoice::Unknown
    );
    refused::<Nothing>(r#"{"a":null}"#);
}

#[derive(Event, Debug, PartialEq)]
#[event(read = "dotnet")]
struct FromDotnet {
    order_lines: Vec<Line>,
    tags: BTreeSet<String>,
    bytes: Vec<u8>,
    by_name: HashMap<String, Vec<DateTime<Utc>>>,
    queue: VecDeque<Option<DateTime<FixedOffset>>>,
    boxed: Box<[u32]>,
    shared: Arc<[u32]>,
    at: DateTime<Utc>,
    there: Option<DateTime<FixedOffset>>,
    #[event(default)]
    here: Option<Box<DateTime<Local>>>,
    name: Option<String>,
}

#[derive(EventValue, Debug, PartialEq)]
struct Line {
    number: u32,
}

#[derive(EventValue, Debug, PartialEq)]
#[event(read = "dotnet")]
struct Stamp(DateTime<Utc>);

#[derive(EventValue, Debug, PartialEq)]
#[event(read = "dotnet")]
struct Span(DateTime<Utc>, Vec<u32>);

#[derive(EventValue, Debug, PartialEq)]
#[event(read = "dotnet")]
enum Kind {
    Dated { at: DateTime<Utc> },
    Plain,
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn what_dotnet_writes_is_read_on_request() {
    let read = read::<FromDotnet>(concat!(
        r#"{"orderLines":null,"TAGS":null,"Bytes":null,"byName":{"A":null,"#,
        r#""B":["2025-07-13T18:22:19"]},"Queue":["2025-07-13T18:22:19.5",null],"#,
        r#""Boxed":null,"Shared":null,"At":"0001-01-01T00:00:00","#,
        r#""There":"2025-07-13T18:22:19+02:00","Here":"2025-07-13T18:22:19","Name":null}"#,
    ));
    let at = "2025-07-13T18:22:19Z";
    assert_eq!(
        read,
        FromDotnet {
            order_lines: vec![],
            tags: BTreeSet::new(),
            bytes: vec![],
            by_name: HashMap::from([("A".to_owned(), vec![]), ("B".to_owned(), vec![utc(at)])]),
            queue: VecDeque::from([Some("2025-07-13T18:22:19.5+00:00".parse().unwrap()), None]),
            boxed: Box::from([]),
            shared: Arc::from([]),
            at: utc("0001-01-01T00:00:00Z"),
            there: Some("2025-07-13T18:22:19+02:00".parse().unwrap()),
            here: Some(Box::new(utc(at).with_timezone(&Local))),
            name: None,
        }
    );
    assert!(write(&read).starts_with(r#"{"OrderLines":[],"Tags":[],"Bytes":"","#));
    assert_eq!(
        self::read::<Stamp>("\"2025-07-13T18:22:19\""),
        Stamp(utc(at))
    );
    assert_eq!(
        self::read::<Span>(r#"["2025-07-13T18:22:19",null]"#),
        Span(utc(at), vec![])
    );
    assert_eq!(
        self::read::<Kind>(r#"{"$type":"Dated","AT":"2025-07-13T18:22:19"}"#),
        Kind::Dated { at: utc(at) }
    );
}

#[derive(EventValue, Debug, PartialEq)]
struct Exact {
    lines: Vec<Line>,
    at: Option<DateTime<Utc>>,
}

#[test]
fn without_the_request_it_is_an_error() {
    refused::<Exact>(r#"{"Lines":null}"#);
    refused::<Exact>(r#"{"lines":[]}"#);
    refused::<Exact>(r#"{"Lines":[],"At":"2025-07-13T18:22:19"}"#);
    // Values inside say for themselves how they are read.
    refused::<FromDotnet>(r#"{"OrderLines":[{"number":1}]}"#);
    // Two spellings of one key are one key twice.
    refused::<FromDotnet>(r#"{"OrderLines":[],"orderLines":[]}"#);
    refused::<FromDotnet>("{}");
}

#[test]
fn values_have_many_owners() {
    stored(&Arc::<[u8]>::from([1, 2]), "\"AQI=\"");
    stored(&Arc::<[u32]>::from([1, 2]), "[1,2]");
    stored(&Cow::<'static, [u32]>::Owned(vec![1]), "[1]");
    stored(&Cow::<'static, [u8]>::Borrowed(&[1, 2]), "\"AQI=\"");
    stored(&Cow::<'static, u32>::Owned(1), "1");
    stored(&Cow::<'static, Option<bool>>::Owned(None), "null");
    stored(&Arc::<str>::from("x"), "\"x\"");
    stored(
        &Box::new(Arc::new(Cow::<'static, str>::Borrowed("x"))),
        "\"x\"",
    );
}
