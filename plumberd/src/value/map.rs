use super::{
    EventValue, Ref,
    dotnet::{Collection, Received, read_or_empty},
};
use crate::{
    json::{Step, at, excerpt},
    value::{Shape, ShapeBuilder},
};
use ::serde::{
    Deserialize, Deserializer, Serializer,
    de::{self, Error as _, MapAccess, Visitor},
    ser::{self, SerializeMap},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, btree_map, hash_map},
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
    num::NonZero,
    sync::Arc,
};
use uuid::Uuid;

/// A value that can be the key of a map in an event: it is text, or has one.
///
/// Two keys that are not equal have texts that are not equal. A key is read
/// from the text it is written as and from no other spelling: `"07"` is no key
/// of a map by numbers, because beside `"7"` one of the two would be lost.
///
/// Keys are text, `bool`, whole numbers, `Decimal` (without zeros at the end),
/// dates and times, `Uuid`, and of the types that derive `EventValue` enums
/// without data, newtypes of a key, and those that are marked `as_text`.
///
/// # Examples
///
/// ```
/// use plumberd::value::MapKey;
/// use std::borrow::Cow;
///
/// #[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
/// struct Iban(String);
///
/// impl MapKey for Iban {
///     fn to_text(&self) -> Cow<'_, str> {
///         Cow::Borrowed(&self.0)
///     }
///
///     fn from_text(text: &str) -> Option<Self> {
///         Some(Self(text.to_owned()))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map in an event",
    label = "not a key",
    note = "keys are text, `bool`, whole numbers, `Decimal`, dates and times, `Uuid`s, and of the types that derive `EventValue` enums without data, newtypes of keys and what is marked `as_text`; for others implement `plumberd::value::MapKey`"
)]
pub trait MapKey: Sized {
    /// The key in JSON.
    fn to_text(&self) -> Cow<'_, str>;

    /// The key whose text this is; `None` when there is none.
    fn from_text(text: &str) -> Option<Self>;

    /// The key in JSON, or why it has none that is read as the same key.
    #[doc(hidden)]
    fn checked_text(&self) -> Result<Cow<'_, str>, String> {
        Ok(self.to_text())
    }

    /// The key whose text this is, or why there is none, if that is known.
    #[doc(hidden)]
    fn from_checked_text(text: &str) -> Result<Self, String> {
        let Some(key) = Self::from_text(text) else {
            return Err(String::new());
        };
        if key.is_spelled(text) {
            Ok(key)
        } else {
            Err(format!("the key is spelled `{}`", key.to_text()))
        }
    }

    /// Whether the text is one that the key has in JSON: two spellings of one
    /// key would be two entries there, and one of the two would be lost.
    #[doc(hidden)]
    fn is_spelled(&self, text: &str) -> bool {
        self.to_text() == text
    }
}

macro_rules! text_keys {
    ($($T:ty),+) => {$(
        impl MapKey for $T {
            fn to_text(&self) -> Cow<'_, str> {
                Cow::Borrowed(self)
            }

            fn from_text(text: &str) -> Option<Self> {
                Some(text.to_owned().into())
            }
        }
    )+};
}

text_keys!(String, Box<str>, Arc<str>, Cow<'static, str>);

macro_rules! parsed_keys {
    ($($T:ty),+) => {$(
        impl MapKey for $T {
            fn to_text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+};
}

parsed_keys!(
    i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);
parsed_keys!(
    NonZero<i8>,
    NonZero<i16>,
    NonZero<i32>,
    NonZero<i64>,
    NonZero<i128>
);
parsed_keys!(
    NonZero<u8>,
    NonZero<u16>,
    NonZero<u32>,
    NonZero<u64>,
    NonZero<u128>
);
parsed_keys!(char, Uuid, bool);

struct Key<K>(K);

impl<'de, K: MapKey> Deserialize<'de> for Key<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyText(PhantomData)).map(Self)
    }
}

struct KeyText<K>(PhantomData<K>);

impl<K: MapKey> Visitor<'_> for KeyText<K> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key of the map")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<K, E> {
        K::from_checked_text(text).map_err(|reason| {
            let text = excerpt(text);
            if reason.is_empty() {
                E::invalid_value(de::Unexpected::Str(&text), &self)
            } else {
                E::custom(format_args!("`{text}` is no key of the map: {reason}"))
            }
        })
    }
}

/// A map that is read entry by entry.
pub(super) trait Entries: Default {
    type Key: MapKey;
    type Value: EventValue;

