const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl __p::EventValue for Line {
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let mut __object = __p::Serializer::serialize_struct(
                __serializer,
                "Line",
                2usize,
            )?;
            <String as __p::EventValue>::write_field(
                &self.stock_unit,
                &mut __object,
                "StockUnit",
            )?;
            <u32 as __p::EventValue>::write_field(&self.count, &mut __object, "Count")?;
            __p::SerializeStruct::end(__object)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::read_object::<Self, __D, 0i32>(__deserializer)
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::ShapeBuilder::object(
                __builder,
                &[
                    ("StockUnit", <String as __p::EventValue>::nested_shape),
                    ("Count", <u32 as __p::EventValue>::nested_shape),
                ],
            )
        }
    }
    #[automatically_derived]
    impl __p::one_derive_is_enough_because_an_Event_is_an_EventValue_too for Line {}
    #[automatically_derived]
    impl __p::Fields<0i32> for Line {
        const KEYS: &'static [&'static __p::str] = &["StockUnit", "Count"];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            __object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut __field0, mut __field1) = (__p::None, __p::None);
            while let __p::Some(__key) = __p::Object::key(__object)? {
                match __key {
                    0usize => {
                        <String as __p::EventValue>::read_field(__object, &mut __field0)?
                    }
                    _ => <u32 as __p::EventValue>::read_field(__object, &mut __field1)?,
                }
            }
            __p::Ok(Self {
                stock_unit: <String as __p::EventValue>::require(
                    __field0,
                    __object,
                    0usize,
                )?,
                count: <u32 as __p::EventValue>::require(__field1, __object, 1usize)?,
            })
        }
    }
};
