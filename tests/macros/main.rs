//! The macros, as their users see them.

mod aggregate;
mod ui;
