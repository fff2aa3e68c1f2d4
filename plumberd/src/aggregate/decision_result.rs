/// The two sides of a `Result`, also of one with another name (`type
/// Decision<D> = Result<D, AccountError>`), which a macro cannot see into.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a command handler returns a `Result`, not `{Self}`",
    label = "not a `Result` of events and an error",
    note = "write `Result<MyEvent, MyError>`; one that never refuses returns \
            `Result<MyEvent, std::convert::Infallible>`"
)]
pub trait DecisionResult {
    /// The events that were decided on.
    type Events;
    /// Why the command was refused.
    type Error;

    /// The value itself.
    ///
    /// # Errors
    ///
    /// The value's own.
    fn into_result(self) -> Result<Self::Events, Self::Error>;
}

impl<D, E> DecisionResult for Result<D, E> {
    type Events = D;
    type Error = E;

    #[inline]
    fn into_result(self) -> Self {
        self
    }
}
