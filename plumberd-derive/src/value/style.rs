//! What the fields of one container have in common.

use crate::support::{Attrs, Errors, RenameRule};

/// What the field stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Event,
    Value,
}

/// What the container of a field says about all of its fields.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) owner: Owner,
    /// How their names are made of those in Rust.
    pub(crate) rename: Option<RenameRule>,
}

impl Style {
    /// The style of fields whose attributes are all their own.
    pub(crate) const fn of(owner: Owner) -> Self {
        Self {
            owner,
            rename: None,
        }
    }

    /// With the rule that stands under `key`, if there is one.
    pub(crate) fn renamed(self, attrs: &mut Attrs, key: &str, errors: &mut Errors) -> Self {
        let rename = RenameRule::take(attrs, key, errors).or(self.rename);
        Self { rename, ..self }
    }
}
