use super::{EventValue, Owned, Ref};
use crate::event::{Shape, ShapeBuilder};
use ::serde::{
    Deserializer, Serializer,
    de::{SeqAccess, Visitor},
};
use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

/// Reads a JSON array into any collection.
pub(super) fn read<'de, D: Deserializer<'de>, C, T>(deserializer: D) -> Result<C, D::Error>
where
    C: Default + Extend<T>,
    T: EventValue,
{
    struct Values<C, T>(PhantomData<(C, T)>);

    impl<'de, C: Default + Extend<T>, T: EventValue> Visitor<'de> for Values<C, T> {
        type Value = C;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<C, A::Error> {
            let mut collected = C::default();
            while let Some(Owned(value)) = values.next_element()? {
                collected.extend([value]);
            }
            Ok(collected)
        }
    }

    deserializer.deserialize_seq(Values(PhantomData))
}

/// A JSON array, in the order of the values.
impl<T: EventValue + Ord> EventValue for BTreeSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Ref))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::List(Box::new(builder.nested::<T>()))
    }
}

/// A JSON array, in no particular order; take a `BTreeSet` where the same
/// value must be the same bytes.
impl<T: EventValue + Eq + Hash, H: BuildHasher + Default> EventValue for HashSet<T, H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Ref))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::List(Box::new(builder.nested::<T>()))
    }
}
