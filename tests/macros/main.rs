//! What the macros stand for, through the public interface.

mod aggregate;
mod context;
mod event;
mod json_object;
mod metadata;
mod prelude;
mod ui;
mod value;
mod wire_format;
