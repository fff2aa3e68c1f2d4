//! What the output of the macros names. Not for use by hand: it follows the
//! macros and may change in any release.

pub use crate::{
    aggregate::{
        CountsBlocks, DecisionResult, HandlerBlock, Repeated, assert_counted, assert_one_catch_all,
        checked_category, count_rows, join_rows,
        of_two_aggregate_blocks_the_first_says_blocks_equals_2_and_the_second_block_equals_2,
    },
    codec::{Codec, Json},
    event::{
        DecodeError, EncodeError, EncodedEvent, Event, EventInfo, FromOther, Links, RecordedEvent,
        Upcaster, checked_alias, checked_event_type, decode_event, derived::*, only_read,
    },
    value::{
        AsText, Choices, Elements, EventValue, Fields, List, MapKey, Object, Ref, Rules, Shape,
        ShapeBuilder, ShapeOf, Tagged, TextForm, Variant, Variants, WithField, WithRef,
        assert_some_is_told, decimal_literal, default_of, displayed, key_of, name_shape,
        number_shape, read_as_text, read_choice, read_object, read_tagged, read_tuple,
        tagged_shape, to_checked_text, write_as_text, write_number, write_tagged,
    },
};
pub use core::{
    self,
    convert::From,
    default::Default,
    marker::PhantomData,
    option::Option::{self, None, Some},
    primitive::{bool, i128, str, usize},
    result::Result::{self, Err, Ok},
};
pub use rust_decimal::Decimal;
pub use serde::{
    self, Deserializer, Serializer,
    de::{MapAccess, SeqAccess},
    ser::{SerializeStruct, SerializeTuple},
};
pub use std::{self, borrow::Cow, string::String, vec::Vec};
pub use uuid::Uuid;

/// What macro output names where no `crate = …` says what plumberd is called. Where it is
/// called otherwise the compiler says of a path that `plumberd` is not found, once for
/// each; and that this name is not, which says what to do.
pub mod named {
    #[expect(non_upper_case_globals, reason = "it is read as a message")]
    pub const plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute: () =
        ();
}
