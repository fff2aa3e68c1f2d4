const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl __p::EventValue for Currency {
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let __name = match self {
                Self::Eur {} => "Eur",
                Self::Usd {} => "US$",
            };
            __p::Serializer::serialize_str(__serializer, __name)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::Ok(
                match __p::read_name(__deserializer, "Currency", &["Eur", "US$"])? {
                    0usize => Self::Eur {},
                    _ => Self::Usd {},
                },
            )
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::name_shape(&["Eur", "US$"])
        }
    }
    #[automatically_derived]
    impl __p::MapKey for Currency {
        fn to_text(&self) -> __p::Cow<'_, __p::str> {
            __p::Cow::Borrowed(
                match self {
                    Self::Eur {} => "Eur",
                    Self::Usd {} => "US$",
                },
            )
        }
        fn from_text(__text: &__p::str) -> __p::Option<Self> {
            match __text {
                "Eur" => __p::Some(Self::Eur {}),
                "US$" => __p::Some(Self::Usd {}),
                _ => __p::None,
            }
        }
    }
};
