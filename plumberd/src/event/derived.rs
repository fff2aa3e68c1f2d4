//! What the output of `#[derive(Event)]` calls, so that the output is small.

use super::{
    ConstText, DecodeError, EncodeError, EncodedEvent, Event, EventInfo, Links, decode_event,
    nth_name,
};
use crate::{
    codec::Codec,
    value::{EventValue, NameSet, Variant, Variants, same_name},
};
use ::serde::ser;
use std::any::Any;
use uuid::Uuid;

/// What both derives of a struct implement: of a type with both the compiler says nothing
/// but that they conflict in this trait, so its name is what to do.
#[expect(non_camel_case_types, reason = "it is read as a message")]
pub trait one_derive_is_enough_because_an_Event_is_an_EventValue_too {}

/// Encodes an event, or one of its variants.
pub fn encode_event<T: EventValue, C: Codec>(
    info: &'static EventInfo,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    C::encode(value, out).map_err(|error| EncodeError::new(info.name, error))
}

/// Decodes the variant number `I`.
pub fn decode_variant<T: Variants + Event, C: Codec, const I: usize>(
    info: &'static EventInfo,
    links: &Links<Variant<'static, T, I>>,
    encoded: &EncodedEvent<'_>,
) -> Result<T, DecodeError> {
    decode_event::<Variant<'static, T, I>, C>(info, links, encoded)?
        .into_read()
        .ok_or_else(|| other_type::<T>(encoded))
}

/// The error of an index that the event does not have.
pub fn other_type<T: Event>(encoded: &EncodedEvent<'_>) -> DecodeError {
    DecodeError::other_type::<T>(encoded.event_type)
}

/// The error of a variant that is stored as the event inside it.
pub fn not_stored_here<E: ser::Error>() -> E {
    E::custom("a transparent variant is stored as the event inside it")
}

/// Decodes the type of the revision before, and takes it over.
pub fn upcast<P: Event, T: From<P>>(encoded: &EncodedEvent<'_>) -> Result<T, DecodeError> {
    P::decode(0, encoded).map(T::from)
}

/// Decodes the type of the revision before into the variant number `I`.
pub fn upcast_variant<P: Event, T: From<P>, const I: usize>(
    encoded: &EncodedEvent<'_>,
) -> Result<Variant<'static, T, I>, DecodeError> {
    P::decode(0, encoded).map(|previous| Variant::Read(T::from(previous)))
}

/// The oldest revision from which something leads to `P`.
pub const fn oldest_revision<P: Event>() -> u32 {
    match P::TYPES {
        [info, ..] => info.oldest_revision,
        [] => 0,
    }
}

/// Fails to compile when `types` is not one type of `revision`, stored under one
/// of `names`.
pub const fn assert_previous(
    types: &[EventInfo],
    names: &[&str],
    revision: u32,
    message: &'static str,
) {
    if let [info] = types
        && info.revision == revision
    {
        let mut i = 0;
        while i < names.len() {
            if same_name(info.name, names[i]) {
                return;
            }
            i += 1;
        }
    }
    panic!("{}", message)
}

/// Fails to compile when an event has several stored types, or is read from others.
#[track_caller]
pub const fn assert_single(types: &[EventInfo], reads_others: bool) {
    assert!(
        types.len() == 1 && !reads_others,
        "a transparent variant holds an event with one stored type, not an event enum"
    );
}

/// Fails to compile when an event is stored as a value inside it which has the key `Id`.
#[track_caller]
pub const fn assert_id_is_marked(has_id: bool) {
    assert!(
        !has_id,
        "the value inside is stored with the key `Id`, where .NET and Python look for the id of \
         the event: two events with one value would be one event to them, and the second is \
         dropped; write the fields out in the event and mark the id of the event itself \
         `#[event(id)]`, or give the field inside another name with `#[event(rename = \"…\")]`"
    );
}

/// Fails to compile when two of the names of an event are one.
#[track_caller]
pub const fn assert_distinct_types(types: &[EventInfo]) {
    let mut seen = NameSet::new();
    let mut n = 0;
    while let Some(name) = nth_name(types, n) {
        if seen.add(name) {
            assert_new(types, n, name);
        }
        n += 1;
    }
}

/// That none of the names above the one at `index` is `name`.
#[track_caller]
const fn assert_new(types: &[EventInfo], index: usize, name: &str) {
    let mut n = 0;
    while n < index {
        if let Some(other) = nth_name(types, n)
            && same_name(other, name)
        {
            ConstText::new()
                .push("two of the stored names are `")
                .push(name)
                .push(
                    "`; give one another name with `#[event(type = \"…\")]`, or take out the alias",
                )
                .panic()
        }
        n += 1;
    }
}

/// The type of a field `#[event(id)]`.
#[diagnostic::on_unimplemented(
    message = "the id of an event is a `Uuid`, not a `{Self}`",
    label = "not a `Uuid`",
    note = "make the field a `Uuid`, or remove `#[event(id)]`"
)]
pub trait EventId {
    /// The id.
    fn uuid(&self) -> Uuid;
}

impl EventId for Uuid {
    fn uuid(&self) -> Uuid {
        *self
    }
}

/// The id in a field.
pub fn event_id<T: EventId>(id: &T) -> Option<Uuid> {
    Some(id.uuid())
}

/// Puts `id` into a field. That it is a [`Uuid`] is what [`event_id`] asks
/// for; to ask twice would be to complain twice.
pub fn assign_event_id<T: Any>(field: &mut T, id: Uuid) {
    if let Some(field) = (field as &mut dyn Any).downcast_mut() {
        *field = id;
    }
}
