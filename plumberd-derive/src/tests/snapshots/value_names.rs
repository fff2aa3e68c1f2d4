#[allow(deprecated)]
const _: () = {
    use ::plumberd::__private as __p;
    #[automatically_derived]
    impl __p::EventValue for Currency {
        fn serialize<__S: __p::Serializer>(
            &self,
            serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let name = match self {
                Self::Eur {} => "Eur",
                Self::Usd {} => "US$",
            };
            __p::Serializer::serialize_str(serializer, name)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            __p::Ok(
                match __p::read_name(deserializer, "Currency", &["Eur", "US$"])? {
                    0usize => Self::Eur {},
                    _ => Self::Usd {},
                },
            )
        }
        fn shape(builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::name_shape(&["Eur", "US$"])
        }
    }
    #[automatically_derived]
    impl __p::MapKey for Currency {
        fn to_text(&self) -> __p::Cow<'_, str> {
            __p::Cow::Borrowed(
                match self {
                    Self::Eur {} => "Eur",
                    Self::Usd {} => "US$",
                },
            )
        }
        fn from_text(text: &str) -> __p::Option<Self> {
            match text {
                "Eur" => __p::Some(Self::Eur {}),
                "US$" => __p::Some(Self::Usd {}),
                _ => __p::None,
            }
        }
    }
};
