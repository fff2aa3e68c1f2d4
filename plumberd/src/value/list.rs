use super::{
    EventValue, Ref,
    dotnet::{Collection, read_or_empty},
};
use crate::value::{Shape, ShapeBuilder};
use ::serde::{Deserializer, Serializer, de::Error};
use std::{borrow::Cow, collections::VecDeque, sync::Arc};

/// A JSON array; of `u8`, base64.
macro_rules! as_list {
    ($($T:ty $(where $Bound:ident)?),+) => {$(
        impl<T: EventValue $(+ $Bound)?> EventValue for $T {
            const AMBIGUOUS: bool = T::AMBIGUOUS;

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                T::serialize_list(self, serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::deserialize_list(deserializer).map(Self::from)
            }

            fn deserialize_dotnet<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                read_or_empty(deserializer)
            }

            fn shape(builder: &mut ShapeBuilder) -> Shape {
                T::list_shape(builder)
            }
        }

        impl<T: EventValue $(+ $Bound)?> Collection for $T {
            fn empty() -> Self {
                Self::from(Vec::new())
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::deserialize_list_dotnet(deserializer).map(Self::from)
            }
        }
    )+};
}

as_list!(Vec<T>, Box<[T]>, Arc<[T]>, Cow<'static, [T]> where Clone);

/// A JSON array of exactly `N` values; of `u8`, base64.
impl<T: EventValue, const N: usize> EventValue for [T; N] {
    const AMBIGUOUS: bool = T::AMBIGUOUS;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize_list(self, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        array(T::deserialize_list(deserializer)?)
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        array(T::deserialize_list_dotnet(deserializer)?)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        T::list_shape(builder)
    }
}

fn array<T, E: Error, const N: usize>(list: Vec<T>) -> Result<[T; N], E> {
    let found = list.len();
    list.try_into()
        .map_err(|_| E::invalid_length(found, &format!("a list of {N}").as_str()))
}

/// A JSON array, of `u8` too: a queue of bytes is not a byte string.
impl<T: EventValue> EventValue for VecDeque<T> {
    const AMBIGUOUS: bool = T::AMBIGUOUS;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Ref))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::set::read::<_, _, _, false>(deserializer)
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_or_empty(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::List(Box::new(builder.nested::<T>()))
    }
}
