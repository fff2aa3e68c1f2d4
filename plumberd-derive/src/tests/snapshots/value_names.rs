const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
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
            let __choices = __p::Choices {
                name: "Currency",
                names: &[("Eur", 0usize), ("US$", 1usize)],
                numbers: const { &[Self::Eur as __p::i128, Self::Usd as __p::i128] },
                other: __p::None,
            };
            __p::Ok(
                match __p::read_choice(__deserializer, __choices)? {
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
