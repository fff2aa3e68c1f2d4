use super::{
    EventValue, Ref,
    dotnet::{Collection, Received, read_or_empty},
};
use crate::{
    json::{Step, at, write_json},
    value::{Shape, ShapeBuilder},
};
use ::serde::{
    Deserializer, Serializer,
    de::{SeqAccess, Visitor},
    ser,
};
use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

/// Reads a JSON array into any collection.
pub(super) fn read<'de, D: Deserializer<'de>, C, T, const DOTNET: bool>(
    deserializer: D,
) -> Result<C, D::Error>
where
    C: Default + Extend<T>,
    T: EventValue,
{
    struct Values<C, T, const DOTNET: bool>(PhantomData<(C, T)>);

    impl<'de, C: Default + Extend<T>, T: EventValue, const DOTNET: bool> Visitor<'de>
        for Values<C, T, DOTNET>
    {
        type Value = C;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<C, A::Error> {
            let mut collected = C::default();
            let mut index = 0;
            loop {
                match values.next_element::<Received<T, DOTNET>>() {
                    Ok(Some(Received(value))) => collected.extend([value]),
                    Ok(None) => return Ok(collected),
                    Err(error) => return Err(at(Step::Index(index), error)),
                }
                index += 1;
            }
        }
    }

    deserializer.deserialize_seq(Values::<C, T, DOTNET>(PhantomData))
}

/// A JSON array, in the order of the values.
impl<T: EventValue + Ord> EventValue for BTreeSet<T> {
    const AMBIGUOUS: bool = T::AMBIGUOUS;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Ref))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::<_, _, _, false>(deserializer)
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_or_empty(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::List(Box::new(builder.nested::<T>()))
    }
}

/// Writes values that have no order in that of their JSON, so that the same
/// set is the same bytes.
fn write_in_order<'a, T, S>(
    values: impl Iterator<Item = &'a T>,
    serializer: S,
) -> Result<S::Ok, S::Error>
where
    T: EventValue + 'a,
    S: Serializer,
{
    let mut json = Vec::new();
    let mut ordered = Vec::with_capacity(values.size_hint().0);
    for value in values {
        let start = json.len();
        write_json(&Ref(value), 0, &mut json).map_err(ser::Error::custom)?;
        ordered.push((start..json.len(), value));
    }
    ordered.sort_unstable_by(|(a, _), (b, _)| json[a.clone()].cmp(&json[b.clone()]));
    serializer.collect_seq(ordered.iter().map(|(_, value)| Ref(*value)))
}

/// A JSON array, in the order of the values' JSON, so that the same set is the
/// same bytes.
impl<T: EventValue + Eq + Hash, H: BuildHasher + Default> EventValue for HashSet<T, H> {
    const AMBIGUOUS: bool = T::AMBIGUOUS;

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_in_order(self.iter(), serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::<_, _, _, false>(deserializer)
    }

    fn deserialize_dotnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_or_empty(deserializer)
    }

    fn shape(builder: &mut ShapeBuilder) -> Shape {
        Shape::List(Box::new(builder.nested::<T>()))
    }
}

macro_rules! collections {
    ($($Set:ty where $($Bound:ident),+ $(and $H:ident: $($HBound:ident),+)?;)+) => {$(
        impl<T: EventValue $(+ $Bound)+ $(, $H: $($HBound +)+)?> Collection for $Set {
            fn empty() -> Self {
                Self::default()
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read::<_, _, _, true>(deserializer)
            }
        }
    )+};
}

collections! {
    BTreeSet<T> where Ord;
    HashSet<T, H> where Eq, Hash and H: BuildHasher, Default;
    VecDeque<T> where Sized;
}
