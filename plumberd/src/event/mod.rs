//! What happened: events, their names, their metadata, their stored forms.

mod caused_by;
mod chunk;
mod const_text;
mod content_type;
mod created;
mod decode;
#[doc(hidden)]
pub mod derived;
mod error;
mod event_type;
mod id;
mod metadata;
mod new_event;
mod other;
mod raw_metadata;
mod recorded_event;
mod recorded_form;
mod same;
mod text;
pub(crate) mod type_name;

pub use crate::context::InvalidCreated;
pub use crate::value::{self, EventValue, Shape, ShapeBuilder, ShapeOf};
pub(crate) use const_text::ConstText;
pub use content_type::ContentType;
pub use decode::{EncodedEvent, Upcaster};
#[doc(hidden)]
pub use decode::{Links, decode_event};
pub use error::{DecodeError, EncodeError};
pub use event_type::{EventType, InvalidEventType};
#[doc(hidden)]
pub use event_type::{checked_alias, checked_event_type};
pub use id::{derived_event_id, new_event_id};
pub use metadata::Metadata;
pub use new_event::NewEvent;
#[doc(hidden)]
pub use other::{FromOther, only_read};
pub use raw_metadata::RawMetadata;
pub use recorded_event::{Link, RecordedEvent};
pub(crate) use text::has_control;

use uuid::Uuid;

/// Something that happened, as the application's own type.
///
/// Derive it: `#[derive(Event)]`. A struct is stored under one name, an enum
/// under one name a variant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "add `#[derive(plumberd::Event)]` to `{Self}`"
)]
pub trait Event: Sized + Send + Sync + 'static {
    /// The stored types a value may have: one for a struct, one a variant for
    /// an enum.
    const TYPES: &'static [EventInfo];

    /// What an event of any other type is read as: the variant `#[event(other)]` of an
    /// enum. Without one, as mostly, such an event is an error.
    ///
    /// What is read so is not written. A reader that chooses events by type cannot leave
    /// any out.
    const OTHER: Option<fn(&RecordedEvent) -> Self> = None;

    /// Which of [`Event::TYPES`] this value is; their number when it is none of them, but
    /// what [`Event::OTHER`] made.
    fn type_index(&self) -> usize;

    /// Appends the encoded data to `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a value has no stored form (NaN, for example).
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Decodes what was stored as `Self::TYPES[index]`, of any revision that
    /// has an upcaster.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the data is of another shape, of a revision that
    /// nothing leads on from, or of a content type that is not the event's.
    fn decode(index: usize, encoded: &EncodedEvent<'_>) -> Result<Self, DecodeError>;

    /// The shape of the data of `Self::TYPES[index]`.
    fn shape(index: usize, builder: &mut ShapeBuilder) -> Shape;

    /// The id that the value carries in its field `#[event(id)]`.
    ///
    /// A nil id means "none yet": the store's id is assigned to it.
    fn id(&self) -> Option<Uuid> {
        None
    }

    /// Puts `id` into the field `#[event(id)]`; does nothing without one.
    fn assign_id(&mut self, id: Uuid) {
        let _ = id;
    }
}

/// One stored type of an [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventInfo {
    /// The name in the store.
    pub name: &'static str,
    /// Other names that it is read under: those it had before it was renamed.
    pub aliases: &'static [&'static str],
    /// The revision that is written, from 1.
    pub revision: u32,
    /// The oldest revision that can be read; upcasters lead on from it.
    pub oldest_revision: u32,
    /// The content type of the data.
    pub content_type: &'static str,
    /// The category of the stream that the event is written to by convention,
    /// when the type says one.
    pub output_stream: Option<&'static str>,
    /// The path of the module that the type is declared in; empty when it is
    /// not known.
    pub module: &'static str,
}

impl EventInfo {
    /// A type `name` of revision 1 in JSON.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            revision: 1,
            oldest_revision: 1,
            content_type: "application/json",
            output_stream: None,
            module: "",
        }
    }

    /// Also read under these names.
    #[must_use]
    pub const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Which of `types` is stored under `name`, by its own name or another.
    pub fn find(types: &[Self], name: &str) -> Option<usize> {
        let by_name = types.iter().position(|info| info.name == name);
        by_name.or_else(|| types.iter().position(|info| info.aliases.contains(&name)))
    }

    /// Its name, then the others that it is read under.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The type as it was when it had each of its names, the one of today first:
    /// for conventions, which make the stored name of a name.
    pub(crate) fn each_name(&self) -> impl Iterator<Item = Self> + use<> {
        let info = *self;
        self.names().map(move |name| Self { name, ..info })
    }

    /// With this revision, and the oldest one that upcasters lead on from.
    #[must_use]
    pub const fn with_revision(mut self, revision: u32, oldest_revision: u32) -> Self {
        self.revision = revision;
        self.oldest_revision = oldest_revision;
        self
    }

    /// With this content type.
    #[must_use]
    pub const fn with_content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = content_type;
        self
    }

    /// With the category of the stream it is written to by convention.
    #[must_use]
    pub const fn with_output_stream(mut self, category: &'static str) -> Self {
        self.output_stream = Some(category);
        self
    }

    /// Of a type that is declared in this module: `module_path!()`.
    #[must_use]
    pub const fn with_module(mut self, module: &'static str) -> Self {
        self.module = module;
        self
    }
}

/// The names under which events of `types` are stored, type by type, aliases
/// among them.
pub(crate) const fn nth_name(types: &[EventInfo], mut n: usize) -> Option<&'static str> {
    let mut i = 0;
    while i < types.len() {
        let aliases = types[i].aliases;
        if n == 0 {
            return Some(types[i].name);
        }
        if n <= aliases.len() {
            return Some(aliases[n - 1]);
        }
        n -= aliases.len() + 1;
        i += 1;
    }
    None
}
