//! What the macros stand for, through the public interface.

mod aggregate;
mod as_text;
mod catch_all;
mod choice;
mod context;
mod event;
mod forms;
mod generics;
mod inverse;
mod json_object;
mod metadata;
mod names;
mod nesting;
mod nulls;
mod paths;
mod prelude;
mod reading;
mod serde_forms;
mod stored_form;
mod ui;
mod value;
mod wire_format;
