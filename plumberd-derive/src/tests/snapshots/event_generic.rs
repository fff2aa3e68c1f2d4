const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl<T: Clone, const N: usize> __p::EventValue for Changed<T, N>
    where
        T: PartialEq,
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: __p::EventValue,
    {
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            const { __p::assert_some_is_told(<[T; N] as __p::EventValue>::AMBIGUOUS) };
            let mut __object = __p::Serializer::serialize_struct(
                __serializer,
                "Changed",
                2usize,
            )?;
            __p::SerializeStruct::serialize_field(
                &mut __object,
                "From",
                &__p::WithRef::<Self, 0usize>(&self.from),
            )?;
            <[T; N] as __p::EventValue>::write_field(&self.to, &mut __object, "To")?;
            __p::SerializeStruct::end(__object)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            {
                const {
                    __p::assert_some_is_told(<[T; N] as __p::EventValue>::AMBIGUOUS)
                };
                __p::read_object::<Self, __D, -2147483648i32>(__deserializer)
            }
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::object(
                __builder,
                &[
                    (
                        "From",
                        (|_| __p::Shape::Scalar("as `module` writes it")) as __p::ShapeOf,
                    ),
                    ("To", <[T; N] as __p::EventValue>::nested_shape),
                    ("Cache", __p::ShapeBuilder::unwritten),
                ],
            )
        }
    }
    #[automatically_derived]
    impl<
        T: Clone,
        const N: usize,
    > __p::one_derive_is_enough_because_an_Event_is_an_EventValue_too for Changed<T, N>
    where
        T: PartialEq,
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: __p::EventValue,
    {}
    #[automatically_derived]
    impl<T: Clone, const N: usize> __p::Fields<-2147483648i32> for Changed<T, N>
    where
        T: PartialEq,
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: __p::EventValue,
    {
        const KEYS: &'static [&'static __p::str] = &["From", "To"];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut __field0, mut __field1) = (__p::None, __p::None);
            while let __p::Some(__key) = __p::Object::key(__object)? {
                match __key {
                    0usize => {
                        __p::Object::value_with::<Self, 0usize>(__object, &mut __field0)?
                    }
                    _ => {
                        <[T; N] as __p::EventValue>::read_field(__object, &mut __field1)?
                    }
                }
            }
            __p::Ok(Self {
                from: __p::Object::present(__object, __field0, 0usize)?,
                to: <[T; N] as __p::EventValue>::require(__field1, __object, 1usize)?,
                cache: <u32 as __p::Default>::default(),
            })
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize> __p::WithField<0usize> for Changed<T, N>
    where
        T: PartialEq,
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: __p::EventValue,
    {
        type Value = T;
        fn serialize<__S: __p::Serializer>(
            __value: &T,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            module::serialize(__value, __serializer)
        }
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<T, __D::Error> {
            module::deserialize(__deserializer)
        }
    }
    #[automatically_derived]
    impl<T: Clone, const N: usize> __p::Event for Changed<T, N>
    where
        T: PartialEq,
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: __p::EventValue,
    {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("Changed").with_module(__p::core::module_path!()),
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
