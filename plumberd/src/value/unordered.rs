//! The collections of serde's types that have no order of their own, in one
//! order: so that the same value is the same bytes.

use super::null::{is_null, some_of_null};
use crate::json::write_json;
use ::serde::{
    Serialize, Serializer,
    ser::{
        Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use std::{any::type_name, fmt::Display};

/// Hands everything on to a serializer, hash sets and hash maps in the order of
/// the JSON of their values or keys.
pub(super) struct InOrder<S>(pub(super) S);

/// Whether `I` is a hash set or a hash map, of the standard library or of
/// `hashbrown`: serde hands over no more of it than its type. A list, and a map
/// that keeps an order, stay as they are.
fn has_no_order<I>() -> bool {
    let path = type_name::<I>().trim_start_matches('&');
    let path = path.split('<').next().unwrap_or_default();
    matches!(path.rsplit("::").next(), Some("HashSet" | "HashMap"))
}

/// A part that is written so as well.
struct Part<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(InOrder(serializer))
    }
}

/// The same of a part that is handed over.
struct Given<T>(T);

impl<T: Serialize> Serialize for Given<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(InOrder(serializer))
    }
}

/// Sorts `items` by the JSON of what `by` takes from each.
fn sort<T, K: Serialize, E: Error>(items: &mut [T], by: impl Fn(&T) -> &K) -> Result<(), E> {
    let json = |item: &T| {
        let mut json = Vec::new();
        write_json(&Part(by(item)), 0, &mut json).map(|()| json)
    };
    let mut wrong = None;
    items.sort_by_cached_key(|item| json(item).map_err(|error| wrong = Some(error)).ok());
    wrong.map_or(Ok(()), |error| Err(E::custom(error)))
}

macro_rules! scalars {
    ($($method:ident: $T:ty;)+) => {$(
        fn $method(self, value: $T) -> Result<S::Ok, S::Error> {
            self.0.$method(value)
        }
    )+};
}

impl<S: Serializer> Serializer for InOrder<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = InOrder<S::SerializeSeq>;
    type SerializeTuple = InOrder<S::SerializeTuple>;
    type SerializeTupleStruct = InOrder<S::SerializeTupleStruct>;
    type SerializeTupleVariant = InOrder<S::SerializeTupleVariant>;
    type SerializeMap = InOrder<S::SerializeMap>;
    type SerializeStruct = InOrder<S::SerializeStruct>;
    type SerializeStructVariant = InOrder<S::SerializeStructVariant>;

    scalars! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
        serialize_f32: f32;
        serialize_f64: f64;
        serialize_char: char;
        serialize_str: &str;
        serialize_bytes: &[u8];
        serialize_unit_struct: &'static str;
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        if is_null(value) {
            return Err(some_of_null());
        }
        self.0.serialize_some(&Part(value))
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Part(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0
            .serialize_newtype_variant(name, index, variant, &Part(value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.serialize_seq(length).map(InOrder)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(length).map(InOrder)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, length).map(InOrder)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let variant = self
            .0
            .serialize_tuple_variant(name, index, variant, length)?;
        Ok(InOrder(variant))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.0.serialize_map(length).map(InOrder)
    }

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        self.0.serialize_struct(name, length).map(InOrder)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let variant = self
            .0
            .serialize_struct_variant(name, index, variant, length)?;
        Ok(InOrder(variant))
    }

    fn collect_seq<I>(self, values: I) -> Result<S::Ok, S::Error>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        if !has_no_order::<I>() {
            return self.0.collect_seq(values.into_iter().map(Given));
        }
        let mut values: Vec<I::Item> = values.into_iter().collect();
        sort(&mut values, |value| value)?;
        self.0.collect_seq(values.iter().map(Part))
    }

    fn collect_map<K, V, I>(self, entries: I) -> Result<S::Ok, S::Error>
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        let given = |(key, value)| (Given(key), Given(value));
        if !has_no_order::<I>() {
            return self.0.collect_map(entries.into_iter().map(given));
        }
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        sort(&mut entries, |(key, _)| key)?;
        let entries = entries.iter();
        self.0
            .collect_map(entries.map(|(key, value)| (Part(key), Part(value))))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! parts {
    ($($Trait:ident: $method:ident;)+) => {$(
        impl<C: $Trait> $Trait for InOrder<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                self.0.$method(&Part(value))
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.0.end()
            }
        }
    )+};
}

parts! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

macro_rules! named_parts {
    ($($Trait:ident;)+) => {$(
        impl<C: $Trait> $Trait for InOrder<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), C::Error> {
                self.0.serialize_field(key, &Part(value))
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
                self.0.skip_field(key)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.0.end()
            }
        }
    )+};
}

named_parts! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<C: SerializeMap> SerializeMap for InOrder<C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.0.serialize_key(&Part(key))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        self.0.serialize_value(&Part(value))
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), C::Error> {
        self.0.serialize_entry(&Part(key), &Part(value))
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.0.end()
    }
}
