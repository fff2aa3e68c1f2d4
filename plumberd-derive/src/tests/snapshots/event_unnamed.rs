#[allow(deprecated)]
const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl __p::EventValue for Closed {
        fn serialize<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let object = __p::Serializer::serialize_struct(
                serializer,
                "Closed",
                0usize,
            )?;
            __p::SerializeStruct::end(object)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::read_object::<Self, __D, 0i32>(deserializer)
        }
        fn shape(builder: &mut __p::ShapeBuilder) -> __p::Shape {
            builder.object(&[])
        }
    }
    #[automatically_derived]
    impl __p::Fields<0i32> for Closed {
        const KEYS: &'static [&'static str] = &[];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            object.key()?;
            __p::Ok(Self {})
        }
    }
    #[automatically_derived]
    impl __p::Event for Closed {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Closed").with_module(__p::core::module_path!()),
        ];
        fn type_index(&self) -> usize {
            0
        }
        fn encode(&self, out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            __p::encode_event::<Self, __p::Json>(&Self::TYPES[0], self, out)
        }
        fn decode(
            _: usize,
            encoded: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            __p::decode_event::<
                Self,
                __p::Json,
            >(&Self::TYPES[0], &__p::Links::None, encoded)
        }
        fn shape(_: usize, builder: &mut __p::ShapeBuilder) -> __p::Shape {
            builder.nested::<Self>()
        }
    }
};
#[allow(deprecated)]
const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl __p::EventValue for Renamed {
        const NULLABLE: __p::core::primitive::bool = <String as __p::EventValue>::NULLABLE;
        fn serialize<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            <String as __p::EventValue>::serialize(&self.0, serializer)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::Ok(Self {
                0: <String as __p::EventValue>::deserialize(deserializer)?,
            })
        }
        fn shape(builder: &mut __p::ShapeBuilder) -> __p::Shape {
            (__p::ShapeBuilder::nested::<String>)(builder)
        }
    }
    #[automatically_derived]
    impl __p::Event for Renamed {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Renamed").with_module(__p::core::module_path!()),
        ];
        fn type_index(&self) -> usize {
            0
        }
        fn encode(&self, out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            __p::encode_event::<Self, __p::Json>(&Self::TYPES[0], self, out)
        }
        fn decode(
            _: usize,
            encoded: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            __p::decode_event::<
                Self,
                __p::Json,
            >(&Self::TYPES[0], &__p::Links::None, encoded)
        }
        fn shape(_: usize, builder: &mut __p::ShapeBuilder) -> __p::Shape {
            builder.nested::<Self>()
        }
    }
};
#[allow(deprecated)]
const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl __p::EventValue for Moved {
        fn serialize<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let mut list = __p::Serializer::serialize_tuple(serializer, 2usize)?;
            __p::SerializeTuple::serialize_element(&mut list, &__p::Ref(&self.0))?;
            __p::SerializeTuple::serialize_element(&mut list, &__p::Ref(&self.1))?;
            __p::SerializeTuple::end(list)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::read_tuple::<Self, __D, 0i32>(deserializer)
        }
        fn shape(builder: &mut __p::ShapeBuilder) -> __p::Shape {
            builder
                .tuple(
                    &[__p::ShapeBuilder::nested::<i32>, __p::ShapeBuilder::nested::<i32>],
                )
        }
    }
    #[automatically_derived]
    impl __p::Elements<0i32> for Moved {
        const LENGTH: usize = 2usize;
        fn read<'de, __A: __p::SeqAccess<'de>>(
            list: &mut __p::List<__A>,
        ) -> __p::Result<Self, __A::Error> {
            __p::Ok(Self {
                0: list.value::<i32>()?,
                1: list.value::<i32>()?,
            })
        }
    }
    #[automatically_derived]
    impl __p::Event for Moved {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Moved").with_module(__p::core::module_path!()),
        ];
        fn type_index(&self) -> usize {
            0
        }
        fn encode(&self, out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            __p::encode_event::<Self, __p::Json>(&Self::TYPES[0], self, out)
        }
        fn decode(
            _: usize,
            encoded: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            __p::decode_event::<
                Self,
                __p::Json,
            >(&Self::TYPES[0], &__p::Links::None, encoded)
        }
        fn shape(_: usize, builder: &mut __p::ShapeBuilder) -> __p::Shape {
            builder.nested::<Self>()
        }
    }
};
