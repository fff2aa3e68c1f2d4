const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl __p::EventValue for Level {
        fn serialize<__S: __p::Serializer>(
            &self,
            __serializer: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            let __number = match self {
                Self::Low {} => Self::Low as __p::i128,
                Self::High {} => Self::High as __p::i128,
            };
            __p::write_number(__number, __serializer)
        }
        #[inline]
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            __deserializer: __D,
        ) -> __p::Result<Self, __D::Error> {
            let __choices = __p::Choices {
                name: "Level",
                names: &[],
                numbers: const { &[Self::Low as __p::i128, Self::High as __p::i128] },
                other: __p::None,
            };
            __p::Ok(
                match __p::read_choice(__deserializer, __choices)? {
                    0usize => Self::Low {},
                    _ => Self::High {},
                },
            )
        }
        fn shape(__builder: &mut __p::ShapeBuilder) -> __p::Shape {
            __p::number_shape(
                &["Low", "High"],
                const { &[Self::Low as __p::i128, Self::High as __p::i128] },
            )
        }
    }
    #[automatically_derived]
    impl __p::MapKey for Level {
        fn to_text(&self) -> __p::Cow<'_, __p::str> {
            __p::Cow::Borrowed(
                match self {
                    Self::Low {} => "Low",
                    Self::High {} => "High",
                },
            )
        }
        fn from_text(__text: &__p::str) -> __p::Option<Self> {
            match __text {
                "Low" => __p::Some(Self::Low {}),
                "High" => __p::Some(Self::High {}),
                _ => __p::None,
            }
        }
    }
};