    /// Sets the value of `key`, or gives the key's text when it has one already.
    fn add(&mut self, key: Self::Key, value: Self::Value) -> Option<String>;
}

macro_rules! entries {
    ($Map:ty, $entry:ident, [$($params:tt)*]) => {
        impl<$($params)*> Entries for $Map {
            type Key = K;
            type Value = V;

            fn add(&mut self, key: K, value: V) -> Option<String> {
                match self.entry(key) {
                    $entry::Entry::Vacant(entry) => {
                        entry.insert(value);
                        None
                    }
                    $entry::Entry::Occupied(entry) => Some(entry.key().to_text().into_owned()),
                }
            }
        }

        impl<$($params)*> Collection for $Map {
            fn empty() -> Self {
                Self::default()
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read::<_, _, true>(deserializer)
            }
        }
    };
}

entries!(BTreeMap<K, V>, btree_map, [K: MapKey + Ord, V: EventValue]);
entries!(HashMap<K, V, H>, hash_map, [K: MapKey + Eq + Hash, V: EventValue, H: BuildHasher + Default]);

/// Reads a JSON object. A key that is there twice is an error: which of its
/// values was meant, a reader cannot know.
pub(super) fn read<'de, D: Deserializer<'de>, C: Entries, const DOTNET: bool>(
    deserializer: D,
) -> Result<C, D::Error> {
    struct Whole<C, const DOTNET: bool>(PhantomData<C>);

    impl<'de, C: Entries, const DOTNET: bool> Visitor<'de> for Whole<C, DOTNET> {
        type Value = C;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<C, A::Error> {
            let mut collected = C::default();
            while let Some(Key(key)) = entries.next_key::<Key<C::Key>>()? {
                let Received(value) = entries
                    .next_value::<Received<C::Value, DOTNET>>()
                    .map_err(|error| at(Step::Key(&key.to_text()), error))?;
                if let Some(key) = collected.add(key, value) {
                    let twice = format_args!("the key `{}` is there twice", excerpt(&key));
                    return Err(A::Error::custom(twice));
                }
            }
            Ok(collected)
        }
    }

    deserializer.deserialize_map(Whole::<C, DOTNET>(PhantomData))
}

/// Writes a JSON object, in the order of `entries`.
fn write<'a, S: Serializer, V: EventValue + 'a>(
    entries: impl ExactSizeIterator<Item = (Result<Cow<'a, str>, String>, &'a V)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(entries.len()))?;
    for (key, value) in entries {
        let key = key.map_err(|reason| unwritable(&reason))?;
        object.serialize_entry(key.as_ref(), &Ref(value))?;
    }
    object.end()
}

fn unwritable<E: ser::Error>(reason: &str) -> E {
    E::custom(format_args!("a key of a map has no stored form: {reason}"))
}

/// Writes a JSON object, in the order of the texts; two entries of one text
/// are an error.
pub(super) fn write_sorted<'a, S: Serializer, V: EventValue + 'a>(
    entries: impl Iterator<Item = (Result<Cow<'a, str>, String>, &'a V)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let entries = entries.map(|(key, value)| Ok((key?, value)));
    let mut entries: Vec<(Cow<'_, str>, &V)> = entries
        .collect::<Result<_, _>>()
        .map_err(|reason: String| unwritable(&reason))?;
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    if let Some([(key, _), ..]) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(unwritable(&format!("two keys are written as `{key}`")));
    }
    write(
        entries.into_iter().map(|(key, value)| (Ok(key), value)),
        serializer,
    )
}

/// A JSON object, in the order of the keys.
impl<K: MapKey + Ord, V: EventValue> EventValue for BTreeMap<K, V> {
    const AMBIGUOUS: bool = V::AMBIGUOUS;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.iter().map(|(key, value)| (key.checked_text(), value));
        write(entries, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::<_, _, false>(deserializer)
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_or_empty(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::Map(Box::new(builder.nested::<V>()))
    }
}

/// A JSON object, in the order of the keys' texts, so that the same value is
/// the same bytes.
impl<K, V, H> EventValue for HashMap<K, V, H>
where
    K: MapKey + Eq + Hash,
    V: EventValue,
    H: BuildHasher + Default,
{
    const AMBIGUOUS: bool = V::AMBIGUOUS;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.iter().map(|(key, value)| (key.checked_text(), value));
        write_sorted(entries, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::<_, _, false>(deserializer)
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_or_empty(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::Map(Box::new(builder.nested::<V>()))
    }
}
