const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl __p::EventValue for Closed {
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let __object = __p::Serializer::serialize_struct(
                __serializer,
                "Closed",
                0usize,
            )?;
            __p::SerializeStruct::end(__object)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::read_object::<Self, __D, -2147483648i32>(__deserializer)
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::object(__builder, &[])
        }
    }
    #[automatically_derived]
    impl __p::one_derive_is_enough_because_an_Event_is_an_EventValue_too for Closed {}
    #[automatically_derived]
    impl __p::Fields<-2147483648i32> for Closed {
        const KEYS: &'static [&'static __p::str] = &[];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            __p::Object::key(__object)?;
            __p::Ok(Self {})
        }
    }
    #[automatically_derived]
    impl __p::Event for Closed {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Closed").with_module(__p::core::module_path!()),
        ];
        fn type_index(&self) -> __p::usize {
            0
        }
        fn encode(&self, __out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            __p::encode_event::<
                Self,
                __p::Json,
            >(&<Self as __p::Event>::TYPES[0], self, __out)
        }
        fn decode(
            _: __p::usize,
            __encoded: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            __p::decode_event::<
                Self,
                __p::Json,
            >(&<Self as __p::Event>::TYPES[0], &__p::Links::None, __encoded)
        }
        fn shape(_: __p::usize, __builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::nested::<Self>(__builder)
        }
    }
};
const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl __p::EventValue for Renamed {
        const NULLABLE: __p::bool = <String as __p::EventValue>::NULLABLE;
        const OPAQUE: __p::bool = <String as __p::EventValue>::OPAQUE;
        const HAS_ID: __p::bool = <String as __p::EventValue>::HAS_ID;
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            <String as __p::EventValue>::serialize(&self.0, __serializer)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::Ok(Self {
                0: <String as __p::EventValue>::deserialize(__deserializer)?,
            })
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            (<String as __p::EventValue>::nested_shape)(__builder)
        }
    }
    #[automatically_derived]
    impl __p::one_derive_is_enough_because_an_Event_is_an_EventValue_too for Renamed {}
    #[automatically_derived]
    impl __p::Event for Renamed {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Renamed").with_module(__p::core::module_path!()),
        ];
        fn type_index(&self) -> __p::usize {
            0
        }
        fn encode(&self, __out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            __p::encode_event::<
                Self,
                __p::Json,
            >(&<Self as __p::Event>::TYPES[0], self, __out)
        }
        fn decode(
            _: __p::usize,
            __encoded: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            __p::decode_event::<
                Self,
                __p::Json,
            >(&<Self as __p::Event>::TYPES[0], &__p::Links::None, __encoded)
        }
        fn shape(_: __p::usize, __builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::nested::<Self>(__builder)
        }
    }
};
const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl __p::EventValue for Moved {
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let mut __list = __p::Serializer::serialize_tuple(__serializer, 2usize)?;
            <i32 as __p::EventValue>::write_element(&self.0, &mut __list)?;
            <i32 as __p::EventValue>::write_element(&self.1, &mut __list)?;
            __p::SerializeTuple::end(__list)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::read_tuple::<Self, __D, -2147483648i32>(__deserializer)
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::tuple(
                __builder,
                &[
                    <i32 as __p::EventValue>::nested_shape,
                    <i32 as __p::EventValue>::nested_shape,
                ],
            )
        }
    }
    #[automatically_derived]
    impl __p::one_derive_is_enough_because_an_Event_is_an_EventValue_too for Moved {}
    #[automatically_derived]
    impl __p::Elements<-2147483648i32> for Moved {
        const LENGTH: __p::usize = 2usize;
        fn read<'de, __A: __p::SeqAccess<'de>>(
            __list: &mut __p::List<__A>,
        ) -> __p::Result<Self, __A::Error> {
            __p::Ok(Self {
                0: <i32 as __p::EventValue>::read_element(__list)?,
                1: <i32 as __p::EventValue>::read_element(__list)?,
            })
        }
    }
    #[automatically_derived]
    impl __p::Event for Moved {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Moved").with_module(__p::core::module_path!()),
        ];
        fn type_index(&self) -> __p::usize {
            0
        }
        fn encode(&self, __out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            __p::encode_event::<
                Self,
                __p::Json,
            >(&<Self as __p::Event>::TYPES[0], self, __out)
        }
        fn decode(
            _: __p::usize,
            __encoded: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            __p::decode_event::<
                Self,
                __p::Json,
            >(&<Self as __p::Event>::TYPES[0], &__p::Links::None, __encoded)
        }
        fn shape(_: __p::usize, __builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::nested::<Self>(__builder)
        }
    }
};
