const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
};
impl Accounts {
    async fn open(
        &self,
        id: Uuid,
        command: &OpenAccount,
        context: &CommandContext,
    ) -> Result<(), CommandFault> {
        self.help(id).await
    }
    #[cfg(feature = "close")]
    #[allow(clippy::unused_async)]
    async fn close(&self, id: Uuid, command: &CloseAccount) -> Result<(), CommandFault> {
        Ok(())
    }
    fn help(&self) {}
}
#[automatically_derived]
impl ::plumberd::command::HandlesCommands for Accounts {
    fn routes(
        self: ::plumberd::__private::std::sync::Arc<Self>,
        __routes: &mut ::plumberd::command::CommandHandlers,
    ) {
        {
            let __handler = ::plumberd::__private::core::clone::Clone::clone(&self);
            ::plumberd::command::CommandHandlers::add::<
                OpenAccount,
                Uuid,
                _,
                _,
            >(
                __routes,
                move |__id, __command, __context| {
                    let __handler = ::plumberd::__private::core::clone::Clone::clone(
                        &__handler,
                    );
                    async move {
                        let _ = &__context;
                        match Self::open(&__handler, __id, &__command, &__context).await
                        {
                            ::plumberd::__private::Ok(_) => ::plumberd::__private::Ok(()),
                            ::plumberd::__private::Err(__error) => {
                                ::plumberd::__private::Err(
                                    ::plumberd::__private::core::convert::From::from(__error),
                                )
                            }
                        }
                    }
                },
            );
        }
        #[cfg(feature = "close")]
        {
            let __handler = ::plumberd::__private::core::clone::Clone::clone(&self);
            ::plumberd::command::CommandHandlers::add::<
                CloseAccount,
                Uuid,
                _,
                _,
            >(
                __routes,
                move |__id, __command, __context| {
                    let __handler = ::plumberd::__private::core::clone::Clone::clone(
                        &__handler,
                    );
                    async move {
                        let _ = &__context;
                        match Self::close(&__handler, __id, &__command).await {
                            ::plumberd::__private::Ok(_) => ::plumberd::__private::Ok(()),
                            ::plumberd::__private::Err(__error) => {
                                ::plumberd::__private::Err(
                                    ::plumberd::__private::core::convert::From::from(__error),
                                )
                            }
                        }
                    }
                },
            );
        }
    }
}
