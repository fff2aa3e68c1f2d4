use super::{EventValue, text::read_text};
use crate::{
    json::JsonObject,
    value::{Shape, ShapeBuilder},
};
use ::serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::{borrow::Cow, num::NonZero, sync::Arc};
use uuid::Uuid;

/// Values whose form is that of serde.
macro_rules! as_serde {
    ($($shape:literal: $($T:ty),+;)+) => {$($(
        impl EventValue for $T {
            #[inline]
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Serialize::serialize(self, serializer)
            }

            #[inline]
            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Deserialize::deserialize(deserializer)
            }

            fn shape(_: &mut ShapeBuilder) -> Shape {
                Shape::Scalar($shape)
            }
        }
    )+)+};
}

as_serde! {
    "bool": bool;
    "integer": i8, i16, i32, i64, i128, isize, u16, u32, u64, u128, usize;
    "integer": NonZero<i8>, NonZero<i16>, NonZero<i32>, NonZero<i64>, NonZero<i128>, NonZero<isize>;
    "integer": NonZero<u8>, NonZero<u16>, NonZero<u32>, NonZero<u64>, NonZero<u128>, NonZero<usize>;
    "text": char, String;
    "any object": JsonObject;
}

/// Always `null`.
impl EventValue for () {
    const NULLABLE: bool = true;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("nothing")
    }
}

/// Text of other owners than `String`.
macro_rules! as_text {
    ($($T:ty),+) => {$(
        impl EventValue for $T {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_text(deserializer, "a string", |text| Some(text.to_owned().into()))
            }

            fn shape(_: &mut ShapeBuilder) -> Shape {
                Shape::Scalar("text")
            }
        }
    )+};
}

as_text!(Box<str>, Arc<str>, Cow<'static, str>);

/// Numbers that JSON has no form for are refused: serde would write `null`.
macro_rules! finite {
    ($($T:ident by $write:ident),+) => {$(
        impl EventValue for $T {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if self.is_finite() {
                    serializer.$write(*self)
                } else {
                    Err(ser::Error::custom(format_args!("{self} has no stored form")))
                }
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number: $T = Deserialize::deserialize(deserializer)?;
                if number.is_finite() {
                    Ok(number)
                } else {
                    Err(de::Error::custom(concat!("a number outside the range of ", stringify!($T))))
                }
            }

            fn shape(_: &mut ShapeBuilder) -> Shape {
                Shape::Scalar("number")
            }
        }
    )+};
}

finite!(f32 by serialize_f32, f64 by serialize_f64);

/// Lower case with dashes.
impl EventValue for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = Uuid::encode_buffer();
        serializer.serialize_str(self.hyphenated().encode_lower(&mut buffer))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, "a UUID", |text| Uuid::try_parse(text).ok())
    }

    fn shape(_: &mut ShapeBuilder) -> Shape {
        Shape::Scalar("uuid")
    }
}
