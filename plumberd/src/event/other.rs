//! What the variant `#[event(other)]` of an event enum holds.

use super::{EncodeError, RecordedEvent};

/// What can be made of a recorded event of unknown type.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold an event of unknown type",
    label = "not made of a `RecordedEvent`",
    note = "the variant `#[event(other)]` holds nothing, or a `RecordedEvent`, a `Box` or an `Arc` \
            of one, or what has `impl From<RecordedEvent>`"
)]
pub trait FromOther: Sized {
    fn from_other(event: &RecordedEvent) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: From<RecordedEvent>> FromOther for T {
    fn from_other(event: &RecordedEvent) -> Self {
        Self::from(event.clone())
    }
}

/// The error of writing such a variant.
#[doc(hidden)]
pub fn only_read(variant: &str) -> EncodeError {
    EncodeError::new(
        variant,
        "it is what events of unknown types are read as, and is not written",
    )
}
