use super::{EventValue, Owned, Ref};
use crate::{
    json::{Step, at},
    value::{Shape, ShapeBuilder},
};
use ::serde::{
    Deserialize, Deserializer, Serializer,
    de::{Error, IgnoredAny, SeqAccess, Visitor},
    ser::SerializeTuple,
};
use std::{fmt, marker::PhantomData};

/// What is read from a JSON array of a fixed length.
#[doc(hidden)]
pub trait Elements<const VARIANT: i32>: Sized {
    const LENGTH: usize;

    fn read<'de, A: SeqAccess<'de>>(list: &mut List<A>) -> Result<Self, A::Error>;
}

/// A JSON array that is being read.
#[doc(hidden)]
#[derive(Debug)]
pub struct List<A> {
    values: A,
    read: usize,
    length: usize,
}

#[expect(clippy::missing_errors_doc, reason = "only macro output calls them")]
impl<'de, A: SeqAccess<'de>> List<A> {
    pub fn value<T: EventValue>(&mut self) -> Result<T, A::Error> {
        let Owned(value) = self.read()?;
        Ok(value)
    }

    /// As .NET may have written it.
    pub fn value_of_dotnet<T: EventValue>(&mut self) -> Result<T, A::Error> {
        let value: super::dotnet::Received<T, true> = self.read()?;
        Ok(value.0)
    }

    pub fn value_with<W: super::WithField<I>, const I: usize>(
        &mut self,
    ) -> Result<W::Value, A::Error> {
        let value: super::object::WithOwned<W, I> = self.read()?;
        Ok(value.0)
    }

    fn read<T: Deserialize<'de>>(&mut self) -> Result<T, A::Error> {
        let value = match self.values.next_element() {
            Ok(value) => value,
            Err(error) => return Err(at(Step::Index(self.read), error)),
        };
        let value = value.ok_or_else(|| wrong_length(self.read, self.length))?;
        self.read += 1;
        Ok(value)
    }
}

fn wrong_length<E: Error>(found: usize, expected: usize) -> E {
    E::invalid_length(found, &format!("a list of {expected}").as_str())
}

/// Reads `T` from a JSON array of its length.
#[doc(hidden)]
pub fn read_tuple<'de, T: Elements<V>, D: Deserializer<'de>, const V: i32>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_seq(Tuple::<T, V>(PhantomData))
}

struct Tuple<T, const V: i32>(PhantomData<T>);

impl<'de, T: Elements<V>, const V: i32> Visitor<'de> for Tuple<T, V> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", T::LENGTH)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<T, A::Error> {
        let mut list = List {
            values,
            read: 0,
            length: T::LENGTH,
        };
        let value = T::read(&mut list)?;
        let mut found = T::LENGTH;
        while list.values.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        if found == T::LENGTH {
            Ok(value)
        } else {
            Err(wrong_length(found, T::LENGTH))
        }
    }
}

/// A JSON array.
macro_rules! tuples {
    ($($length:literal: $($T:ident)+;)+) => {$(
        impl<$($T: EventValue),+> Elements<0> for ($($T,)+) {
            const LENGTH: usize = $length;

            fn read<'de, A: SeqAccess<'de>>(list: &mut List<A>) -> Result<Self, A::Error> {
                Ok(($(list.value::<$T>()?,)+))
            }
        }

        impl<$($T: EventValue),+> EventValue for ($($T,)+) {
            const AMBIGUOUS: bool = $($T::AMBIGUOUS)||+;

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[expect(non_snake_case, reason = "one name for the type and its value")]
                let ($($T,)+) = self;
                let mut list = serializer.serialize_tuple($length)?;
                $(list.serialize_element(&Ref($T))?;)+
                list.end()
            }

            fn deserialize<'de, De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
                read_tuple::<Self, De, 0>(deserializer)
            }

            fn shape(builder: &mut ShapeBuilder) -> Shape {
                Shape::Tuple(vec![$(builder.nested::<$T>()),+])
            }
        }
    )+};
}

tuples! {
    1: T1;
    2: T1 T2;
    3: T1 T2 T3;
    4: T1 T2 T3 T4;
    5: T1 T2 T3 T4 T5;
    6: T1 T2 T3 T4 T5 T6;
    7: T1 T2 T3 T4 T5 T6 T7;
    8: T1 T2 T3 T4 T5 T6 T7 T8;
}
