#[allow(deprecated)]
const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl<T: Clone, const N: usize> __p::EventValue for Changed<T, N>
    where
        T: PartialEq,
        T: ::plumberd::EventValue + ::core::marker::Send + ::core::marker::Sync
            + 'static,
    {
        fn serialize<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let mut object = __p::Serializer::serialize_struct(
                serializer,
                "Changed",
                2usize,
            )?;
            __p::SerializeStruct::serialize_field(
                &mut object,
                "From",
                &__p::WithRef::<Self, 0usize>(&self.from),
            )?;
            __p::SerializeStruct::serialize_field(
                &mut object,
                "To",
                &__p::Ref(&self.to),
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
            builder
                .object(
                    &[
                        (
                            "From",
                            (|_| __p::Shape::Scalar("as `module` writes it"))
                                as __p::ShapeOf,
                        ),
                        ("To", __p::ShapeBuilder::nested::<[T; N]>),
                        ("Cache", __p::ShapeBuilder::unwritten),
                    ],
                )
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize> __p::Fields<0i32> for Changed<T, N>
    where
        T: PartialEq,
        T: ::plumberd::EventValue + ::core::marker::Send + ::core::marker::Sync
            + 'static,
    {
        const KEYS: &'static [&'static str] = &["From", "To"];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut field0, mut field1) = (__p::None, __p::None);
            while let __p::Some(key) = object.key()? {
                match key {
                    0usize => field0 = __p::Some(object.value_with::<Self, 0usize>()?),
                    _ => field1 = __p::Some(object.value::<[T; N]>()?),
                }
            }
            __p::Ok(Self {
                from: object.present(field0, 0usize)?,
                to: object.required::<[T; N]>(field1, 1usize)?,
                cache: <u32 as __p::Default>::default(),
            })
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize> __p::WithField<0usize> for Changed<T, N>
    where
        T: PartialEq,
        T: ::plumberd::EventValue + ::core::marker::Send + ::core::marker::Sync
            + 'static,
    {
        type Value = T;
        fn serialize<__S: __p::Serializer>(
            value: &T,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            module::serialize(value, serializer)
        }
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            deserializer: __D,
        ) -> __p::Result<T, __D::Error> {
            module::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize> __p::Event for Changed<T, N>
    where
        T: PartialEq,
        T: ::plumberd::EventValue + ::core::marker::Send + ::core::marker::Sync
            + 'static,
    {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Changed").with_module(__p::core::module_path!()),
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
