use super::{
    EventValue, Ref,
    dotnet::Received,
    null::{is_null, some_of_null},
};
use crate::value::{Shape, ShapeBuilder};
use ::serde::{
    Deserialize, Deserializer, Serializer,
    de::{Error, Visitor},
};
use std::{borrow::Cow, fmt, marker::PhantomData, sync::Arc};

/// That `Some` is never written as `null`, which would be read as `None`.
pub(super) const fn expect_value(nullable: bool) {
    assert!(
        !nullable,
        "an `Option` of what may be `null` itself cannot be stored: its `Some` would be read as \
         `None`; use an enum that derives `EventValue`"
    );
}

/// What macro output asserts of the type of a field, by its `AMBIGUOUS`. Without a
/// bound of its own, so that a type that is no value is said to be none only once.
#[doc(hidden)]
pub const fn assert_some_is_told(ambiguous: bool) {
    expect_value(ambiguous);
}

/// `None` is `null`; a missing field is `None`.
impl<T: EventValue> EventValue for Option<T> {
    const NULLABLE: bool = true;
    const AMBIGUOUS: bool = T::NULLABLE || T::AMBIGUOUS;
    const HAS_ID: bool = T::HAS_ID;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const { expect_value(T::NULLABLE) };
        match self {
            Some(value) if T::OPAQUE && is_null(&Ref(value)) => Err(some_of_null()),
            Some(value) => serializer.serialize_some(&Ref(value)),
            None => serializer.serialize_none(),
        }
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const { expect_value(T::NULLABLE) };
        deserializer.deserialize_option(Optional::<T, false>(PhantomData))
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const { expect_value(T::NULLABLE) };
        deserializer.deserialize_option(Optional::<T, true>(PhantomData))
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::Optional(Box::new(builder.nested::<T>()))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

struct Optional<T, const DOTNET: bool>(PhantomData<T>);

impl<'de, T: EventValue, const DOTNET: bool> Visitor<'de> for Optional<T, DOTNET> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Option<T>, D::Error> {
        let Received::<T, DOTNET>(value) = Deserialize::deserialize(value)?;
        Ok(Some(value))
    }
}

/// The form of what is inside.
macro_rules! as_inner {
    ($($Owner:ident),+) => {$(
        impl<T: EventValue> EventValue for $Owner<T> {
            const NULLABLE: bool = T::NULLABLE;
            const OPAQUE: bool = T::OPAQUE;
            const AMBIGUOUS: bool = T::AMBIGUOUS;
            const HAS_ID: bool = T::HAS_ID;

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                T::serialize(self, serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::deserialize(deserializer).map(Self::new)
            }

            fn deserialize_dotnet<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                T::deserialize_dotnet(deserializer).map(Self::new)
            }

            fn shape(builder: &mut ShapeBuilder) -> Shape {
                builder.nested::<T>()
            }

            fn absent() -> Option<Self> {
                T::absent().map(Self::new)
            }
        }
    )+};
}

as_inner!(Box, Arc);

/// The form of what is inside; read, it is owned.
impl<T: EventValue + Clone> EventValue for Cow<'static, T> {
    const NULLABLE: bool = T::NULLABLE;
    const OPAQUE: bool = T::OPAQUE;
    const AMBIGUOUS: bool = T::AMBIGUOUS;
    const HAS_ID: bool = T::HAS_ID;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize(self, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Owned)
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize_dotnet(deserializer).map(Self::Owned)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        builder.nested::<T>()
    }

    fn absent() -> Option<Self> {
        T::absent().map(Self::Owned)
    }
}
