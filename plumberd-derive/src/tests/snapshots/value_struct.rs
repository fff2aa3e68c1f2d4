#[allow(deprecated)]
const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl __p::EventValue for Line {
        fn serialize<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let mut object = __p::Serializer::serialize_struct(
                serializer,
                "Line",
                2usize,
            )?;
            __p::SerializeStruct::serialize_field(
                &mut object,
                "StockUnit",
                &__p::Ref(&self.stock_unit),
            )?;
            __p::SerializeStruct::serialize_field(
                &mut object,
                "Count",
                &__p::Ref(&self.count),
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
                        ("StockUnit", __p::ShapeBuilder::nested::<String>),
                        ("Count", __p::ShapeBuilder::nested::<u32>),
                    ],
                )
        }
    }
    #[automatically_derived]
    impl __p::Fields<0i32> for Line {
        const KEYS: &'static [&'static str] = &["StockUnit", "Count"];
        #[inline]
        fn read<'de, __A: __p::MapAccess<'de>>(
            object: &mut __p::Object<__A>,
        ) -> __p::Result<Self, __A::Error> {
            let (mut field0, mut field1) = (__p::None, __p::None);
            while let __p::Some(key) = object.key()? {
                match key {
                    0usize => field0 = __p::Some(object.value::<String>()?),
                    _ => field1 = __p::Some(object.value::<u32>()?),
                }
            }
            __p::Ok(Self {
                stock_unit: object.required::<String>(field0, 0usize)?,
                count: object.required::<u32>(field1, 1usize)?,
            })
        }
    }
};
