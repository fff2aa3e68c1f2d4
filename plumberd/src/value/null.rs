//! Whether the form of a value is `null`.

use ::serde::{
    Serialize, Serializer,
    ser::{self, Impossible},
};
use std::fmt;

/// Whether a value is written as `null`. Nothing is written, and of a list or
/// an object nothing is looked at.
pub(super) fn is_null<T: Serialize + ?Sized>(value: &T) -> bool {
    value.serialize(Probe) == Ok(true)
}

/// The error of a `Some` whose value is one.
pub(super) fn some_of_null<E: ser::Error>() -> E {
    E::custom("a `Some` of `null` has no stored form: it would be read as `None`")
}

/// Says whether what it is given is `null`. Its error means that it is not.
struct Probe;

macro_rules! scalars {
    ($($method:ident($T:ty) => $null:literal;)+) => {$(
        fn $method(self, _: $T) -> Result<bool, fmt::Error> {
            Ok($null)
        }
    )+};
}

impl Serializer for Probe {
    type Ok = bool;
    type Error = fmt::Error;
    type SerializeSeq = Impossible<bool, fmt::Error>;
    type SerializeTuple = Impossible<bool, fmt::Error>;
    type SerializeTupleStruct = Impossible<bool, fmt::Error>;
    type SerializeTupleVariant = Impossible<bool, fmt::Error>;
    type SerializeMap = Impossible<bool, fmt::Error>;
    type SerializeStruct = Impossible<bool, fmt::Error>;
    type SerializeStructVariant = Impossible<bool, fmt::Error>;

    scalars! {
        serialize_bool(bool) => false;
        serialize_i8(i8) => false;
        serialize_i16(i16) => false;
        serialize_i32(i32) => false;
        serialize_i64(i64) => false;
        serialize_i128(i128) => false;
        serialize_u8(u8) => false;
        serialize_u16(u16) => false;
        serialize_u32(u32) => false;
        serialize_u64(u64) => false;
        serialize_u128(u128) => false;
        serialize_char(char) => false;
        serialize_str(&str) => false;
        serialize_bytes(&[u8]) => false;
        serialize_unit_struct(&'static str) => true;
    }

    /// `serde_json` writes NaN and infinities as `null`.
    fn serialize_f32(self, number: f32) -> Result<bool, fmt::Error> {
        Ok(!number.is_finite())
    }

    fn serialize_f64(self, number: f64) -> Result<bool, fmt::Error> {
        Ok(!number.is_finite())
    }

    fn serialize_none(self) -> Result<bool, fmt::Error> {
        Ok(true)
    }

    fn serialize_unit(self) -> Result<bool, fmt::Error> {
        Ok(true)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<bool, fmt::Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<bool, fmt::Error> {
        Ok(false)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<bool, fmt::Error> {
        Ok(false)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, fmt::Error> {
        Err(fmt::Error)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<bool, fmt::Error> {
        Ok(false)
    }
}
