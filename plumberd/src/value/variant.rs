use super::EventValue;
use crate::value::{Shape, ShapeBuilder};
use ::serde::{Deserializer, Serializer};

/// An enum of which each variant is stored as a value of its own.
#[doc(hidden)]
pub trait Variants: Sized {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    fn read<'de, D: Deserializer<'de>>(index: usize, deserializer: D) -> Result<Self, D::Error>;

    fn variant_shape(index: usize, builder: &mut ShapeBuilder) -> Shape;
}

/// The variant number `I` of an enum, as the value that a codec sees.
#[doc(hidden)]
#[derive(Debug)]
pub enum Variant<'a, T, const I: usize> {
    Lent(&'a T),
    Read(T),
}

impl<T, const I: usize> Variant<'_, T, I> {
    /// What was read. A lent one was not.
    pub fn into_read(self) -> Option<T> {
        match self {
            Self::Lent(_) => None,
            Self::Read(value) => Some(value),
        }
    }
}

impl<T: Variants, const I: usize> EventValue for Variant<'_, T, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Lent(value) => value.write(serializer),
            Self::Read(value) => value.write(serializer),
        }
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(I, deserializer).map(Self::Read)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        T::variant_shape(I, builder)
    }
}
