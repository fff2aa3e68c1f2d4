//! Fields that are marked `#[event(as_text)]`.

use super::{
    EventValue,
    as_text::{
        AsText, from_checked_text, read_as_text, to_checked_text, unwritable, write_as_text,
    },
    choice::no_value,
    map,
    wrapper::expect_value,
};
use crate::value::{Shape, ShapeBuilder};
use ::serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, SeqAccess, Visitor},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

/// The type of such a field: one that is displayed itself, or that holds some.
/// `Kind` tells the implementations apart.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as text",
    label = "not displayed and parsed",
    note = "`as_text` writes by `Display` and reads by `FromStr`, whose `Err` is an error or a `String`; of an `Option`, a `Vec` or a set it is what is inside, of a map the key"
)]
pub trait TextForm<Kind>: Sized {
    /// Whether the form may be `null`.
    const NULLABLE: bool = false;

    fn write<S: Serializer>(&self, serializer: S, name: &'static str) -> Result<S::Ok, S::Error>;

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        name: &'static str,
    ) -> Result<Self, D::Error>;

    fn form(builder: &mut ShapeBuilder, text: &'static str) -> Shape;

    /// What a missing field stands for.
    fn absent() -> Option<Self> {
        None
    }
}

/// The type is displayed.
#[doc(hidden)]
#[derive(Debug)]
pub struct Itself;

/// What is inside is displayed.
#[doc(hidden)]
#[derive(Debug)]
pub struct Inside<Kind>(PhantomData<Kind>);

/// The keys are displayed.
#[doc(hidden)]
#[derive(Debug)]
pub struct Keys;

impl<T: AsText> TextForm<Itself> for T {
    fn write<S: Serializer>(&self, serializer: S, name: &'static str) -> Result<S::Ok, S::Error> {
        write_as_text(self, serializer, name)
    }

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        name: &'static str,
    ) -> Result<Self, D::Error> {
        read_as_text(deserializer, name)
    }

    fn form(_: &mut ShapeBuilder, text: &'static str) -> Shape {
        Shape::Scalar(text)
    }
}

/// Lends a field, or what is inside, to a serde serializer.
struct Lent<'a, T, K>(&'a T, &'static str, PhantomData<K>);

impl<T: TextForm<K>, K> Serialize for Lent<'_, T, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer, self.1)
    }
}

/// Receives a field, or what is inside.
struct Received<T, K>(&'static str, PhantomData<(T, K)>);

impl<'de, T: TextForm<K>, K> DeserializeSeed<'de> for Received<T, K> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer, self.0)
    }
}

impl<T: TextForm<K>, K> TextForm<Inside<K>> for Option<T> {
    const NULLABLE: bool = true;

    fn write<S: Serializer>(&self, serializer: S, name: &'static str) -> Result<S::Ok, S::Error> {
        const { expect_value(T::NULLABLE) };
        match self {
            Some(value) => serializer.serialize_some(&Lent(value, name, PhantomData)),
            None => serializer.serialize_none(),
        }
    }

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        name: &'static str,
    ) -> Result<Self, D::Error> {
        const { expect_value(T::NULLABLE) };
        deserializer.deserialize_option(Optional(Received(name, PhantomData)))
    }

    fn form(builder: &mut ShapeBuilder, text: &'static str) -> Shape {
        Shape::Optional(Box::new(T::form(builder, text)))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

struct Optional<T, K>(Received<T, K>);

impl<'de, T: TextForm<K>, K> Visitor<'de> for Optional<T, K> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text of a `{}` or null", self.0.0)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Option<T>, D::Error> {
        self.0.deserialize(value).map(Some)
    }
}

impl<T: TextForm<K>, K> TextForm<Inside<K>> for Vec<T> {
    fn write<S: Serializer>(&self, serializer: S, name: &'static str) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|value| Lent(value, name, PhantomData)))
    }

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        name: &'static str,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(List(Received(name, PhantomData)))
    }

    fn form(builder: &mut ShapeBuilder, text: &'static str) -> Shape {
        Shape::List(Box::new(T::form(builder, text)))
    }
}

struct List<T, K>(Received<T, K>);

impl<'de, T: TextForm<K>, K> Visitor<'de> for List<T, K> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element_seed(Received(self.0.0, PhantomData))? {
            list.push(value);
        }
        Ok(list)
    }
}

/// A set is written in the order of its values, or of their texts.
macro_rules! sets {
    ($($Set:ty where $($Bound:ident),+ $(and $H:ident: $($HBound:ident),+)? => $sort:expr;)+) => {$(
        impl<T: AsText $(+ $Bound)+ $(, $H: $($HBound +)+)?> TextForm<Inside<Itself>> for $Set {
            fn write<S: Serializer>(
                &self,
                serializer: S,
                name: &'static str,
            ) -> Result<S::Ok, S::Error> {
                let texts: Result<Vec<String>, String> = self.iter().map(to_checked_text).collect();
                let mut texts = texts.map_err(|reason| unwritable(name, &reason))?;
                let sort: fn(&mut Vec<String>) = $sort;
                sort(&mut texts);
                serializer.collect_seq(texts)
            }

            fn read<'de, D: Deserializer<'de>>(
                deserializer: D,
                name: &'static str,
            ) -> Result<Self, D::Error> {
                let list: Vec<T> = TextForm::read(deserializer, name)?;
                Ok(list.into_iter().collect())
            }

            fn form(_: &mut ShapeBuilder, text: &'static str) -> Shape {
                Shape::List(Box::new(Shape::Scalar(text)))
            }
        }
    )+};
}

sets! {
    BTreeSet<T> where Ord => |_| {};
    HashSet<T, H> where Eq, Hash and H: BuildHasher, Default => |texts| texts.sort_unstable();
}

/// The keys of a map are displayed; it is written in the order of their texts.
macro_rules! maps {
    ($($Map:ty where $($Bound:ident),+ $(and $H:ident: $($HBound:ident),+)?;)+) => {$(
        impl<K: AsText $(+ $Bound)+, V: EventValue $(, $H: $($HBound +)+)?> TextForm<Keys> for $Map {
            fn write<S: Serializer>(&self, serializer: S, _: &'static str) -> Result<S::Ok, S::Error> {
                let entries = self.iter();
                let entries = entries.map(|(key, value)| (to_checked_text(key).map(Cow::Owned), value));
                map::write_sorted(entries, serializer)
            }

            fn read<'de, D: Deserializer<'de>>(
                deserializer: D,
                name: &'static str,
            ) -> Result<Self, D::Error> {
                let entries: BTreeMap<String, V> = map::read::<_, _, false>(deserializer)?;
                let entries = entries.into_iter().map(|(text, value)| match key_of(&text) {
                    Ok(key) => Ok((key, value)),
                    Err(reason) => Err(no_value(&text, name, &reason)),
                });
                entries.collect()
            }

            fn form(builder: &mut ShapeBuilder, _: &'static str) -> Shape {
                Shape::Map(Box::new(builder.nested::<V>()))
            }
        }
    )+};
}

maps! {
    BTreeMap<K, V> where Ord;
    HashMap<K, V, H> where Eq, Hash and H: BuildHasher, Default;
}

/// The key that is written as `text`, or why there is none.
#[doc(hidden)]
pub fn key_of<K: AsText>(text: &str) -> Result<K, String> {
    let key = from_checked_text(text)?;
    match to_checked_text(&key) {
        Ok(spelled) if spelled == text => Ok(key),
        Ok(spelled) => Err(format!("the key is spelled `{spelled}`")),
        Err(reason) => Err(reason),
    }
}
