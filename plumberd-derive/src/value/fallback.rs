//! What a wrong item becomes: its errors, and an implementation without
//! content, so that its uses bring no errors of their own.

use super::item::Item;
use crate::support::{Attrs, CratePath, Errors};
use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

pub(super) fn expand(input: &DeriveInput, error: &syn::Error) -> TokenStream {
    let krate = krate(input);
    let mut item = Item::new(input, krate);
    item.bind_all(&quote!(__p::EventValue));
    let stub = item.block(&event_value(&item));
    let error = error.to_compile_error();
    quote!(#error #stub)
}

/// Where the runtime is, whatever else is wrong.
pub(crate) fn krate(input: &DeriveInput) -> CratePath {
    let mut ignored = Errors::default();
    let mut attrs = Attrs::of("event", &input.attrs, &mut ignored);
    super::model::crate_path(&mut attrs, &mut ignored)
}

pub(crate) fn event_value(item: &Item) -> TokenStream {
    let header = item.implement();
    let header = header.of(&quote!(__p::EventValue));
    quote! {
        #header {
            fn serialize<__S: __p::Serializer>(&self, _: __S) -> __p::Result<__S::Ok, __S::Error> {
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
    }
}
