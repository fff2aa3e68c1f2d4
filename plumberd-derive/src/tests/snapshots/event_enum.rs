#[allow(deprecated)]
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
        fn type_index(&self) -> usize {
            match self {
                Self::Placed { .. } => 0usize,
                Self::Cancelled { .. } => 1usize,
                Self::Noted { .. } => 2usize,
                Self::Moved { .. } => 3usize,
            }
        }
        fn encode(&self, out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            match self {
                Self::Placed { .. } => {
                    __p::encode_event::<
                        _,
                        __p::Json,
                    >(
                        &Self::TYPES[0usize],
                        &__p::Variant::<'_, Self, 0usize>::Lent(self),
                        out,
                    )
                }
                Self::Cancelled { .. } => {
                    __p::encode_event::<
                        _,
                        __p::Json,
                    >(
                        &Self::TYPES[1usize],
                        &__p::Variant::<'_, Self, 1usize>::Lent(self),
                        out,
                    )
                }
                Self::Noted { .. } => {
                    __p::encode_event::<
                        _,
                        __p::Json,
                    >(
                        &Self::TYPES[2usize],
                        &__p::Variant::<'_, Self, 2usize>::Lent(self),
                        out,
                    )
                }
                Self::Moved(inner) => <Moved as __p::Event>::encode(inner, out),
            }
        }
        fn decode(
            index: usize,
            encoded: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            match index {
                0usize => {
                    __p::decode_variant::<
                        Self,
                        __p::Json,
                        0usize,
                    >(&Self::TYPES[0usize], &__p::Links::None, encoded)
                }
                1usize => {
                    __p::decode_variant::<
                        Self,
                        __p::Json,
                        1usize,
                    >(
                        &Self::TYPES[1usize],
                        &__p::Links::Typed(
                            __p::upcast_variant::<CancelledV1, Self, 1usize>,
                        ),
                        encoded,
                    )
                }
                2usize => {
                    __p::decode_variant::<
                        Self,
                        __p::Json,
                        2usize,
                    >(&Self::TYPES[2usize], &__p::Links::None, encoded)
                }
                3usize => {
                    match <Moved as __p::Event>::decode(0, encoded) {
                        __p::Ok(inner) => __p::Ok(Self::Moved(inner)),
                        __p::Err(error) => __p::Err(error),
                    }
                }
                _ => __p::Err(__p::other_type::<Self>(encoded)),
            }
        }
        fn shape(index: usize, builder: &mut __p::ShapeBuilder) -> __p::Shape {
            match index {
                0usize => <Self as __p::Variants>::variant_shape(0usize, builder),
                1usize => <Self as __p::Variants>::variant_shape(1usize, builder),
                2usize => <Self as __p::Variants>::variant_shape(2usize, builder),
                3usize => <Moved as __p::Event>::shape(0, builder),
                _ => __p::Shape::Choice(__p::Vec::new()),
            }
        }
        fn id(&self) -> __p::Option<__p::Uuid> {
            match self {
                Self::Placed { id: own, .. } => __p::event_id::<Uuid>(own),
                Self::Moved(inner) => <Moved as __p::Event>::id(inner),
                _ => __p::None,
            }
        }
        fn assign_id(&mut self, id: __p::Uuid) {
            match self {
                Self::Placed { id: own, .. } => __p::assign_event_id(own, id),
                Self::Moved(inner) => <Moved as __p::Event>::assign_id(inner, id),
                _ => {}
            }
        }
    }
    #[automatically_derived]
    impl __p::Variants for OrderEvent {
        fn write<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            match self {
                Self::Placed { id: field0, total: field1, .. } => {
                    let mut object = __p::Serializer::serialize_struct(
                        serializer,
                        "OrderEvent",
                        2usize,
                    )?;
                    __p::SerializeStruct::serialize_field(
                        &mut object,
                        "Id",
                        &__p::Ref(field0),
                    )?;
                    __p::SerializeStruct::serialize_field(
                        &mut object,
                        "Total",
                        &__p::Ref(field1),
                    )?;
                    __p::SerializeStruct::end(object)
                }
                Self::Cancelled { .. } => {
                    let object = __p::Serializer::serialize_struct(
                        serializer,
                        "OrderEvent",
                        0usize,
                    )?;
                    __p::SerializeStruct::end(object)
                }
                Self::Noted { 0: field0 } => {
                    <String as __p::EventValue>::serialize(field0, serializer)
                }
                #[allow(unreachable_patterns)]
                _ => __p::Err(__p::not_stored_here()),
            }
        }
        fn read<'de, __D: __p::Deserializer<'de>>(
            index: usize,
            deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            match index {
                0usize => __p::read_object::<Self, __D, 1i32>(deserializer),
                1usize => __p::read_object::<Self, __D, 2i32>(deserializer),
                _ => {
                    __p::Ok(Self::Noted {
                        0: <String as __p::EventValue>::deserialize(deserializer)?,
                    })
                }
            }
        }
        fn variant_shape(index: usize, builder: &mut __p::ShapeBuilder) -> __p::Shape {
            match index {
                0usize => {
                    builder
                        .object(
                            &[
                                ("Id", __p::ShapeBuilder::nested::<Uuid>),
                                ("Total", __p::ShapeBuilder::nested::<u32>),
                            ],
                        )
                }
                1usize => builder.object(&[]),
                _ => (__p::ShapeBuilder::nested::<String>)(builder),
            }
        }
    }
    #[automatically_derived]
    impl __p::Fields<1i32> for OrderEvent {
        const KEYS: &'static [&'static str] = &["Id", "Total"];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut field0, mut field1) = (__p::None, __p::None);
            while let __p::Some(key) = object.key()? {
                match key {
                    0usize => field0 = __p::Some(object.value::<Uuid>()?),
                    _ => field1 = __p::Some(object.value::<u32>()?),
                }
            }
            __p::Ok(Self::Placed {
                id: object.required::<Uuid>(field0, 0usize)?,
                total: object.required::<u32>(field1, 1usize)?,
            })
        }
    }
    #[automatically_derived]
    impl __p::Fields<2i32> for OrderEvent {
        const KEYS: &'static [&'static str] = &[];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            object.key()?;
            __p::Ok(Self::Cancelled {})
        }
    }
    const _: () = __p::assert_previous(
        <CancelledV1 as __p::Event>::TYPES,
        "order.cancelled",
        1u32,
        "`upcast_from = CancelledV1` needs `CancelledV1` to be a struct with `#[event(type = \"order.cancelled\", revision = 1)]`",
    );
    const _: () = __p::assert_single(<Moved as __p::Event>::TYPES);
    const _: () = __p::assert_distinct_types(<OrderEvent as __p::Event>::TYPES);
};
