const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
};
::core::compile_error! {
    "a command handler says what came of the command; a command handler looks like `async fn open(&self, id: Uuid, command: &OpenAccount, context: &CommandContext) -> Result<(), CommandFault>`; put other `async` methods into another block"
}
::core::compile_error! {
    "a command is taken by reference, as `&OpenAccount`"
}
impl Accounts {
    #[allow(clippy::unused_async)]
    async fn open(&self, id: Uuid, command: OpenAccount) {}
}
#[automatically_derived]
impl ::plumberd::command::HandlesCommands for Accounts {
    fn routes(
        self: ::plumberd::__private::std::sync::Arc<Self>,
        __routes: &mut ::plumberd::command::CommandHandlers,
    ) {
        let _ = (self, __routes);
    }
}
