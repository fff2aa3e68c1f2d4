#[allow(deprecated)]
const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl __p::EventValue for Payment {
        fn serialize<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            match self {
                Self::Cash { .. } => {
                    let mut object = __p::Serializer::serialize_struct(
                        serializer,
                        "Payment",
                        1usize,
                    )?;
                    __p::SerializeStruct::serialize_field(&mut object, "$type", "Cash")?;
                    __p::SerializeStruct::end(object)
                }
                Self::Card { number: field0, .. } => {
                    let mut object = __p::Serializer::serialize_struct(
                        serializer,
                        "Payment",
                        2usize,
                    )?;
                    __p::SerializeStruct::serialize_field(&mut object, "$type", "Card")?;
                    __p::SerializeStruct::serialize_field(
                        &mut object,
                        "Number",
                        &__p::Ref(field0),
                    )?;
                    __p::SerializeStruct::end(object)
                }
            }
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::read_tagged(deserializer)
        }
        fn shape(builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::Shape::Choice(
                __p::Vec::from([
                    (
                        __p::String::from("Cash"),
                        builder.object(&[("$type", |_| __p::Shape::Scalar("\"Cash\""))]),
                    ),
                    (
                        __p::String::from("Card"),
                        builder
                            .object(
                                &[
                                    ("$type", |_| __p::Shape::Scalar("\"Card\"")),
                                    ("Number", __p::ShapeBuilder::nested::<String>),
                                ],
                            ),
                    ),
                ]),
            )
        }
    }
    #[automatically_derived]
    impl __p::Tagged for Payment {
        const NAME: &'static str = "Payment";
        const TAGS: &'static [&'static str] = &["Cash", "Card"];
        fn keys(index: usize) -> &'static [&'static str] {
            match index {
                0usize => <Self as __p::Fields<-1i32>>::KEYS,
                _ => <Self as __p::Fields<-2i32>>::KEYS,
            }
        }
        fn read<'de, __A: __p::MapAccess<'de>>(
            index: usize,
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            match index {
                0usize => <Self as __p::Fields<-1i32>>::read(object),
                _ => <Self as __p::Fields<-2i32>>::read(object),
            }
        }
    }
    #[automatically_derived]
    impl __p::Fields<-1i32> for Payment {
        const KEYS: &'static [&'static str] = &[];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            object.key()?;
            __p::Ok(Self::Cash {})
        }
    }
    #[automatically_derived]
    impl __p::Fields<-2i32> for Payment {
        const KEYS: &'static [&'static str] = &["Number"];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut field0,) = (__p::None,);
            while let __p::Some(key) = object.key()? {
                match key {
                    _ => field0 = __p::Some(object.value::<String>()?),
                }
            }
            __p::Ok(Self::Card {
                number: object.required::<String>(field0, 0usize)?,
            })
        }
    }
};
