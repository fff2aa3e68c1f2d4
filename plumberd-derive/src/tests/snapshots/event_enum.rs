const _: () = {
    use company::events::__private as __p;
    #[automatically_derived]
    impl __p::Event for OrderEvent {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Placed").with_module(__p::core::module_path!()),
            __p::EventInfo::new("order.cancelled")
                .with_module(__p::core::module_path!())
                .with_revision(2u32, __p::oldest_revision::<CancelledV1>()),
            __p::EventInfo::new("Noted").with_module(__p::core::module_path!()),
            <Moved as __p::Event>::TYPES[0],
        ];
        fn type_index(&self) -> __p::usize {
            match self {
                Self::Placed { .. } => 0usize,
                Self::Cancelled { .. } => 1usize,
                Self::Noted { .. } => 2usize,
                Self::Moved { .. } => 3usize,
            }
        }
        fn encode(&self, __out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            match self {
                Self::Placed { .. } => {
                    __p::encode_event::<
                        _,
                        __p::Json,
                    >(
                        &<Self as __p::Event>::TYPES[0usize],
                        &__p::Variant::<'_, Self, 0usize>::Lent(self),
                        __out,
                    )
                }
                Self::Cancelled { .. } => {
                    __p::encode_event::<
                        _,
                        __p::Json,
                    >(
                        &<Self as __p::Event>::TYPES[1usize],
                        &__p::Variant::<'_, Self, 1usize>::Lent(self),
                        __out,
                    )
                }
                Self::Noted { .. } => {
                    __p::encode_event::<
                        _,
                        __p::Json,
                    >(
                        &<Self as __p::Event>::TYPES[2usize],
                        &__p::Variant::<'_, Self, 2usize>::Lent(self),
                        __out,
                    )
                }
                Self::Moved(__inner) => <Moved as __p::Event>::encode(__inner, __out),
            }
        }
        fn decode(
            __index: __p::usize,
            __encoded: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            match __index {
                0usize => {
                    __p::decode_variant::<
                        Self,
                        __p::Json,
                        0usize,
                    >(&<Self as __p::Event>::TYPES[0usize], &__p::Links::None, __encoded)
                }
                1usize => {
                    __p::decode_variant::<
                        Self,
                        __p::Json,
                        1usize,
                    >(
                        &<Self as __p::Event>::TYPES[1usize],
                        &__p::Links::Typed(
                            __p::upcast_variant::<CancelledV1, Self, 1usize>,
                        ),
                        __encoded,
                    )
                }
                2usize => {
                    __p::decode_variant::<
                        Self,
                        __p::Json,
                        2usize,
                    >(&<Self as __p::Event>::TYPES[2usize], &__p::Links::None, __encoded)
                }
                3usize => {
                    match <Moved as __p::Event>::decode(0, __encoded) {
                        __p::Ok(__inner) => __p::Ok(Self::Moved(__inner)),
                        __p::Err(__error) => __p::Err(__error),
                    }
                }
                _ => __p::Err(__p::other_type::<Self>(__encoded)),
            }
        }
        fn shape(__index: __p::usize, __builder: &mut __p::ShapeBuilder) -> __p::Shape {
            match __index {
                0usize => <Self as __p::Variants>::variant_shape(0usize, __builder),
                1usize => <Self as __p::Variants>::variant_shape(1usize, __builder),
                2usize => <Self as __p::Variants>::variant_shape(2usize, __builder),
                3usize => <Moved as __p::Event>::shape(0, __builder),
                _ => __p::Shape::Choice(__p::Vec::new()),
            }
        }
        fn id(&self) -> __p::Option<__p::Uuid> {
            match self {
                Self::Placed { id: __own, .. } => __p::event_id::<Uuid>(__own),
                Self::Moved(__inner) => <Moved as __p::Event>::id(__inner),
                _ => __p::None,
            }
        }
        fn assign_id(&mut self, __id: __p::Uuid) {
            match self {
                Self::Placed { id: __own, .. } => __p::assign_event_id(__own, __id),
                Self::Moved(__inner) => <Moved as __p::Event>::assign_id(__inner, __id),
                _ => {}
            }
        }
    }
    #[automatically_derived]
    impl __p::Variants for OrderEvent {
        fn write<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            match self {
                Self::Placed { id: __field0, total: __field1, .. } => {
                    let mut __object = __p::Serializer::serialize_struct(
                        __serializer,
                        "OrderEvent",
                        2usize,
                    )?;
                    <Uuid as __p::EventValue>::write_field(
                        __field0,
                        &mut __object,
                        "Id",
                    )?;
                    <u32 as __p::EventValue>::write_field(
                        __field1,
                        &mut __object,
                        "Total",
                    )?;
                    __p::SerializeStruct::end(__object)
                }
                Self::Cancelled { .. } => {
                    let __object = __p::Serializer::serialize_struct(
                        __serializer,
                        "OrderEvent",
                        0usize,
                    )?;
                    __p::SerializeStruct::end(__object)
                }
                Self::Noted { 0: __field0, .. } => {
                    <String as __p::EventValue>::serialize(__field0, __serializer)
                }
                _ => __p::Err(__p::not_stored_here()),
            }
        }
        fn read<'de, __D: __p::Deserializer<'de>>(
            __index: __p::usize,
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            match __index {
                0usize => __p::read_object::<Self, __D, 1i32>(__deserializer),
                1usize => __p::read_object::<Self, __D, 2i32>(__deserializer),
                _ => {
                    __p::Ok(Self::Noted {
                        0: <String as __p::EventValue>::deserialize(__deserializer)?,
                    })
                }
            }
        }
        fn variant_shape(
            __index: __p::usize,
            __builder: &mut __p::ShapeBuilder,
        ) -> __p::Shape {
            match __index {
                0usize => {
                    __p::ShapeBuilder::object(
                        __builder,
                        &[
                            ("Id", <Uuid as __p::EventValue>::nested_shape),
                            ("Total", <u32 as __p::EventValue>::nested_shape),
                        ],
                    )
                }
                1usize => __p::ShapeBuilder::object(__builder, &[]),
                _ => (<String as __p::EventValue>::nested_shape)(__builder),
            }
        }
    }
    #[automatically_derived]
    impl __p::Fields<1i32> for OrderEvent {
        const KEYS: &'static [&'static __p::str] = &["Id", "Total"];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut __field0, mut __field1) = (__p::None, __p::None);
            while let __p::Some(__key) = __p::Object::key(__object)? {
                match __key {
                    0usize => {
                        <Uuid as __p::EventValue>::read_field(__object, &mut __field0)?
                    }
                    _ => <u32 as __p::EventValue>::read_field(__object, &mut __field1)?,
                }
            }
            __p::Ok(Self::Placed {
                id: <Uuid as __p::EventValue>::require(__field0, __object, 0usize)?,
                total: <u32 as __p::EventValue>::require(__field1, __object, 1usize)?,
            })
        }
    }
    #[automatically_derived]
    impl __p::Fields<2i32> for OrderEvent {
        const KEYS: &'static [&'static __p::str] = &[];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            __p::Object::key(__object)?;
            __p::Ok(Self::Cancelled {})
        }
    }
    const _: () = __p::assert_previous(
        <CancelledV1 as __p::Event>::TYPES,
        &["order.cancelled"],
        1u32,
        "`upcast_from = CancelledV1` needs `CancelledV1` to be a struct with `#[event(type = \"order.cancelled\", revision = 1)]`",
    );
    const _: () = __p::assert_single(
        <Moved as __p::Event>::TYPES,
        <Moved as __p::Event>::OTHER.is_some(),
    );
    const _: () = __p::assert_distinct_types(<OrderEvent as __p::Event>::TYPES);
};
