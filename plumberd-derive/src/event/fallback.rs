//! What a wrong event becomes: its errors, and an implementation without
//! content, so that its uses bring no errors of their own.

use crate::value::{fallback, item::Item, owned::keeps_to_its_thread};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Field, parse_quote};

pub(super) fn expand(input: &DeriveInput, error: &syn::Error) -> TokenStream {
    let krate = fallback::krate(input);
    let mut item = Item::new(input, krate);
    item.bind_all(&quote!(
        __p::EventValue + ::core::marker::Send + ::core::marker::Sync + 'static
    ));
    let value = match &input.data {
        Data::Enum(_) => TokenStream::new(),
        _ => fallback::event_value(&item),
    };
    if !item.generics.params.is_empty() {
        let clause = item.generics.make_where_clause();
        clause.predicates.push(parse_quote!(Self: 'static));
    }
    let event = if fields(&input.data).any(|field| keeps_to_its_thread(&field.ty)) {
        TokenStream::new()
    } else {
        event(&item)
    };
    let stub = item.block(&quote!(#value #event));
    let error = error.to_compile_error();
    quote!(#error #stub)
}

fn fields(data: &Data) -> Box<dyn Iterator<Item = &Field> + '_> {
    match data {
        Data::Struct(data) => Box::new(data.fields.iter()),
        Data::Enum(data) => Box::new(data.variants.iter().flat_map(|variant| &variant.fields)),
        Data::Union(data) => Box::new(data.fields.named.iter()),
    }
}

fn event(item: &Item) -> TokenStream {
    let name = &item.name;
    let header = item.implement();
    let header = header.of(&quote!(__p::Event));
    quote! {
        #header {
            const TYPES: &'static [__p::EventInfo] = &[__p::EventInfo::new(#name)];
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
    }
}
