const _: () = {
    use ::plumberd::__private as __p;
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
            __p::SerializeStruct::serialize_field(
                &mut __object,
                "StockUnit",
                &__p::Ref(&self.stock_unit),
            )?;
            __p::SerializeStruct::serialize_field(
                &mut __object,
                "Count",
                &__p::Ref(&self.count),
            )?;
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
                    ("StockUnit", __p::ShapeBuilder::nested::<String>),
                    ("Count", __p::ShapeBuilder::nested::<u32>),
                ],
            )
        }
    }
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
                    0usize => __p::Object::value::<String>(__object, &mut __field0)?,
                    _ => __p::Object::value::<u32>(__object, &mut __field1)?,
                }
            }
            __p::Ok(Self {
                stock_unit: __p::Object::required::<String>(__object, __field0, 0usize)?,
                count: __p::Object::required::<u32>(__object, __field1, 1usize)?,
            })
        }
    }
};
