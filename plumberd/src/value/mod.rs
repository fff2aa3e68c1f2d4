//! Values inside events, and the forms they are stored in.

mod any_json;
mod as_text;
mod bytes;
mod choice;
mod decimal;
mod dotnet;
mod fallback;
mod key;
mod list;
mod literal;
mod map;
mod name_set;
mod null;
mod object;
mod scalar;
pub mod serde;
mod set;
mod shape;
mod tag_first;
mod text;
mod text_form;
mod time;
mod time_text;
mod timespan;
mod tuple;
mod unordered;
mod variant;
mod wrapper;

#[doc(hidden)]
pub use as_text::{
    AsText, displayed, from_checked_text, read_as_text, to_checked_text, write_as_text,
};
#[doc(hidden)]
pub use choice::{
    Choices, Tagged, name_shape, number_shape, read_choice, read_tagged, write_number,
};
#[doc(hidden)]
pub use fallback::default_of;
#[doc(hidden)]
pub use literal::decimal_literal;
pub use map::MapKey;
pub(crate) use name_set::{NameSet, same_name};
#[doc(hidden)]
pub use object::{Fields, Object, Rules, WithField, WithRef, read_object};
pub use shape::{Shape, ShapeBuilder, ShapeOf};
#[doc(hidden)]
pub use tag_first::{tagged_shape, write_tagged};
#[doc(hidden)]
pub use text_form::{TextForm, key_of};
pub(crate) use time_text::parse_time;
#[doc(hidden)]
pub use tuple::{Elements, List, read_tuple};
#[doc(hidden)]
pub use variant::{Variant, Variants};

#[doc(hidden)]
pub use wrapper::assert_some_is_told;

use ::serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess},
    ser::{SerializeStruct, SerializeTuple},
};

/// A value that can be a field of an event.
///
/// Derive it for your own types: `#[derive(EventValue)]`. The forms are those
/// that System.Text.Json and py-micro-plumberd read and write.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in an event",
    label = "not a value of an event",
    note = "add `#[derive(plumberd::EventValue)]` to `{Self}`",
    note = "or, when it implements serde's traits, mark the field `#[event(with = \"plumberd::value::serde\")]`"
)]
pub trait EventValue: Sized {
    /// Writes the value.
    ///
    /// # Errors
    ///
    /// The serializer's, and for values without a stored form, like NaN.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// The deserializer's.
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Reads a value as .NET may have written it.
    #[doc(hidden)]
    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// What the stored form looks like.
    fn shape(builder: &mut ShapeBuilder) -> Shape;

    /// Whether the stored form of a value may be `null`, so that in an `Option`
    /// it could not be told from `None`.
    #[doc(hidden)]
    const NULLABLE: bool = false;

    /// Whether only a value itself says whether its form is `null`.
    #[doc(hidden)]
    const OPAQUE: bool = false;

    /// Whether it holds an `Option` whose `Some` could be read as `None`. Types
    /// that derive the trait look at their fields themselves.
    #[doc(hidden)]
    const AMBIGUOUS: bool = false;

    /// Whether it is stored as an object with the key `Id`, where .NET and Python look
    /// for the id of an event.
    #[doc(hidden)]
    const HAS_ID: bool = false;

    /// The value that a missing field stands for, if it may be missing.
    #[doc(hidden)]
    fn absent() -> Option<Self> {
        None
    }

    /// Writes the value as the field `key`. Macro output calls nothing but methods
    /// of this trait with a field, so that of a type that is no value the compiler
    /// complains once.
    #[doc(hidden)]
    #[inline]
    fn write_field<S: SerializeStruct>(
        &self,
        object: &mut S,
        key: &'static str,
    ) -> Result<(), S::Error> {
        object.serialize_field(key, &Ref(self))
    }

    /// Writes the value as the next one of a list of a fixed length.
    #[doc(hidden)]
    #[inline]
    fn write_element<S: SerializeTuple>(&self, list: &mut S) -> Result<(), S::Error> {
        list.serialize_element(&Ref(self))
    }

    /// Reads the value of the key that was read into `field`.
    #[doc(hidden)]
    #[inline]
    fn read_field<'de, A: MapAccess<'de>>(
        object: &mut Object<A>,
        field: &mut Option<Self>,
    ) -> Result<(), A::Error> {
        object.value(field)
    }

    /// Reads the next value of a list of a fixed length.
    #[doc(hidden)]
    #[inline]
    fn read_element<'de, A: SeqAccess<'de>>(list: &mut List<A>) -> Result<Self, A::Error> {
        list.value()
    }

    /// The value of the field number `index`, or what a missing one stands for.
    #[doc(hidden)]
    #[inline]
    fn require<'de, A: MapAccess<'de>>(
        value: Option<Self>,
        object: &Object<A>,
        index: usize,
    ) -> Result<Self, A::Error> {
        object.required(value, index)
    }

    /// The shape as a part of that of another type.
    #[doc(hidden)]
    fn nested_shape(builder: &mut ShapeBuilder) -> Shape {
        builder.nested::<Self>()
    }

    /// A list of values; overridden where a list has a form of its own (bytes).
    #[doc(hidden)]
    fn serialize_list<S: Serializer>(list: &[Self], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(Ref))
    }

    /// The counterpart of `serialize_list`.
    #[doc(hidden)]
    fn deserialize_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Self>, D::Error> {
        set::read::<_, _, _, false>(deserializer)
    }

    /// The same as .NET may have written it.
    #[doc(hidden)]
    fn deserialize_list_dotnet<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Self>, D::Error> {
        set::read::<_, _, _, true>(deserializer)
    }

    /// The shape of a list of values.
    #[doc(hidden)]
    fn list_shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::List(Box::new(builder.nested::<Self>()))
    }
}

/// Lends an [`EventValue`] to a serde serializer.
#[derive(Debug)]
pub struct Ref<'a, T>(pub &'a T);

impl<T: EventValue> Serialize for Ref<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Receives an [`EventValue`] from a serde deserializer.
#[derive(Debug)]
pub struct Owned<T>(pub T);

impl<'de, T: EventValue> Deserialize<'de> for Owned<T> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}
