use super::{
    object::{Object, Rules},
    text::same_ignoring_case,
};
use crate::{
    json::{Step, at, excerpt},
    value::Shape,
};
use ::serde::{
    Deserializer, Serializer,
    de::{DeserializeSeed, Error, MapAccess, Unexpected, Visitor},
    ser,
};
use std::{borrow::Cow, fmt, marker::PhantomData};

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

/// The variants of an enum without data.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Choices<'a> {
    /// The name of the type.
    pub name: &'static str,
    /// The names of the variants, aliases behind them, and which one each is;
    /// none where numbers are written.
    pub names: &'static [(&'static str, usize)],
    /// The numbers of the variants.
    pub numbers: &'a [i128],
    /// The variant that any other name or number is.
    pub other: Option<usize>,
}

/// Reads the name or the number of a variant and says which one it is. What is
/// no text may not say what follows, and has what is written.
#[doc(hidden)]
pub fn read_choice<'de, D: Deserializer<'de>>(
    deserializer: D,
    choices: Choices<'_>,
) -> Result<usize, D::Error> {
    if choices.names.is_empty() {
        deserializer.deserialize_i64(choices)
    } else if deserializer.is_human_readable() {
        deserializer.deserialize_any(choices)
    } else {
        deserializer.deserialize_str(choices)
    }
}

impl Choices<'_> {
    fn number<E: Error>(&self, number: impl Into<i128>) -> Result<usize, E> {
        let number = number.into();
        let known = self.numbers.iter().position(|known| *known == number);
        known
            .or(self.other)
            .ok_or_else(|| E::custom(format_args!("{number} is no `{}`", self.name)))
    }
}

impl<'de> Visitor<'de> for Choices<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = if self.names.is_empty() {
            ""
        } else {
            "the name or "
        };
        write!(f, "{names}the number of a variant of `{}`", self.name)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        if self.names.is_empty() {
            return Err(E::invalid_type(Unexpected::Str(&excerpt(name)), &self));
        }
        let exact = self.names.iter().find(|(known, _)| *known == name);
        let known = exact.or_else(|| {
            let mut names = self.names.iter();
            names.find(|(known, _)| same_ignoring_case(known, name))
        });
        let index = known.map(|(_, index)| *index);
        index
            .or(self.other)
            .ok_or_else(|| no_variant(name, self.name))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<usize, E> {
        self.number(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<usize, E> {
        self.number(number)
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<usize, E> {
        self.number(number)
    }

    /// A number is an object of this one key where some crate turns on
    /// `arbitrary_precision` of `serde_json`.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<usize, A::Error> {
        const NUMBER: &str = "$serde_json::private::Number";
        let key: Option<Cow<'_, str>> = entries.next_key()?;
        if key.as_deref() != Some(NUMBER) {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        let text: Cow<'_, str> = entries.next_value()?;
        match text.parse::<i128>() {
            Ok(number) => self.number(number),
            Err(_) => Err(A::Error::invalid_type(
                Unexpected::Other(&excerpt(&text)),
                &self,
            )),
        }
    }
}

/// The name of a variant with data: as it is written, because the other
/// systems tell their types apart so.
struct Name {
    of: &'static str,
    names: &'static [&'static str],
    aliases: &'static [(&'static str, usize)],
    other: Option<usize>,
}

impl Visitor<'_> for Name {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a variant")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let alias = || {
            let mut aliases = self.aliases.iter();
            let found = aliases.find(|(known, _)| *known == name);
            found.map(|(_, index)| *index)
        };
        let index = self.names.iter().position(|known| *known == name);
        index
            .or_else(alias)
            .or(self.other)
            .ok_or_else(|| no_variant(name, self.of))
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
    /// Other values of `$type`, and which variant each is.
    const ALIASES: &'static [(&'static str, usize)] = &[];
    /// The variant that any other value of `$type` is.
    const OTHER: Option<usize> = None;

    /// What is done with other keys of the variant number `index`.
    fn rules(index: usize) -> Rules;

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
            of: T::NAME,
            names: T::TAGS,
            aliases: T::ALIASES,
            other: T::OTHER,
        };
        let index = entries
            .next_value_seed(name)
            .map_err(|error| at(Step::Key("$type"), error))?;
        T::read(
            index,
            &mut Object::new(entries, T::keys(index), T::rules(index)),
        )
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
