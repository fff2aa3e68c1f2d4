//! What the output of the macros names. Not for use by hand: it follows the
//! macros and may change in any release.

pub use crate::{
    aggregate::{DecisionResult, assert_distinct},
    event::{Links, Shape, ShapeBuilder, decode_event},
};
pub use core;
pub use serde;
pub use std;
pub use uuid::Uuid;
