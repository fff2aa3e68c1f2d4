use super::{EventValue, Owned, Ref};
use crate::event::{Shape, ShapeBuilder};
use ::serde::{
    Deserialize, Deserializer, Serializer,
    de::{MapAccess, Visitor},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
    num::NonZero,
    sync::Arc,
};
use uuid::Uuid;

/// A value that can be the key of a map in an event: it is text, or has one.
///
/// Two keys that are not equal have texts that are not equal.
///
/// # Examples
///
/// ```
/// use plumberd::event::value::MapKey;
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
    note = "keys are text, whole numbers, `Uuid`s, enums without data that derive `EventValue`, and what implements `plumberd::event::value::MapKey`"
)]
pub trait MapKey: Sized {
    /// The key in JSON.
    fn to_text(&self) -> Cow<'_, str>;

    /// The key whose text this is; `None` when there is none.
    fn from_text(text: &str) -> Option<Self>;
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
parsed_keys!(char, Uuid, chrono::NaiveDate);

struct Key<K>(K);

impl<'de, K: MapKey> Deserialize<'de> for Key<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::text::read_text(deserializer, "a key of the map", K::from_text).map(Self)
    }
}

/// Reads a JSON object; of a key that occurs twice, the last value counts.
fn read<'de, D: Deserializer<'de>, C, K, V>(deserializer: D) -> Result<C, D::Error>
where
    C: Default + Extend<(K, V)>,
    K: MapKey,
    V: EventValue,
{
    struct Entries<C, K, V>(PhantomData<(C, K, V)>);

    impl<'de, C: Default + Extend<(K, V)>, K: MapKey, V: EventValue> Visitor<'de> for Entries<C, K, V> {
        type Value = C;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<C, A::Error> {
            let mut collected = C::default();
            while let Some((Key(key), Owned(value))) = entries.next_entry()? {
                collected.extend([(key, value)]);
            }
            Ok(collected)
        }
    }

    deserializer.deserialize_map(Entries(PhantomData))
}

/// A JSON object, in the order of the keys.
impl<K: MapKey + Ord, V: EventValue> EventValue for BTreeMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key.to_text(), Ref(value))))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
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
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries: Vec<_> = self
            .iter()
            .map(|(key, value)| (key.to_text(), Ref(value)))
            .collect();
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        serializer.collect_map(entries)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::Map(Box::new(builder.nested::<V>()))
    }
}
