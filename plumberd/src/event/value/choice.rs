use super::object::Object;
use crate::{
    codec::{Step, at, excerpt},
    event::Shape,
};
use ::serde::{
    Deserialize, Deserializer, Serializer,
    de::{DeserializeSeed, Error, MapAccess, Visitor},
    ser,
};
use std::{fmt, marker::PhantomData};

/// Writes the number of a variant.
#[doc(hidden)]
pub fn write_number<S: Serializer>(number: i128, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(number) = i64::try_from(number) {
        serializer.serialize_i64(number)
    } else if let Ok(number) = u64::try_from(number) {
        serializer.serialize_u64(number)
    } else {
        Err(ser::Error::custom(format_args!(
            "the discriminant {number} has no stored form"
        )))
    }
}

/// Reads the number of a variant and says which one it is.
#[doc(hidden)]
pub fn read_number<'de, D: Deserializer<'de>>(
    deserializer: D,
    type_name: &str,
    numbers: &[i128],
) -> Result<usize, D::Error> {
    let number: i128 = Number::deserialize(deserializer)?.0;
    let index = numbers.iter().position(|known| *known == number);
    index.ok_or_else(|| Error::custom(format_args!("{number} is no `{type_name}`")))
}

struct Number(i128);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;

        impl Visitor<'_> for Whole {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the number of a variant")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number.into()))
            }
        }

        deserializer.deserialize_i64(Whole)
    }
}

/// Reads the name of a variant and says which one it is.
#[doc(hidden)]
pub fn read_name<'de, D: Deserializer<'de>>(
    deserializer: D,
    type_name: &'static str,
    names: &'static [&'static str],
) -> Result<usize, D::Error> {
    deserializer.deserialize_str(Name { type_name, names })
}

struct Name {
    type_name: &'static str,
    names: &'static [&'static str],
}

impl Visitor<'_> for Name {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a variant")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let index = self.names.iter().position(|known| *known == name);
        index.ok_or_else(|| no_variant(name, self.type_name))
    }
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

fn no_variant<E: Error>(name: &str, type_name: &str) -> E {
    E::custom(format_args!("`{}` is no `{type_name}`", excerpt(name)))
}

/// The error of a text that is no value of the type `type_name`.
pub(super) fn no_value<E: Error>(text: &str, type_name: &str, reason: &str) -> E {
    let text = excerpt(text);
    E::custom(format_args!("`{text}` is no `{type_name}`: {reason}"))
}

/// The shape of an enum that is stored as numbers.
#[doc(hidden)]
pub fn number_shape(names: &[&str], numbers: &[i128]) -> Shape {
    // With the names: which variant a number means is what the data says.
    let form = |(name, number): (&&str, &i128)| {
        let form = format!("{name} = {number}");
        (form, Shape::Scalar("integer"))
    };
    Shape::Choice(names.iter().zip(numbers).map(form).collect())
}

/// The shape of an enum that is stored as names.
#[doc(hidden)]
pub fn name_shape(names: &[&str]) -> Shape {
    let form = |name: &&str| ((*name).to_owned(), Shape::Scalar("text"));
    Shape::Choice(names.iter().map(form).collect())
}

/// An enum whose variants are objects that begin with the key `$type`.
#[doc(hidden)]
pub trait Tagged: Sized {
    const NAME: &'static str;
    const TAGS: &'static [&'static str];

    /// The keys of the variant number `index`.
    fn keys(index: usize) -> &'static [&'static str];

    fn read<'de, A: MapAccess<'de>>(index: usize, object: &mut Object<A>)
    -> Result<Self, A::Error>;
}

/// Reads an object that begins with `$type`.
#[doc(hidden)]
pub fn read_tagged<'de, T: Tagged, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(Whole(PhantomData))
}

struct Whole<T>(PhantomData<T>);

impl<'de, T: Tagged> Visitor<'de> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an object that begins with `$type`, the variant of `{}`",
            T::NAME
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<T, A::Error> {
        // As System.Text.Json has it: what comes before `$type` would have to
        // be kept until it is known what it is.
        if entries.next_key_seed(TagKey)? != Some(true) {
            return Err(A::Error::custom(format_args!(
                "the first key is not `$type`, which says the variant of `{}`",
                T::NAME
            )));
        }
        let name = Name {
            type_name: T::NAME,
            names: T::TAGS,
        };
        let index = entries
            .next_value_seed(name)
            .map_err(|error| at(Step::Key("$type"), error))?;
        T::read(index, &mut Object::new(entries, T::keys(index)))
    }
}

struct TagKey;

impl<'de> DeserializeSeed<'de> for TagKey {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for TagKey {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == "$type")
    }
}
