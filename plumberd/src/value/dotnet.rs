//! What System.Text.Json writes where the C# type says nothing:
//! `#[event(read = "dotnet")]`.

use super::EventValue;
use ::serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use std::{fmt, marker::PhantomData};

/// Receives a value from a serde deserializer, in one way or the other.
pub(super) struct Received<T, const DOTNET: bool>(pub(super) T);

impl<'de, T: EventValue, const DOTNET: bool> Deserialize<'de> for Received<T, DOTNET> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if DOTNET {
            T::deserialize_dotnet(deserializer).map(Self)
        } else {
            T::deserialize(deserializer).map(Self)
        }
    }
}

/// A collection, which is a reference in .NET and `null` when nothing was put
/// there.
pub(super) trait Collection: Sized {
    fn empty() -> Self;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Reads a collection, or an empty one from `null`.
pub(super) fn read_or_empty<'de, C: Collection, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<C, D::Error> {
    struct OrEmpty<C>(PhantomData<C>);

    impl<'de, C: Collection> Visitor<'de> for OrEmpty<C> {
        type Value = C;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a collection or null")
        }

        fn visit_unit<E: Error>(self) -> Result<C, E> {
            Ok(C::empty())
        }

        fn visit_none<E: Error>(self) -> Result<C, E> {
            Ok(C::empty())
        }

        fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<C, D::Error> {
            C::read(value)
        }
    }

    deserializer.deserialize_option(OrEmpty(PhantomData))
}
