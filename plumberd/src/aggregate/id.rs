use crate::event::new_event_id;
use std::{fmt::Display, hash::Hash, str::FromStr};
use uuid::Uuid;

/// What tells one aggregate of a category from another: a `Uuid`, a number, a
/// `String`, or a type of your own that is `Display` and `FromStr`.
///
/// Its text is the second part of the stream's name, so two ids with one text
/// are one aggregate, and an id without text is refused.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the id of an aggregate",
    label = "lacks some of what an id can do",
    note = "an id is `Clone + Eq + Hash + Debug + Display + FromStr + Send + Sync + 'static`; \
            its text (`Display`, `FromStr`) is part of the stream's name"
)]
pub trait AggregateId:
    Clone + Eq + Hash + std::fmt::Debug + Display + FromStr + Send + Sync + 'static
{
}

impl<T> AggregateId for T where
    T: Clone + Eq + Hash + std::fmt::Debug + Display + FromStr + Send + Sync + 'static
{
}

/// An id that plumberd can make up: a `Uuid`, or a type of your own around one.
pub trait GenerateId: AggregateId {
    /// The id that `uuid` stands for: another one for another UUID.
    fn from_uuid(uuid: Uuid) -> Self;

    /// A new id, unlike every other.
    fn generate() -> Self {
        Self::from_uuid(new_event_id())
    }

    /// The id of the aggregate that the command `command_id` creates: the same
    /// however often it is repeated.
    fn from_command(command_id: Uuid) -> Self {
        Self::from_uuid(Uuid::new_v5(&command_id, b"aggregate"))
    }
}

impl GenerateId for Uuid {
    fn from_uuid(uuid: Uuid) -> Self {
        uuid
    }
}
