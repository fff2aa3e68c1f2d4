#[allow(deprecated)]
const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl __p::EventValue for Credited {
        fn serialize<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let mut object = __p::Serializer::serialize_struct(
                serializer,
                "Credited",
                3usize + __p::usize::from(!Vec::is_empty(&self.notes)),
            )?;
            __p::SerializeStruct::serialize_field(
                &mut object,
                "Id",
                &__p::Ref(&self.id),
            )?;
            __p::SerializeStruct::serialize_field(
                &mut object,
                "Amount",
                &__p::Ref(&self.amount),
            )?;
            __p::SerializeStruct::serialize_field(
                &mut object,
                "IBAN",
                &__p::Ref(&self.iban),
            )?;
            if !Vec::is_empty(&self.notes) {
                __p::SerializeStruct::serialize_field(
                    &mut object,
                    "Notes",
                    &__p::Ref(&self.notes),
                )?;
            }
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
                        ("Id", __p::ShapeBuilder::nested::<Uuid>),
                        ("Amount", __p::ShapeBuilder::nested::<Decimal>),
                        ("IBAN", __p::ShapeBuilder::nested::<Option<String>>),
                        ("Notes", __p::ShapeBuilder::nested::<Vec<String>>),
                    ],
                )
        }
    }
    #[automatically_derived]
    impl __p::Fields<0i32> for Credited {
        const KEYS: &'static [&'static str] = &[
            "Id",
            "Amount",
            "IBAN",
            "Notes",
            "Account",
        ];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut field0, mut field1, mut field2, mut field3) = (
                __p::None,
                __p::None,
                __p::None,
                __p::None,
            );
            while let __p::Some(key) = object.key()? {
                match key {
                    0usize => field0 = __p::Some(object.value::<Uuid>()?),
                    1usize => field1 = __p::Some(object.value::<Decimal>()?),
                    2usize | 4usize => {
                        field2 = __p::Some(object.value::<Option<String>>()?);
                    }
                    _ => field3 = __p::Some(object.value::<Vec<String>>()?),
                }
            }
            __p::Ok(Self {
                id: object.required::<Uuid>(field0, 0usize)?,
                amount: object.required::<Decimal>(field1, 1usize)?,
                iban: object.required::<Option<String>>(field2, 2usize)?,
                notes: field3.unwrap_or_default(),
            })
        }
    }
    #[automatically_derived]
    impl __p::Event for Credited {
        const TYPES: &'static [__p::EventInfo] = &[
            __p::EventInfo::new("com.myco.credited")
                .with_module(__p::core::module_path!())
                .with_revision(2u32, 1u32),
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
            >(
                &Self::TYPES[0],
                &__p::Links::Json(const {
                    &[
                        {
                            let step: __p::Upcaster = add_currency;
                            step
                        },
                    ]
                }),
                encoded,
            )
        }
        fn shape(_: usize, builder: &mut __p::ShapeBuilder) -> __p::Shape {
            builder.nested::<Self>()
        }
        fn id(&self) -> __p::Option<__p::Uuid> {
            __p::event_id::<Uuid>(&self.id)
        }
        fn assign_id(&mut self, id: __p::Uuid) {
            __p::assign_event_id(&mut self.id, id);
        }
    }
};
