#[allow(clippy::unused_async)]
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
    async fn close(&self, id: Uuid, command: &CloseAccount) -> Result<(), CommandFault> {
        Ok(())
    }
    fn help(&self) {}
}
#[automatically_derived]
impl ::plumberd::command::HandlesCommands for Accounts {
    fn routes(
        self: ::plumberd::__private::std::sync::Arc<Self>,
        routes: &mut ::plumberd::command::CommandHandlers,
    ) {
        {
            let handler = ::plumberd::__private::std::sync::Arc::clone(&self);
            routes
                .add::<
                    OpenAccount,
                    Uuid,
                    _,
                    _,
                >(move |id, command, context| {
                    let handler = ::plumberd::__private::std::sync::Arc::clone(&handler);
                    async move {
                        let _ = &context;
                        match Self::open(&handler, id, &command, &context).await {
                            ::plumberd::__private::Ok(_) => ::plumberd::__private::Ok(()),
                            ::plumberd::__private::Err(error) => {
                                ::plumberd::__private::Err(
                                    ::plumberd::__private::core::convert::From::from(error),
                                )
                            }
                        }
                    }
                });
        }
        #[cfg(feature = "close")]
        {
            let handler = ::plumberd::__private::std::sync::Arc::clone(&self);
            routes
                .add::<
                    CloseAccount,
                    Uuid,
                    _,
                    _,
                >(move |id, command, context| {
                    let handler = ::plumberd::__private::std::sync::Arc::clone(&handler);
                    async move {
                        let _ = &context;
                        match Self::close(&handler, id, &command).await {
                            ::plumberd::__private::Ok(_) => ::plumberd::__private::Ok(()),
                            ::plumberd::__private::Err(error) => {
                                ::plumberd::__private::Err(
                                    ::plumberd::__private::core::convert::From::from(error),
                                )
                            }
                        }
                    }
                });
        }
    }
}
