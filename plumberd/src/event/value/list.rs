use super::{EventValue, Ref};
use crate::event::{Shape, ShapeBuilder};
use ::serde::{Deserializer, Serializer, de::Error};
use std::collections::VecDeque;

/// A JSON array; of `u8`, base64.
macro_rules! as_list {
    ($($T:ty),+) => {$(
        impl<T: EventValue> EventValue for $T {
    const AMBIGUOUS: bool = T::AMBIGUOUS;

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                T::serialize_list(self, serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::deserialize_list(deserializer).map(Self::from)
            }

            fn shape(builder: &mut ShapeBuilder) -> Shape {
                T::list_shape(builder)
            }
        }
    )+};
}

as_list!(Vec<T>, Box<[T]>);

/// A JSON array of exactly `N` values; of `u8`, base64.
impl<T: EventValue, const N: usize> EventValue for [T; N] {
    const AMBIGUOUS: bool = T::AMBIGUOUS;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize_list(self, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = T::deserialize_list(deserializer)?;
        let found = list.len();
        Self::try_from(list)
            .map_err(|_| D::Error::invalid_length(found, &format!("a list of {N}").as_str()))
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        T::list_shape(builder)
    }
}

/// A JSON array, of `u8` too: a queue of bytes is not a byte string.
impl<T: EventValue> EventValue for VecDeque<T> {
    const AMBIGUOUS: bool = T::AMBIGUOUS;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Ref))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::set::read(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::List(Box::new(builder.nested::<T>()))
    }
}
