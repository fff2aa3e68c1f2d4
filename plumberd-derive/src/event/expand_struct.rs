//! The code for an event struct: it is one stored type.

use super::{
    fragments::{id_methods, info, lend_id, links, names_check, previous_check},
    stored::Stored,
};
use crate::value::{body::Body, expand::structure, field::Owner, item::Item};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn expand(item: &Item, stored: &Stored, body: &Body) -> TokenStream {
    let value = structure(item, body, Owner::Event);
    let event = event(item, stored, body);
    quote!(#value #event)
}

fn event(item: &Item, stored: &Stored, body: &Body) -> TokenStream {
    let header = item.implement();
    let header = header.of(&quote!(__p::Event));
    let (info, codec, links) = (info(stored), stored.format.codec(), links(stored, None));
    let id = body.id().map(|field| {
        id_methods(
            &lend_id(&field.ty, &item.lend(field)),
            &item.change(field, |own| quote!(__p::assign_event_id(#own, __id))),
        )
    });
    let check = previous_check(item, stored);
    let names = stored.has_constants().then(|| names_check(item));
    quote! {
        #header {
            const TYPES: &'static [__p::EventInfo] = &[#info];
            fn type_index(&self) -> __p::usize {
                0
            }
            fn encode(&self, __out: &mut __p::Vec<u8>) -> __p::Result<(), __p::EncodeError> {
                __p::encode_event::<Self, #codec>(&<Self as __p::Event>::TYPES[0], self, __out)
            }
            fn decode(
                _: __p::usize,
                __encoded: &__p::EncodedEvent<'_>,
            ) -> __p::Result<Self, __p::DecodeError> {
                __p::decode_event::<Self, #codec>(&<Self as __p::Event>::TYPES[0], &#links, __encoded)
            }
            fn shape(_: __p::usize, __builder: &mut __p::ShapeBuilder) -> __p::Shape {
                __p::ShapeBuilder::nested::<Self>(__builder)
            }
            #id
        }
        #check
        #names
    }
}
