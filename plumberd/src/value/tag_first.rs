//! A variant that holds a struct: the fields of the struct, after `$type`.

use super::{EventValue, Fields};
use crate::value::{Shape, ShapeBuilder, ShapeOf};
use ::serde::{
    Serialize, Serializer,
    ser::{Error, Impossible, SerializeStruct},
};

/// Writes `value` as the object it is, with the key `$type` before its own.
#[doc(hidden)]
pub fn write_tagged<T: EventValue + Fields<0>, S: Serializer>(
    tag: &'static str,
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    const { assert_no_tag(T::KEYS) };
    value.serialize(TagFirst { tag, serializer })
}

/// Fails to compile when one of the keys is the one that tells variants apart.
const fn assert_no_tag(keys: &[&str]) {
    let mut rest = keys;
    while let [key, others @ ..] = rest {
        assert!(
            !crate::value::same_name(key, "$type"),
            "the key `$type` tells the variants apart, and the struct in one has it as well"
        );
        rest = others;
    }
}

/// The shape of such a variant.
#[doc(hidden)]
pub fn tagged_shape(builder: &mut ShapeBuilder, tag: &'static str, inner: ShapeOf) -> Shape {
    let tag = ("$type", Shape::Scalar(tag));
    match inner(builder) {
        Shape::Object(fields) => Shape::Object([tag].into_iter().chain(fields).collect()),
        other => Shape::Object(vec![tag, ("…", other)]),
    }
}

struct TagFirst<S> {
    tag: &'static str,
    serializer: S,
}

/// What is no object has no place for a key. The types rule it out.
fn no_object<E: Error>() -> E {
    E::custom("a variant with data is an object, and what it holds is none")
}

macro_rules! refused {
    ($($method:ident($($name:ident: $T:ty),*);)+) => {$(
        fn $method(self, $($name: $T),*) -> Result<S::Ok, S::Error> {
            $(let _ = $name;)*
            Err(no_object())
        }
    )+};
}

macro_rules! refused_parts {
    ($($method:ident($($name:ident: $T:ty),*) -> $Part:ident;)+) => {$(
        fn $method(self, $($name: $T),*) -> Result<Self::$Part, S::Error> {
            $(let _ = $name;)*
            Err(no_object())
        }
    )+};
}

impl<S: Serializer> Serializer for TagFirst<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Impossible<S::Ok, S::Error>;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let mut object = self.serializer.serialize_struct(name, length + 1)?;
        object.serialize_field("$type", self.tag)?;
        Ok(object)
    }

    fn is_human_readable(&self) -> bool {
        self.serializer.is_human_readable()
    }

    refused! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_f32(value: f32);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    refused_parts! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize) -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize) -> SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        Err(no_object())
    }
}
