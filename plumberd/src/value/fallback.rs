//! What a missing field is: `#[event(default = …)]`.

/// A value, or a function that returns one. `Kind` tells the two apart.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `{T}`, and no function that returns one",
    label = "not a `{T}`",
    note = "`default = …` takes a value of the field's type, or a function without parameters"
)]
pub trait DefaultOf<T, Kind> {
    fn get(self) -> T;
}

/// The value itself.
#[doc(hidden)]
#[derive(Debug)]
pub struct Given;

/// What a function returns.
#[doc(hidden)]
#[derive(Debug)]
pub struct Called;

impl<T> DefaultOf<T, Given> for T {
    fn get(self) -> T {
        self
    }
}

impl<T, F: FnOnce() -> T> DefaultOf<T, Called> for F {
    fn get(self) -> T {
        self()
    }
}

/// What macro output calls for a field that is missing.
#[doc(hidden)]
pub fn default_of<T, D: DefaultOf<T, Kind>, Kind>(default: D) -> T {
    default.get()
}
