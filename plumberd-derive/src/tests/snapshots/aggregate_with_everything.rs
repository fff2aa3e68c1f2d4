#[cfg(feature = "orders")]
#[allow(clippy::unused_self)]
impl domain::Order {
    #[cfg(unix)]
    fn on_placed(&mut self, event: &OrderPlaced, metadata: &Metadata) {
        self.placed_by = metadata.user_id();
    }
    #[cfg(unix)]
    fn place(&self, command: PlaceOrder<'_>) -> Decision<OrderPlaced> {
        Ok(OrderPlaced)
    }
}
#[cfg(feature = "orders")]
#[automatically_derived]
impl my::plumberd::aggregate::Aggregate for domain::Order {
    type Id = OrderNumber;
    const CATEGORY: &'static my::plumberd::__private::core::primitive::str = "Order";
    const UNKNOWN_EVENTS: my::plumberd::aggregate::UnknownEvents = my::plumberd::aggregate::UnknownEvents::Skip;
    const HANDLERS: my::plumberd::aggregate::HandlerTable<Self> = my::plumberd::aggregate::HandlerTable::new(
        &[#[cfg(unix)] my::plumberd::aggregate::Row::of::<OrderPlaced>("on_placed")],
    );
}
#[cfg(feature = "orders")]
#[automatically_derived]
impl my::plumberd::__private::of_two_aggregate_blocks_the_first_says_blocks_equals_2_and_the_second_block_equals_2
for domain::Order {}
#[cfg(feature = "orders")]
const _: () = {
    my::plumberd::__private::assert_one_catch_all(
        &<domain::Order as my::plumberd::aggregate::Aggregate>::HANDLERS,
        my::plumberd::aggregate::UnknownEvents::Skip,
    );
};
#[cfg(feature = "orders")]
#[cfg(unix)]
#[automatically_derived]
impl my::plumberd::aggregate::Handles<OrderPlaced> for (domain::Order) {
    #[inline]
    fn handle(
        &mut self,
        __event: &OrderPlaced,
        __metadata: &my::plumberd::event::RawMetadata,
    ) -> my::plumberd::__private::core::result::Result<
        (),
        my::plumberd::aggregate::ApplyError,
    > {
        let __metadata = __metadata.parse()?;
        Self::on_placed(self, __event, &__metadata);
        my::plumberd::__private::core::result::Result::Ok(())
    }
}
#[cfg(feature = "orders")]
#[cfg(unix)]
#[automatically_derived]
impl my::plumberd::aggregate::HandlesCommand<PlaceOrder<'_>> for (domain::Order) {
    type Events = <(Decision<
        OrderPlaced,
    >) as my::plumberd::__private::DecisionResult>::Events;
    type Error = <(Decision<
        OrderPlaced,
    >) as my::plumberd::__private::DecisionResult>::Error;
    #[inline]
    fn command_name() -> my::plumberd::__private::Option<
        &'static my::plumberd::__private::str,
    > {
        my::plumberd::__private::Some("PlaceOrder")
    }
    #[inline]
    fn decide(
        &self,
        __command: PlaceOrder<'_>,
    ) -> my::plumberd::__private::core::result::Result<Self::Events, Self::Error> {
        <(Decision<
            OrderPlaced,
        >) as my::plumberd::__private::DecisionResult>::into_result(
            Self::place(self, __command),
        )
    }
}
