//! Types that are stored as the text they are displayed as.

use crate::stored_form::{refused, stored, unwritable};
use plumberd::{
    Event, EventValue,
    codec::{Codec, Json},
    event::{DecodeError, EncodedEvent, NewEvent, Shape},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
    marker::PhantomData,
    net::IpAddr,
    str::FromStr,
};

/// A newtype that cannot be made without being checked.
#[derive(EventValue, Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[event(as_text)]
struct Iban(String);

#[derive(Debug, thiserror::Error)]
#[error("it is not an IBAN")]
struct NoIban(#[from] WrongChecksum);

#[derive(Debug, thiserror::Error)]
#[error("the checksum is {0}")]
struct WrongChecksum(String);

impl FromStr for Iban {
    type Err = NoIban;

    fn from_str(text: &str) -> Result<Self, NoIban> {
        match text.strip_prefix("DE") {
            Some(digits) if digits.starts_with("68") => Ok(Self(text.to_owned())),
            _ => Err(WrongChecksum(text.chars().take(4).collect()).into()),
        }
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn iban(digits: u32) -> Iban {
    Iban(format!("DE68{digits}"))
}

#[derive(Event, Debug, PartialEq)]
struct AccountOpened {
    iban: Iban,
    former: Option<Iban>,
    all: Vec<Iban>,
    limits: BTreeMap<Iban, u32>,
}

#[test]
fn a_validated_newtype_is_stored_as_it_is_displayed() {
    stored(
        &AccountOpened {
            iban: iban(1),
            former: Some(iban(2)),
            all: vec![iban(3)],
            limits: BTreeMap::from([(iban(4), 5)]),
        },
        r#"{"Iban":"DE681","Former":"DE682","All":["DE683"],"Limits":{"DE684":5}}"#,
    );
    assert_eq!(
        Json::decode::<AccountOpened>(br#"{"Iban":"DE681","All":[],"Limits":{}}"#)
            .unwrap()
            .former,
        None
    );
}

#[test]
fn what_from_str_says_stands_in_the_decode_error() {
    let event = NewEvent::encode(&AccountOpened {
        iban: iban(1),
        former: None,
        all: Vec::new(),
        limits: BTreeMap::new(),
    });
    let event = event.unwrap();
    let data = String::from_utf8(event.data().to_vec()).unwrap();
    let decode = |data: &str| {
        let encoded = EncodedEvent::new("AccountOpened", event.content_type(), 1, data.as_bytes());
        match <AccountOpened as Event>::decode(0, &encoded) {
            Err(DecodeError::Malformed { source, .. }) => source.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let told = decode(&data.replace("DE681", "FR1"));
    assert!(
        told.contains("`FR1` is no `Iban`: it is not an IBAN: the checksum is FR1"),
        "{told}"
    );
    let told = decode(&data.replace(r#""Limits":{}"#, r#""Limits":{"FR2":1}"#));
    assert!(
        told.contains("`FR2` is no key of the map: it is not an IBAN: the checksum is FR2"),
        "{told}"
    );
    refused::<Iban>("null");
    refused::<Iban>("681");
}

/// Enums and structs with names can be text as well.
#[derive(EventValue, Debug, PartialEq, Eq, Hash, Clone, Copy)]
#[event(as_text)]
enum Weight {
    Grams(u32),
    Unknown,
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grams(grams) => write!(f, "{grams} g"),
            Self::Unknown => f.write_str("?"),
        }
    }
}

impl FromStr for Weight {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_suffix(" g") {
            Some(grams) => match grams.parse() {
                Ok(grams) => Ok(Self::Grams(grams)),
                Err(error) => Err(format!("`{grams}`: {error}")),
            },
            None if text == "?" => Ok(Self::Unknown),
            None => Err("no unit".to_owned()),
        }
    }
}

#[test]
fn an_enum_with_data_may_be_text() {
    stored(&[Weight::Grams(5), Weight::Unknown], r#"["5 g","?"]"#);
    assert!(refused::<Weight>("\"5\"").starts_with("`5` is no `Weight`: no unit"));
}

#[test]
fn a_key_that_is_text_has_one_spelling() {
    let map = HashMap::from([(Weight::Grams(7), 1), (Weight::Unknown, 2)]);
    stored(&map, r#"{"7 g":1,"?":2}"#);
    let told = refused::<HashMap<Weight, u32>>(r#"{"07 g":1}"#);
    assert!(
        told.starts_with("`07 g` is no key of the map: the key is spelled `7 g`"),
        "{told}"
    );
}

/// A typed id: its parameter is only a name.
struct Id<T>(u64, PhantomData<T>);

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl<T> FromStr for Id<T> {
    type Err = plumberd::BoxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').ok_or("there is no `#`")?;
        Ok(Self(digits.parse()?, PhantomData))
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[derive(Debug, PartialEq)]
struct Customer;

/// Fields of types that know nothing of plumberd.
#[derive(Event, Debug, PartialEq)]
struct VisitorCame {
    #[event(as_text)]
    from: IpAddr,
    #[event(as_text, rename = "Who")]
    customer: Option<Id<Customer>>,
    #[event(as_text, default)]
    over: Vec<IpAddr>,
    #[event(as_text)]
    seen: HashMap<IpAddr, Vec<u32>>,
    #[event(as_text)]
    blocked: BTreeSet<IpAddr>,
    #[event(as_text)]
    known: HashSet<IpAddr>,
}

fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

#[test]
fn a_field_may_be_text_and_so_may_what_it_holds() {
    stored(
        &VisitorCame {
            from: ip(1),
            customer: Some(Id(7, PhantomData)),
            over: vec![ip(2), ip(3)],
            seen: HashMap::from([(ip(5), vec![1]), (ip(4), vec![])]),
            blocked: BTreeSet::from([ip(6)]),
            known: HashSet::from([ip(9), ip(7), ip(8)]),
        },
        concat!(
            r##"{"From":"10.0.0.1","Who":"#7","Over":["10.0.0.2","10.0.0.3"],"##,
            r#""Seen":{"10.0.0.4":[],"10.0.0.5":[1]},"Blocked":["10.0.0.6"],"#,
            r#""Known":["10.0.0.7","10.0.0.8","10.0.0.9"]}"#,
        ),
    );
}

#[test]
fn a_field_that_is_text_says_what_is_wrong() {
    let json = |from: &str, seen: &str| {
        format!(r#"{{"From":{from},"Seen":{{{seen}}},"Blocked":[],"Known":[]}}"#)
    };
    let read = Json::decode::<VisitorCame>(json("\"::1\"", "").as_bytes()).unwrap();
    assert_eq!((read.customer, read.over), (None, Vec::new()));
    let told = refused::<VisitorCame>(&json("\"10\"", ""));
    assert!(
        told.contains("`10` is no `IpAddr`: invalid IP address syntax"),
        "{told}"
    );
    let told = refused::<VisitorCame>(&json("\"::1\"", r#""0:0:0:0:0:0:0:1":[]"#));
    assert!(told.contains("the key is spelled `::1`"), "{told}");
    let told = refused::<VisitorCame>("{}");
    assert!(told.contains("missing field `From`"), "{told}");
}

/// `Display` is for people, and `FromStr` reads something else.
#[derive(EventValue, Debug)]
#[event(as_text)]
struct Price(u32);

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("free"),
            1 => Err(fmt::Error),
            cents => write!(f, "{}", cents / 100),
        }
    }
}

impl FromStr for Price {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[test]
fn a_text_that_is_not_read_back_is_not_written() {
    assert_eq!(
        unwritable(&Price(0)),
        "a `Price` has no stored form: `Display` writes `free`, which `FromStr` does not read: \
         invalid digit found in string"
    );
    assert_eq!(
        unwritable(&Price(1)),
        "a `Price` has no stored form: `Display` fails"
    );
    assert_eq!(
        unwritable(&Price(500)),
        "a `Price` has no stored form: `Display` writes `5`, which `FromStr` reads as `0`"
    );
}

/// Two of them may have one text.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Rounded(u32);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 / 10)
    }
}

impl FromStr for Rounded {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<u32>().map(|tens| Self(tens * 10))
    }
}

#[derive(Event, Debug)]
struct Counted {
    #[event(as_text)]
    counts: BTreeMap<Rounded, u32>,
}

#[test]
fn two_keys_of_one_text_are_not_written() {
    let told = unwritable(&Counted {
        counts: BTreeMap::from([(Rounded(11), 1), (Rounded(12), 2)]),
    });
    assert!(told.contains("two keys are written as `1`"), "{told}");
}

#[test]
fn the_shape_names_the_type_that_is_text() {
    assert_eq!(Shape::of::<Iban>().to_string(), "text of Iban");
    assert_eq!(
        Shape::of::<VisitorCame>().to_string(),
        "{\n  From: text of IpAddr\n  Who: text of Id?\n  Over: [text of IpAddr]\n  \
         Seen: map of [integer]\n  Blocked: [text of IpAddr]\n  Known: [text of IpAddr]\n}"
    );
}
