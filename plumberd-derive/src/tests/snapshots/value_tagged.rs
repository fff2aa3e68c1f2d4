const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl __p::EventValue for Payment {
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            match self {
                Self::Cash { .. } => {
                    let mut __object = __p::Serializer::serialize_struct(
                        __serializer,
                        "Payment",
                        1usize,
                    )?;
                    __p::SerializeStruct::serialize_field(
                        &mut __object,
                        "$type",
                        "Cash",
                    )?;
                    __p::SerializeStruct::end(__object)
                }
                Self::Card { number: __field0, .. } => {
                    let mut __object = __p::Serializer::serialize_struct(
                        __serializer,
                        "Payment",
                        2usize,
                    )?;
                    __p::SerializeStruct::serialize_field(
                        &mut __object,
                        "$type",
                        "Card",
                    )?;
                    <String as __p::EventValue>::write_field(
                        __field0,
                        &mut __object,
                        "Number",
                    )?;
                    __p::SerializeStruct::end(__object)
                }
            }
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::read_tagged(__deserializer)
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::Shape::Choice(
                __p::From::from([
                    (
                        __p::From::from("Cash"),
                        __p::ShapeBuilder::object(
                            __builder,
                            &[("$type", |_| __p::Shape::Scalar("\"Cash\""))],
                        ),
                    ),
                    (
                        __p::From::from("Card"),
                        __p::ShapeBuilder::object(
                            __builder,
                            &[
                                ("$type", |_| __p::Shape::Scalar("\"Card\"")),
                                ("Number", <String as __p::EventValue>::nested_shape),
                            ],
                        ),
                    ),
                ]),
            )
        }
    }
    #[automatically_derived]
    impl __p::Tagged for Payment {
        const NAME: &'static __p::str = "Payment";
        const TAGS: &'static [&'static __p::str] = &["Cash", "Card"];
        fn rules(__index: __p::usize) -> __p::Rules {
            match __index {
                0usize => <Self as __p::Fields<-1i32>>::RULES,
                _ => <Self as __p::Fields<-2i32>>::RULES,
            }
        }
        fn keys(__index: __p::usize) -> &'static [&'static __p::str] {
            match __index {
                0usize => <Self as __p::Fields<-1i32>>::KEYS,
                _ => <Self as __p::Fields<-2i32>>::KEYS,
            }
        }
        fn read<'de, __A: __p::MapAccess<'de>>(
            __index: __p::usize,
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            match __index {
                0usize => <Self as __p::Fields<-1i32>>::read(__object),
                _ => <Self as __p::Fields<-2i32>>::read(__object),
            }
        }
    }
    #[automatically_derived]
    impl __p::Fields<-1i32> for Payment {
        const KEYS: &'static [&'static __p::str] = &[];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            __p::Object::key(__object)?;
            __p::Ok(Self::Cash {})
        }
    }
    #[automatically_derived]
    impl __p::Fields<-2i32> for Payment {
        const KEYS: &'static [&'static __p::str] = &["Number"];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut __field0,) = (__p::None,);
            while let __p::Some(__key) = __p::Object::key(__object)? {
                match __key {
                    _ => {
                        <String as __p::EventValue>::read_field(__object, &mut __field0)?
                    }
                }
            }
            __p::Ok(Self::Card {
                number: <String as __p::EventValue>::require(__field0, __object, 0usize)?,
            })
        }
    }
};
