//! JSON as text: objects, how deep it goes, where in it something is.

mod as_text;
mod canonical;
mod error;
mod excerpt;
mod json_object;
mod nesting;
mod path;

pub(crate) use as_text::as_text;
pub(crate) use canonical::same_json;
pub use error::CodecError;
pub(crate) use excerpt::excerpt;
pub use json_object::JsonObject;
pub use nesting::MAX_NESTING;
pub(crate) use nesting::{TooDeep, excess, write_json};
pub(crate) use path::{Step, at};
