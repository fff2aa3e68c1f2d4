const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl __p::EventValue for Credited {
        const HAS_ID: __p::bool = true;
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let mut __object = __p::Serializer::serialize_struct(
                __serializer,
                "Credited",
                3usize
                    + <__p::usize as __p::From<
                        _,
                    >>::from(
                        !(|__value: &Vec<String>| Vec::is_empty(__value))(&self.notes),
                    ),
            )?;
            <Uuid as __p::EventValue>::write_field(&self.id, &mut __object, "Id")?;
            <Decimal as __p::EventValue>::write_field(
                &self.amount,
                &mut __object,
                "Amount",
            )?;
            <Option<
                String,
            > as __p::EventValue>::write_field(&self.iban, &mut __object, "IBAN")?;
            if !(|__value: &Vec<String>| Vec::is_empty(__value))(&self.notes) {
                <Vec<
                    String,
                > as __p::EventValue>::write_field(&self.notes, &mut __object, "Notes")?;
            }
            __p::SerializeStruct::end(__object)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::read_object::<Self, __D, -2147483648i32>(__deserializer)
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::object(
                __builder,
                &[
                    ("Id", <Uuid as __p::EventValue>::nested_shape),
                    ("Amount", <Decimal as __p::EventValue>::nested_shape),
                    ("IBAN", <Option<String> as __p::EventValue>::nested_shape),
                    ("Notes", <Vec<String> as __p::EventValue>::nested_shape),
                ],
            )
        }
    }
    #[automatically_derived]
    impl __p::one_derive_is_enough_because_an_Event_is_an_EventValue_too for Credited {}
    #[automatically_derived]
    impl __p::Fields<-2147483648i32> for Credited {
        const KEYS: &'static [&'static __p::str] = &[
            "Id",
            "Amount",
            "IBAN",
            "Notes",
            "Account",
        ];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut __field0, mut __field1, mut __field2, mut __field3) = (
                __p::None,
                __p::None,
                __p::None,
                __p::None,
            );
            while let __p::Some(__key) = __p::Object::key(__object)? {
                match __key {
                    0usize => {
                        <Uuid as __p::EventValue>::read_field(__object, &mut __field0)?
                    }
                    1usize => {
                        <Decimal as __p::EventValue>::read_field(
                            __object,
                            &mut __field1,
                        )?
                    }
                    2usize | 4usize => {
                        <Option<
                            String,
                        > as __p::EventValue>::read_field(__object, &mut __field2)?
                    }
                    _ => {
                        <Vec<
                            String,
                        > as __p::EventValue>::read_field(__object, &mut __field3)?
                    }
                }
            }
            __p::Ok(Self {
                id: <Uuid as __p::EventValue>::require(__field0, __object, 0usize)?,
                amount: <Decimal as __p::EventValue>::require(
                    __field1,
                    __object,
                    1usize,
                )?,
                iban: <Option<
                    String,
                > as __p::EventValue>::require(__field2, __object, 2usize)?,
                notes: __field3.unwrap_or_default(),
            })
        }
    }
    const _: () = __p::assert_some_is_told(
        <Option<String> as __p::EventValue>::AMBIGUOUS,
    );
    const _: () = __p::assert_some_is_told(<Vec<String> as __p::EventValue>::AMBIGUOUS);
    #[automatically_derived]
    impl __p::Event for Credited {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("com.myco.credited")
                .with_module(__p::core::module_path!())
                .with_aliases(&["Credited", "Paid"])
                .with_revision(2u32, 1u32),
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
            >(
                &<Self as __p::Event>::TYPES[0],
                &__p::Links::Json(const {
                    &[
                        {
                            let __step: __p::Upcaster = add_currency;
                            __step
                        },
                    ]
                }),
                __encoded,
            )
        }
        fn shape(_: __p::usize, __builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::nested::<Self>(__builder)
        }
        fn id(&self) -> __p::Option<__p::Uuid> {
            __p::event_id::<Uuid>(&self.id)
        }
        fn assign_id(&mut self, __id: __p::Uuid) {
            __p::assign_event_id(&mut self.id, __id);
        }
    }
};
