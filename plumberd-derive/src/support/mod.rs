//! What both kinds of macros need: errors, attributes, paths.

mod attrs;
mod case;
mod constant;
mod crate_path;
mod errors;
mod lints;
mod pascal;
mod place;
mod rename_rule;
mod suggest;

pub(crate) use attrs::{Attrs, Key};
pub(crate) use case::same_ignoring_case;
pub(crate) use constant::constant;
pub(crate) use crate_path::CratePath;
pub(crate) use errors::Errors;
pub(crate) use lints::allow_deprecated;
pub(crate) use pascal::pascal_case;
pub(crate) use place::place;
pub(crate) use rename_rule::RenameRule;
pub(crate) use suggest::did_you_mean;
