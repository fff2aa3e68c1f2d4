use super::{EventValue, Owned, dotnet::Received, text::same_ignoring_case};
use crate::json::{Step, at, excerpt};
use ::serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
};
use std::{fmt, marker::PhantomData};

/// What is read from a JSON object. `VARIANT` tells the variants of an enum
/// apart.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a struct with named fields",
    label = "not a struct with named fields",
    note = "a variant with data is an object with the key `$type`; it holds a struct that derives `EventValue`, or has fields with names: `Card {{ number: String }}`"
)]
pub trait Fields<const VARIANT: i32>: Sized {
    /// The keys, in the order in which they are written; aliases behind them.
    const KEYS: &'static [&'static str];

    /// What is done with other keys.
    const RULES: Rules = Rules::DEFAULT;

    fn read<'de, A: MapAccess<'de>>(object: &mut Object<A>) -> Result<Self, A::Error>;
}

/// What is done with the keys of an object.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Those that are not known are an error.
    pub deny_unknown: bool,
    /// They are known without regard to case.
    pub any_case: bool,
}

impl Rules {
    /// Those that are not known are passed over.
    pub const DEFAULT: Self = Self {
        deny_unknown: false,
        any_case: false,
    };
}

impl<T: Fields<0>> Fields<0> for Box<T> {
    const KEYS: &'static [&'static str] = T::KEYS;
    const RULES: Rules = T::RULES;

    fn read<'de, A: MapAccess<'de>>(object: &mut Object<A>) -> Result<Self, A::Error> {
        T::read(object).map(Self::new)
    }
}

/// A JSON object that is being read.
#[doc(hidden)]
#[derive(Debug)]
pub struct Object<A> {
    entries: A,
    keys: &'static [&'static str],
    rules: Rules,
    next: usize,
}

#[expect(clippy::missing_errors_doc, reason = "only macro output calls them")]
impl<'de, A: MapAccess<'de>> Object<A> {
    #[inline]
    pub(super) fn new(entries: A, keys: &'static [&'static str], rules: Rules) -> Self {
        Self {
            entries,
            keys,
            rules,
            next: 0,
        }
    }

    /// The index of the next known key; unknown ones are passed over.
    #[inline]
    pub fn key(&mut self) -> Result<Option<usize>, A::Error> {
        loop {
            let seed = Key {
                keys: self.keys,
                rules: self.rules,
                next: self.next,
            };
            match self.entries.next_key_seed(seed)? {
                None => return Ok(None),
                Some(None) => {
                    self.entries.next_value::<IgnoredAny>()?;
                }
                Some(Some(index)) => {
                    self.next = index + 1;
                    return Ok(Some(index));
                }
            }
        }
    }

    /// Reads the value of the key that was read into `field`.
    #[inline]
    pub fn value<T: EventValue>(&mut self, field: &mut Option<T>) -> Result<(), A::Error> {
        if field.is_some() {
            return Err(self.repeated());
        }
        match self.entries.next_value() {
            Ok(Owned(value)) => *field = Some(value),
            Err(error) => return Err(self.at_key(error)),
        }
        Ok(())
    }

    /// The same as .NET may have written it.
    pub fn value_of_dotnet<T: EventValue>(
        &mut self,
        field: &mut Option<T>,
    ) -> Result<(), A::Error> {
        if field.is_some() {
            return Err(self.repeated());
        }
        match self.entries.next_value::<Received<T, true>>() {
            Ok(value) => *field = Some(value.0),
            Err(error) => return Err(self.at_key(error)),
        }
        Ok(())
    }

    /// The same by `with` or `deserialize_with`.
    pub fn value_with<W: WithField<I>, const I: usize>(
        &mut self,
        field: &mut Option<W::Value>,
    ) -> Result<(), A::Error> {
        if field.is_some() {
            return Err(self.repeated());
        }
        match self.entries.next_value::<WithOwned<W, I>>() {
            Ok(value) => *field = Some(value.0),
            Err(error) => return Err(self.at_key(error)),
        }
        Ok(())
    }

    /// The key that was read last.
    fn last_key(&self) -> &'static str {
        let last = self.next.checked_sub(1);
        last.and_then(|last| self.keys.get(last)).unwrap_or(&"")
    }

    /// The error of the value of the key that was read.
    #[cold]
    fn at_key(&self, error: A::Error) -> A::Error {
        at(Step::Key(self.last_key()), error)
    }

    /// The error of a key of a field that has a value already, by this key or
    /// another one. Which of the two values was meant, a reader cannot know.
    #[cold]
    fn repeated(&self) -> A::Error {
        self.at_key(A::Error::duplicate_field(self.last_key()))
    }

    /// The value of the field number `index`, or what a missing one stands
    /// for.
    #[inline]
    pub fn required<T: EventValue>(&self, value: Option<T>, index: usize) -> Result<T, A::Error> {
        self.present(value.or_else(T::absent), index)
    }

    /// The value of the field number `index`, which must be there.
    #[inline]
    pub fn present<T>(&self, value: Option<T>, index: usize) -> Result<T, A::Error> {
        value.ok_or_else(|| {
            let key = self.keys.get(index).unwrap_or(&"");
            at(Step::Key(key), A::Error::missing_field(key))
        })
    }
}

/// Recognises a key without an allocation. Keys mostly come in the order in
/// which they were written, so the expected one is tried first.
struct Key {
    keys: &'static [&'static str],
    rules: Rules,
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        if self.keys.get(self.next) == Some(&key) {
            return Ok(Some(self.next));
        }
        let known = self.keys.iter().position(|known| *known == key);
        if known.is_some() {
            return Ok(known);
        }
        let mut keys = self.keys.iter();
        match keys.position(|known| self.rules.any_case && same_ignoring_case(known, key)) {
            None if self.rules.deny_unknown => Err(E::unknown_field(&excerpt(key), self.keys)),
            known => Ok(known),
        }
    }
}

/// Reads `T` from a JSON object. Unknown keys are passed over; a field that is
/// there twice is an error.
#[doc(hidden)]
#[inline]
pub fn read_object<'de, T: Fields<V>, D: Deserializer<'de>, const V: i32>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(Whole::<T, V>(PhantomData))
}

struct Whole<T, const V: i32>(PhantomData<T>);

impl<'de, T: Fields<V>, const V: i32> Visitor<'de> for Whole<T, V> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<T, A::Error> {
        T::read(&mut Object::new(entries, T::KEYS, T::RULES))
    }
}

/// A field whose form is not that of [`EventValue`]: `with` and its halves.
#[doc(hidden)]
pub trait WithField<const INDEX: usize> {
    type Value;

    fn serialize<S: Serializer>(value: &Self::Value, serializer: S) -> Result<S::Ok, S::Error>;

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error>;
}

/// Lends such a field to a serde serializer.
#[doc(hidden)]
pub struct WithRef<'a, W: WithField<I>, const I: usize>(pub &'a W::Value);

impl<W: WithField<I>, const I: usize> Serialize for WithRef<'_, W, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        W::serialize(self.0, serializer)
    }
}

pub(super) struct WithOwned<W: WithField<I>, const I: usize>(pub(super) W::Value);

impl<'de, W: WithField<I>, const I: usize> Deserialize<'de> for WithOwned<W, I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        W::deserialize(deserializer).map(Self)
    }
}

impl<W: WithField<I>, const I: usize> fmt::Debug for WithRef<'_, W, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WithRef").finish_non_exhaustive()
    }
}
