const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
};
impl Account {
    /// Stays as it is.
    fn on_opened(&mut self, _event: &AccountOpened) {
        self.open = true;
    }
    pub(crate) fn on_credited(&mut self, event: &AccountCredited) {
        self.balance = event.balance;
    }
    pub fn balance(&self) -> Decimal {
        self.balance
    }
}
#[automatically_derived]
impl ::plumberd::aggregate::Aggregate for Account {
    type Id = ::plumberd::__private::Uuid;
    const CATEGORY: &'static ::plumberd::__private::core::primitive::str = "Account";
    const UNKNOWN_EVENTS: ::plumberd::aggregate::UnknownEvents = ::plumberd::aggregate::UnknownEvents::Error;
    const HANDLERS: ::plumberd::aggregate::HandlerTable<Self> = ::plumberd::aggregate::HandlerTable::new(
        &[
            ::plumberd::aggregate::Row::of::<AccountOpened>("on_opened"),
            ::plumberd::aggregate::Row::of::<AccountCredited>("on_credited"),
        ],
    );
}
#[automatically_derived]
impl ::plumberd::__private::of_two_aggregate_blocks_the_first_says_blocks_equals_2_and_the_second_block_equals_2
for Account {}
const _: () = {
    if let ::plumberd::__private::Some(__found) = ::plumberd::__private::Repeated::among(
        &<Account as ::plumberd::aggregate::Aggregate>::HANDLERS,
    ) {
        {
            if ::plumberd::__private::Repeated::is_at(&__found, "on_opened") {
                ::plumberd::__private::Repeated::report(&__found)
            }
        }
        {
            if ::plumberd::__private::Repeated::is_at(&__found, "on_credited") {
                ::plumberd::__private::Repeated::report(&__found)
            }
        }
        ::plumberd::__private::Repeated::report(&__found)
    }
    ::plumberd::__private::assert_one_catch_all(
        &<Account as ::plumberd::aggregate::Aggregate>::HANDLERS,
        ::plumberd::aggregate::UnknownEvents::Error,
    );
};
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
        Self::on_opened(self, __event);
        ::plumberd::__private::core::result::Result::Ok(())
    }
}
#[automatically_derived]
impl ::plumberd::aggregate::Handles<AccountCredited> for (Account) {
    #[inline]
    fn handle(
        &mut self,
        __event: &AccountCredited,
        _: &::plumberd::event::RawMetadata,
    ) -> ::plumberd::__private::core::result::Result<
        (),
        ::plumberd::aggregate::ApplyError,
    > {
        Self::on_credited(self, __event);
        ::plumberd::__private::core::result::Result::Ok(())
    }
}
