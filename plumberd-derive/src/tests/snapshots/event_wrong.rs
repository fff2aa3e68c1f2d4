::core::compile_error! {
    "no key `typ`; did you mean `type`?"
}
::core::compile_error! {
    "no key `renam`; did you mean `rename`?"
}
const _: () = {
    use ::plumberd::__private as __p;
    const _: () = {
        use __p::named::*;
        plumberd_has_another_name_here_so_say_crate_equals_that_name_in_the_attribute
    };
    #[automatically_derived]
    impl __p::EventValue for Placed {
        fn serialize<__S: __p::Serializer>(
            &self,
            _: __S,
        ) -> __p::Result<__S::Ok, __S::Error> {
            ::core::unimplemented!()
        }
        fn deserialize<'de, __D: __p::Deserializer<'de>>(
            _: __D,
        ) -> __p::Result<Self, __D::Error> {
            ::core::unimplemented!()
        }
        fn shape(_: &mut __p::ShapeBuilder) -> __p::Shape {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl __p::Event for Placed {
        const TYPES: &'static [__p::EventInfo] = &[__p::EventInfo::new("Placed")];
        fn type_index(&self) -> __p::usize {
            0
        }
        fn encode(&self, _: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
            ::core::unimplemented!()
        }
        fn decode(
            _: __p::usize,
            _: &__p::EncodedEvent<'_>,
        ) -> __p::Result<Self, __p::DecodeError> {
            ::core::unimplemented!()
        }
        fn shape(_: __p::usize, _: &mut __p::ShapeBuilder) -> __p::Shape {
            ::core::unimplemented!()
        }
    }
};
