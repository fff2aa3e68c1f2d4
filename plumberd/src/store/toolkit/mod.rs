//! What the author of a backend takes instead of writing it: decisions and
//! subscriptions, the same in every store.
//!
//! Applications need none of it.

pub mod driver;
pub mod follow;
pub mod options;
pub mod rules;
