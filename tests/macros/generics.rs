//! What is asked of type parameters, and the fields that only name one.

use plumberd::{
    Event, EventValue,
    codec::{Codec, Json},
    event::{NewEvent, Shape},
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    marker::PhantomData,
};
use uuid::Uuid;

#[track_caller]
fn stored<T: EventValue + PartialEq + Debug>(value: &T, json: &str) {
    let mut out = Vec::new();
    Json::encode(value, &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), json);
    assert_eq!(&Json::decode::<T>(json.as_bytes()).unwrap(), value);
}

/// It has no stored form, and needs none.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Clone, Copy)]
struct Customer;

#[derive(EventValue, Debug, PartialEq, Eq, Hash, Clone, Copy)]
struct Id<T>(Uuid, PhantomData<T>);

#[derive(EventValue, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Backwards<T>(std::marker::PhantomData<fn() -> T>, u32);

#[derive(EventValue, Debug, PartialEq)]
struct Pair<T: ?Sized>(u32, PhantomData<T>, String);

#[derive(EventValue, Debug, PartialEq)]
struct Marker<T>(PhantomData<T>);

#[derive(EventValue, Debug, PartialEq)]
enum Choice<T> {
    One { of: u32, kind: PhantomData<T> },
    Other(),
}

#[derive(Event, Debug, PartialEq)]
struct OrderPlaced<T> {
    customer: Id<Customer>,
    kind: PhantomData<T>,
    #[event(skip)]
    seen: PhantomData<T>,
    #[event(skip)]
    cache: Vec<T>,
}

#[derive(Event, Debug, PartialEq)]
enum OrderEvent<T> {
    Named { of: u32, kind: PhantomData<T> },
    Numbered(u32, PhantomData<T>),
    Nothing(PhantomData<T>),
}

#[test]
fn a_phantom_is_not_written() {
    let id = Uuid::from_u128(7);
    let json = format!("\"{id}\"");
    stored(&Id::<Customer>(id, PhantomData), &json);
    stored(&Backwards::<Customer>(PhantomData, 5), "5");
    stored(&Pair::<str>(1, PhantomData, "a".into()), r#"[1,"a"]"#);
    stored(&Marker::<Customer>(PhantomData), "{}");
    stored(
        &Choice::<Customer>::One {
            of: 1,
            kind: PhantomData,
        },
        r#"{"$type":"One","Of":1}"#,
    );
    stored(&Choice::<Customer>::Other(), r#"{"$type":"Other"}"#);
    stored(
        &OrderPlaced::<Customer> {
            customer: Id(id, PhantomData),
            kind: PhantomData,
            seen: PhantomData,
            cache: Vec::new(),
        },
        &format!("{{\"Customer\":{json}}}"),
    );
}

#[test]
fn a_phantom_in_a_variant_of_an_event_is_not_written() {
    for (event, json) in [
        (
            OrderEvent::<Customer>::Named {
                of: 1,
                kind: PhantomData,
            },
            r#"{"Of":1}"#,
        ),
        (OrderEvent::Numbered(1, PhantomData), "1"),
        (OrderEvent::Nothing(PhantomData), "{}"),
    ] {
        let encoded = NewEvent::encode(&event).unwrap();
        assert_eq!(encoded.data(), json);
        let stored = plumberd::event::EncodedEvent::new(
            encoded.event_type().as_str(),
            encoded.content_type(),
            1,
            json.as_bytes(),
        );
        assert_eq!(
            OrderEvent::<Customer>::decode(event.type_index(), &stored).unwrap(),
            event
        );
    }
}

#[test]
fn a_typed_id_is_the_key_of_a_map() {
    let id = Id::<Customer>(Uuid::from_u128(7), PhantomData);
    stored(&HashMap::from([(id, 1)]), &format!("{{\"{}\":1}}", id.0));
    stored(
        &BTreeMap::from([(Backwards::<Customer>(PhantomData, 5), true)]),
        r#"{"5":true}"#,
    );
}

#[test]
fn the_shape_has_no_phantoms() {
    assert_eq!(Shape::of::<Id<Customer>>().to_string(), "uuid");
    assert_eq!(Shape::of::<Pair<str>>().to_string(), "(integer, text)");
    assert!(!Shape::of::<Choice<Customer>>().has_skipped());
    assert_eq!(Shape::of::<Marker<Customer>>().to_string(), "{\n}");
}

trait Kind {
    type Data: EventValue + Send + Sync + PartialEq + Debug;
}

impl Kind for Customer {
    type Data = u32;
}

/// The parameter itself is not stored, what belongs to it is.
#[derive(Event)]
struct Imported<K: Kind> {
    data: K::Data,
    more: Vec<<K as Kind>::Data>,
}

mod hidden {
    use plumberd::__private::{Deserializer, Serializer};

    pub fn serialize<T, S: Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("…")
    }

    pub fn deserialize<'de, T: Default, D: Deserializer<'de>>(_: D) -> Result<T, D::Error> {
        Ok(T::default())
    }
}

/// What the functions need is what `bound` says.
#[derive(Event)]
#[event(bound = "T: Default")]
struct Concealed<T> {
    #[event(with = "hidden")]
    value: T,
}

/// Without a bound there is none.
#[derive(EventValue)]
#[event(bound = "")]
struct Unbound<T: EventValue>(T);

#[derive(EventValue)]
struct Fallback<T> {
    #[event(default)]
    value: T,
    #[event(skip)]
    rest: Option<T>,
}

#[derive(EventValue, Default)]
struct Amount(u32);

#[test]
fn parameters_are_asked_for_what_is_stored() {
    let imported = Imported::<Customer> {
        data: 1,
        more: vec![2],
    };
    let data = NewEvent::encode(&imported).unwrap();
    assert_eq!(data.data(), r#"{"Data":1,"More":[2]}"#);
    let concealed = NewEvent::encode(&Concealed { value: 1 }).unwrap();
    assert_eq!(concealed.data(), r#"{"Value":"…"}"#);
    let Unbound(five) = Json::decode::<Unbound<u32>>(b"5").unwrap();
    assert_eq!(five, 5);
    let read = Json::decode::<Fallback<Amount>>(b"{}").unwrap();
    assert_eq!((read.value.0, read.rest.is_none()), (0, true));
}

#[derive(Event, Debug, PartialEq)]
#[event(type = "Moved")]
struct Old<A, B> {
    a: A,
    b: B,
}

#[derive(Event, Debug, PartialEq)]
#[event(revision = 2, upcast_from = Old<u8, Vec<(u8, u8)>>, type = "Moved")]
struct Moved {
    a: u8,
    #[event(default = HashMap::<String, u32>::new, rename = "Of")]
    counts: HashMap<String, u32>,
}

impl From<Old<u8, Vec<(u8, u8)>>> for Moved {
    fn from(old: Old<u8, Vec<(u8, u8)>>) -> Self {
        Self {
            a: old.a,
            counts: HashMap::new(),
        }
    }
}

#[test]
fn values_of_attributes_have_commas_inside_angle_brackets() {
    let old = NewEvent::encode(&Old {
        a: 5_u8,
        b: vec![(1_u8, 2_u8)],
    });
    let old = old.unwrap();
    let stored = plumberd::event::EncodedEvent::new("Moved", old.content_type(), 1, old.data());
    let moved = Moved {
        a: 5,
        counts: HashMap::new(),
    };
    assert_eq!(Moved::decode(0, &stored).unwrap(), moved);
    assert_eq!(Json::decode::<Moved>(br#"{"A":5}"#).unwrap(), moved);
}
