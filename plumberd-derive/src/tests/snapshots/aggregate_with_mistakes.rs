const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
};
::core::compile_error! {
    "no key `categry`; did you mean `category`?"
}
::core::compile_error! {
    "a handler is not async, it computes and never waits; an event sourcing handler looks like `fn on_opened(&mut self, event: &AccountOpened)`"
}
::core::compile_error! {
    "a command handler takes `&self`: it decides, and the handlers of the events it returns change the state"
}
impl Account {
    async fn on_opened(&mut self, event: &AccountOpened) {}
    fn open(&mut self, command: OpenAccount) -> Result<AccountOpened, Refused> {
        Ok(AccountOpened)
    }
}
#[automatically_derived]
impl ::plumberd::aggregate::Aggregate for Account {
    type Id = ::plumberd::__private::Uuid;
    const CATEGORY: &'static ::plumberd::__private::core::primitive::str = "Account";
    const UNKNOWN_EVENTS: ::plumberd::aggregate::UnknownEvents = ::plumberd::aggregate::UnknownEvents::Error;
    const HANDLERS: ::plumberd::aggregate::HandlerTable<Self> = ::plumberd::aggregate::HandlerTable::new(
        &[],
    );
}
#[automatically_derived]
impl ::plumberd::aggregate::Handles<AccountOpened> for (Account) {
    #[inline]
    fn handle(
        &mut self,
        __event: &AccountOpened,
        _: &::plumberd::event::RawMetadata,
    ) -> ::plumberd::__private::core::result::Result<
        (),
        ::plumberd::aggregate::ApplyError,
    > {
        let _ = __event;
        ::plumberd::__private::core::result::Result::Ok(())
    }
}
#[automatically_derived]
impl ::plumberd::aggregate::HandlesCommand<OpenAccount> for (Account) {
    type Events = <(Result<
        AccountOpened,
        Refused,
    >) as ::plumberd::__private::DecisionResult>::Events;
    type Error = <(Result<
        AccountOpened,
        Refused,
    >) as ::plumberd::__private::DecisionResult>::Error;
    #[inline]
    fn command_name() -> ::plumberd::__private::Option<
        &'static ::plumberd::__private::str,
    > {
        ::plumberd::__private::Some("OpenAccount")
    }
    #[inline]
    fn decide(
        &self,
        __command: OpenAccount,
    ) -> ::plumberd::__private::core::result::Result<Self::Events, Self::Error> {
        let _ = __command;
        ::plumberd::__private::core::unreachable!()
    }
}
